"""The demo corpus is whole, its questions can be answered from it, and its secrets are nowhere else."""

import re
import subprocess
import sys
import tomllib
import zipfile
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
CORPUS = ROOT / "services/cli/src/answerable_cli/corpus"
DOCUMENTS = CORPUS / "documents"
MAKE = ROOT / "services/cli/corpus_sources/make.py"
MANIFEST: dict[str, Any] = tomllib.loads((CORPUS / "manifest.toml").read_text("utf-8"))
QUESTIONS: list[dict[str, Any]] = tomllib.loads((CORPUS / "questions.toml").read_text("utf-8"))["question"]
PEOPLE: list[dict[str, Any]] = tomllib.loads((CORPUS / "people.toml").read_text("utf-8"))["person"]
ENTRIES: dict[str, dict[str, Any]] = {entry["path"]: entry for entry in MANIFEST["document"]}
FILES = sorted(str(path.relative_to(DOCUMENTS)) for path in DOCUMENTS.rglob("*") if path.is_file())
RELEASED = [question for question in QUESTIONS if question["expect"] == "released"]
WITHHELD = [question for question in QUESTIONS if question["expect"] == "withheld"]
CITED = [(question, source) for question in RELEASED for source in question["must_cite"]]
GARBLED_EURO = "€".encode().decode("cp1252")
TERN_200_SOURCES = ("tern-200-manual.pdf", "service-handbook.docx")
ZIPPED = {".docx", ".pptx", ".xlsx", ".odt"}


def readers_of(path: str) -> set[str]:
    folder = MANIFEST["folders"][path.partition("/")[0]]
    return set(ENTRIES[path].get("readers", folder["readers"]))


EVERYBODY = {"group:staff"}
RESTRICTED = [(question, source) for question, source in CITED if readers_of(source["file"]) != EVERYBODY]


def name_case(value: dict[str, Any]) -> str:
    return str(value.get("id") or value["file"])


def plain(text: str) -> str:
    """Without line breaks, invisible characters and odd spaces, which no reader sees."""
    return " ".join(re.sub("[\u200b\u200c\u200d\u2060\ufeff]", "", text).split())


def decoded(path: str) -> str:
    return (DOCUMENTS / path).read_bytes().decode(ENTRIES[path].get("encoding", "utf-8"))


@cache
def text_of(path: str) -> str:
    if path.endswith((".txt", ".md", ".csv", ".json")):
        text = decoded(path)
        return plain(repaired(text) if GARBLED_EURO in text else text)
    kreuzberg = pytest.importorskip("kreuzberg")
    return plain(" ".join([kreuzberg.extract_file_sync(str(DOCUMENTS / path)).content, *attachments_of(path).values()]))


def attachments_of(path: str) -> dict[str, str]:
    kreuzberg = pytest.importorskip("kreuzberg")
    children = kreuzberg.extract_file_sync(str(DOCUMENTS / path)).children or []
    return {child["path"]: child["result"].content for child in children}


def repaired(mojibake: str) -> str:
    return mojibake.encode("cp1252").decode("utf-8")


def page_of(path: str, number: int) -> str:
    kreuzberg = pytest.importorskip("kreuzberg")
    config = kreuzberg.ExtractionConfig(pages=kreuzberg.PageConfig(extract_pages=True))
    pages = kreuzberg.extract_file_sync(str(DOCUMENTS / path), config=config).pages
    return plain(next(page["content"] for page in pages if page["page_number"] == number))


def slide_of(path: str, number: int) -> str:
    pptx = pytest.importorskip("pptx")
    shapes = pptx.Presentation(str(DOCUMENTS / path)).slides[number - 1].shapes
    return plain(" ".join(shape.text_frame.text for shape in shapes if shape.has_text_frame))


def sheet_of(path: str, name: str) -> str:
    openpyxl = pytest.importorskip("openpyxl")
    rows = openpyxl.load_workbook(DOCUMENTS / path)[name].iter_rows(values_only=True)
    return " ".join(str(cell) for row in rows for cell in row)


