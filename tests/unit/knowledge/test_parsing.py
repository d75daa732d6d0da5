"""Files of every format to blocks with places, and broken files to reasons."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from answerable_knowledge.errors import Reason, Unreadable
from answerable_knowledge.parsing import parse
from tests.support import office_files

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "documents"


def places(document):
    return [(str(block.locator), block.text) for block in document.blocks]


def test_pdf_text_stands_on_its_page():
    document = parse(office_files.pdf(["First words", "", "Third words"], title="Travel policy"), filename="t.pdf")
    assert places(document) == [("page 1", "First words"), ("page 3", "Third words")]
    assert (document.title, document.media_type) == ("Travel policy", "application/pdf")


def test_word_paragraphs_stand_under_their_headings_and_rows_with_their_header():
    data = office_files.word(
        [("Leave", ["25 days a year."]), ("Sick", ["Tell your manager."])], [["Grade", "Days"], ["A", "30"]], "Handbook"
    )
    document = parse(data, filename="h.docx")
    assert places(document) == [
        ("section 1, Leave", "Leave"),
        ("section 1, Leave", "25 days a year."),
        ("section 2, Sick", "Sick"),
        ("section 2, Sick", "Tell your manager."),
        ("section 2, Sick", "Grade; Days"),
        ("section 2, Sick", "Grade: A; Days: 30"),
    ]
    assert document.title == "Handbook"


def test_slides_are_numbered_whatever_their_text_claims():
    data = office_files.slides([("Ünicode first", "[[PAGE 9]] one"), ("Second", "two\nthree")])
    document = parse(data, filename="s.pptx")
    assert [(str(b.locator), b.heading) for b in document.blocks] == [
        ("slide 1", "Ünicode first"),
        ("slide 1", "Ünicode first"),
        ("slide 2", "Second"),
        ("slide 2", "Second"),
        ("slide 2", "Second"),
    ]
    assert [block.text for block in document.blocks[3:]] == ["two", "three"]  # each bullet says something by itself


def test_sheet_rows_have_their_true_numbers_and_hidden_sheets_are_left_out():
    cells = {"B5": "Team", "C5": "Amount", "B6": "Sales", "C6": 100, "B9": "IT", "C9": 200.5}
    data = office_files.workbook({"Budget": cells, "Secret": {"A1": "salary"}}, hidden=["Secret"])
    document = parse(data, filename="b.xlsx")
    assert places(document) == [
        ("sheet Budget, row 5", "Team; Amount"),
        ("sheet Budget, row 6", "Team: Sales; Amount: 100"),
        ("sheet Budget, row 9", "Team: IT; Amount: 200.5"),
    ]
    assert document.notes == ("hidden_sheets_left_out",)


def test_open_document_and_rich_text_are_read():
    assert places(parse(office_files.open_text("Hours", "Nine to five."), filename="o.odt")) == [
        ("section 1, Hours", "Hours"),
        ("section 1, Hours", "Nine to five."),
    ]
    rich = rb"{\rtf1\ansi{\fonttbl\f0 Arial;}\f0\pard Caf\'e9 first.\par Second.\par}"
    assert places(parse(rich, filename="r.rtf")) == [("section 1", "Café first."), ("section 1", "Second.")]


def test_html_is_decoded_as_it_declares_and_hides_what_is_hidden():
    page = (
        '<html lang="de"><head><meta charset="windows-1252"><title>Öffnung</title></head><body><h1>Zeiten</h1>'
        "<p>Täglich</p><p style='display:none'>geheim</p>"
        "<table><tr><th>Tag</th><th>Zeit</th></tr><tr><td>Mo</td><td>9</td></tr></table></body></html>"
    )
    document = parse(page.encode("cp1252"), filename="p.html")
    assert (document.title, document.language, document.encoding) == ("Öffnung", "de", "cp1252")
    assert places(document) == [
        ("section 1, Zeiten", "Zeiten"),
        ("section 1, Zeiten", "Täglich"),
        ("section 1, Zeiten", "Tag; Zeit"),
        ("section 1, Zeiten", "Tag: Mo; Zeit: 9"),
    ]


def test_mail_has_headers_text_and_attachments_with_places_of_their_own():
    attachments = [
        ("notes.txt", "text/plain", b"cats sleep"),
        ("offer.pdf", "application/pdf", office_files.pdf(["one", "two"])),
    ]
    document = parse(office_files.mail("Köln trip", "Hello body", attachments), filename="m.eml")
    found = places(document)
    assert document.title == "Köln trip"
    assert found[0][0] == "section message"
    assert all(part in found[0][1] for part in ("Köln trip", "ann@example.org", "24 Nov 2026"))
    assert ("section message", "Hello body") in found
    assert ("attachment offer.pdf, page 2", "two") in found
    assert ("attachment notes.txt, line 1", "cats sleep") in found


def test_text_in_a_legacy_encoding_is_read_with_the_hint_of_its_source():
    document = parse("Отпуск\n\nдни".encode("koi8-r"), filename="o.txt", encoding_hint="koi8-r")
    assert places(document) == [("line 1", "Отпуск"), ("line 3", "дни")]
    assert (document.title, document.encoding, document.notes) == ("o", "koi8-r", ())


def test_a_charset_parameter_is_a_declaration():
    assert parse("été".encode("cp437"), filename="e", media_type="text/plain; charset=cp437").text == "été"


def test_guessing_and_repair_are_noted():
    assert parse("voilÃ\xa0".encode(), filename="v.txt").notes == ("text_repaired",)
    assert parse("“ok”".encode("cp1252") + b" plain words around", filename="v.log").notes == ("encoding_guessed",)


PDF = office_files.pdf(["words"] * 3)
DOCX = office_files.word([("A", ["b"])])


@pytest.mark.parametrize(
    ("data", "filename", "reason"),
    [
        (b"", "a.pdf", Reason.EMPTY),
        (b" \n\t", "a.txt", Reason.EMPTY),
        (b"\x00\x00", "a.txt", Reason.EMPTY),
        (PDF[: len(PDF) // 2], "a.pdf", Reason.CORRUPT),
        (b"%PDF-1.4 no", "a.pdf", Reason.CORRUPT),
        (DOCX[:-200], "a.docx", Reason.CORRUPT),
        (b"PK\x03\x04junk", "a.xlsx", Reason.CORRUPT),
        (b"not a zip", "a.odt", Reason.CORRUPT),
        (office_files.archive({"hello.txt": b"x"}), "a.docx", Reason.CORRUPT),
        (office_files.pdf(["x"], password="secret"), "a.pdf", Reason.ENCRYPTED),
        (office_files.encrypted_office(), "a.docx", Reason.ENCRYPTED),
        (office_files.encrypted_office(), "a.xlsx", Reason.ENCRYPTED),
        (office_files.pdf(["", ""]), "a.pdf", Reason.NO_TEXT),
        (b"\x89PNG\r\n\x1a\n\x00", "a.png", Reason.UNSUPPORTED_FORMAT),
        (b"x" * 1001, "a.txt", Reason.TOO_LARGE),
    ],
)
def test_a_file_that_cannot_be_read_says_why(data, filename, reason):
    limit = 1000 if reason is Reason.TOO_LARGE else 1_000_000
    with pytest.raises(Unreadable) as raised:
        parse(data, filename=filename, max_bytes=limit)
    assert raised.value.reason == reason


def test_an_archive_that_unfolds_beyond_measure_is_too_large(monkeypatch):
    bomb = office_files.archive({"word/document.xml": bytes(2_000_000)})
    monkeypatch.setattr("answerable_knowledge.formats._MAX_UNPACKED_BYTES", 1_000_000)
    with pytest.raises(Unreadable, match="too_large"):
        parse(bomb, filename="b.docx")


def test_documents_parse_alike_in_several_threads():
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: parse(PDF, filename="a.pdf"), range(16)))
    assert len(set(results)) == 1


def test_messy_real_files_are_read_or_rejected_with_a_reason():
    if not SHARED.exists():
        pytest.skip("../shared/data is absent")
    lines = gzip.decompress((SHARED / "manifest.jsonl.gz").read_bytes()).decode().splitlines()
    manifest = [json.loads(line) for line in lines]
    read = 0
    for entry in manifest:
        try:
            document = parse((SHARED / entry["file"]).read_bytes(), filename=entry["file"])
        except Unreadable:
            continue
        read += bool(document.blocks)
    assert read >= 0.9 * len(manifest)