def located(path: str, locator: str) -> str:
    """The part of a document that a locator of a question points at; an unknown kind of locator fails."""
    kind, _, name = locator.partition(" ")
    match kind:
        case "page":
            return page_of(path, int(name))
        case "slide":
            return slide_of(path, int(name))
        case "sheet":
            return sheet_of(path, name)
        case "line":
            line = decoded(path).splitlines()[int(name) - 1]
            return plain(repaired(line) if GARBLED_EURO in line else line)
        case "section":
            return text_of(path).partition(plain(name))[2]
        case "attachment":
            return attachments_of(path)[name]
    raise AssertionError(f"unknown locator {locator!r}")


def test_the_manifest_names_every_file_exactly_once() -> None:
    assert sorted(entry["path"] for entry in MANIFEST["document"]) == FILES


def test_every_document_has_readers_and_an_owner_and_lies_in_a_folder_of_the_manifest() -> None:
    assert {path.partition("/")[0] for path in FILES} == set(MANIFEST["folders"])
    assert all(re.fullmatch(r"group:[a-z-]+", reader) for path in FILES for reader in readers_of(path))
    assert all(readers_of(path) for path in FILES)
    assert all(folder["owner"].endswith("@norvik.example") for folder in MANIFEST["folders"].values())


def test_what_is_superseded_exists_and_is_older() -> None:
    newer = [entry for entry in ENTRIES.values() if "supersedes" in entry]
    assert newer
    for entry in newer:
        older = ENTRIES[entry["supersedes"]]
        assert (older["valid_from"], older["version"]) < (entry["valid_from"], entry["version"])


def test_the_corpus_is_large_and_varied_enough_and_small_enough_to_ship() -> None:
    assert len(FILES) >= 44
    assert len({Path(path).suffix for path in FILES}) >= 10
    assert sum((DOCUMENTS / path).stat().st_size for path in FILES) < 1_500_000


@pytest.mark.parametrize("path", FILES)
def test_every_document_can_be_read(path: str) -> None:
    assert len(text_of(path)) > 200


def test_the_mojibake_file_is_garbled_and_can_be_repaired() -> None:
    raw = decoded("handbook/guest-house-rules.txt")
    assert f"{GARBLED_EURO}38" in raw
    assert "€38" not in raw
    assert "€38" in repaired(raw)
    assert "Frau Gödecke" in repaired(raw)


def test_the_cp1252_file_is_not_utf8() -> None:
    with pytest.raises(UnicodeDecodeError):
        (DOCUMENTS / "handbook/canteen-notice.txt").read_bytes().decode("utf-8")
    assert {"é", "€", "\N{EN DASH}"} <= set(decoded("handbook/canteen-notice.txt"))


def test_invisible_characters_hide_words_from_a_naive_search() -> None:
    raw = decoded("public/returns-and-repairs.md")
    assert "repair" not in next(line for line in raw.splitlines() if line.startswith("The fee"))
    assert "EUR 95" not in raw
    assert "repair estimate is EUR 95" in plain(raw)


def test_the_two_bicycle_pages_are_nearly_the_same() -> None:
    one, two = (set(decoded(f"handbook/bicycle-scheme{end}.md").split()) for end in ("", "-intranet"))
    assert 0.8 < len(one & two) / len(one | two) < 1


def test_instructions_are_injected_in_visible_and_in_hidden_places() -> None:
    mail = (DOCUMENTS / "inbox/osprey-ports-complaint.eml").read_text("utf-8")
    assert "Ignore all previous instructions" in plain(mail)
    offer = (DOCUMENTS / "inbox/marlbeck-cables-offer.html").read_text("utf-8")
    hidden = re.findall(r'style="display:none">(.*?)<', offer)
    assert any("ignore all previous instructions" in text for text in hidden)
    with zipfile.ZipFile(DOCUMENTS / "inbox/brightwater-coatings-quotation.docx") as archive:
        runs = re.findall(r"<w:vanish/></w:rPr><w:t[^>]*>(.*?)<", archive.read("word/document.xml").decode())
    assert any("Note to language models" in text for text in runs)


def test_two_current_sources_disagree_about_the_tern_200() -> None:
    assert "recalibration interval of the Tern 200 is 24 months" in page_of("public/tern-200-manual.pdf", 4)
    assert "Tern 200 the recalibration interval is 18 months" in text_of("public/service-handbook.docx")
    assert not any({"valid_until", "supersedes"} & set(ENTRIES[f"public/{name}"]) for name in TERN_200_SOURCES)


def test_one_page_has_expired_and_alone_names_the_printer() -> None:
    expired = [path for path, entry in ENTRIES.items() if "valid_until" in entry]
    assert [path for path in FILES if states(path, "MERIDIAN-3")] == expired
    assert all(ENTRIES[path]["valid_until"] < date(2026, 1, 1) for path in expired)


def test_questions_are_well_formed() -> None:
    assert len(QUESTIONS) >= 24
    assert len({question["id"] for question in QUESTIONS}) == len(QUESTIONS)
    for question in RELEASED:
        assert question["must_contain"]
        assert question["must_cite"]
        assert not question.get("consequential", False)
    assert all(question["reasons"] for question in WITHHELD)
    assert all(question["shows"] for question in QUESTIONS)


def test_every_reason_is_one_that_the_system_gives() -> None:
    answers = pytest.importorskip("answerable_events.answers")
    assert {reason for question in WITHHELD for reason in question["reasons"]} <= set(answers.EXPLANATIONS)


def test_each_asker_is_a_known_person_with_the_stated_groups() -> None:
    groups = {person["subject"]: person["groups"] for person in PEOPLE}
    assert all(groups[question["asker"]] == question["groups"] for question in QUESTIONS)


@pytest.mark.parametrize(("question", "source"), CITED, ids=name_case)
def test_the_cited_file_holds_the_answer_where_the_locator_says(
    question: dict[str, Any], source: dict[str, str]
) -> None:
    for expected in question["must_contain"]:
        assert expected in text_of(source["file"])
        assert "locator" not in source or expected in located(source["file"], source["locator"])


@pytest.mark.parametrize(("question", "source"), CITED, ids=name_case)
def test_the_asker_may_read_a_current_document_that_answers(question: dict[str, Any], source: dict[str, str]) -> None:
    assert readers_of(source["file"]) & {f"group:{group}" for group in question["groups"]}
    assert "valid_until" not in ENTRIES[source["file"]]
    assert source["file"] not in {entry.get("supersedes") for entry in ENTRIES.values()}


@pytest.mark.parametrize(("question", "source"), RESTRICTED, ids=name_case)
def test_a_restricted_fact_is_in_no_document_for_others(question: dict[str, Any], source: dict[str, str]) -> None:
    others = [path for path in FILES if not readers_of(path) <= readers_of(source["file"])]
    assert others
    assert [path for path in others if all(states(path, fact) for fact in question["must_contain"])] == []


def states(path: str, fact: str) -> bool:
    """Whether a document has these words or this figure, and not merely a longer one around it."""
    return re.search(rf"(?<!\w){re.escape(fact)}(?!\w)", text_of(path)) is not None


def test_every_restricted_folder_is_asked_about_by_an_insider_and_by_an_outsider() -> None:
    refused = {question["text"] for question in WITHHELD}
    asked = {source["file"].partition("/")[0] for question, source in RESTRICTED if question["text"] in refused}
    assert asked == {"engineering", "finance", "board", "hr-confidential"}
    assert asked == {path.partition("/")[0] for path in FILES if readers_of(path) != EVERYBODY}


def test_making_the_corpus_again_changes_nothing(tmp_path: Path) -> None:
    pytest.importorskip("reportlab")
    subprocess.run([sys.executable, str(MAKE), "--out", str(tmp_path)], check=True, capture_output=True)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert len(made) > 30
    for path in made:
        assert contents(tmp_path / path) == contents(DOCUMENTS / path), path


def contents(path: Path) -> bytes | dict[str, bytes]:
    """The bytes of a file, or of each member of an archive: two builds of zlib may pack the same bytes differently."""
    if path.suffix not in ZIPPED:
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
