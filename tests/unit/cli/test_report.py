"""The page of a request: whole, in order, and harmless whatever is quoted in it."""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise
from uuid import UUID

import pytest

from answerable_cli.explanation import explanations
from answerable_cli.report.markup import element
from answerable_cli.report.page import as_page
from answerable_events.requests import ContextRetrieved, Passage, QuestionAsked
from answerable_trail.rows import TraceRow
from tests.support.pages import ELEMENTS, HOSTILE, Seen
from tests.support.tracerows import checkpoint, erased, sealed
from tests.support.trail import Log, released_request, withheld_request

REQUEST = UUID("01a20dcd-1110-7ffc-b8b5-8c69f5a7bfb6")
MADE_AT = datetime(2026, 11, 4, 9, 0, tzinfo=UTC)


def _rows() -> list[TraceRow]:
    log = Log()
    released_request(log, REQUEST)
    return sealed(log.records)


def _page(rows: Sequence[TraceRow]) -> str:
    return as_page(explanations(rows, {("acme", 0): [checkpoint(rows, cosignatures=1)]})[0], MADE_AT)


def _hostile(row: TraceRow) -> TraceRow:
    """The same event with hostile text wherever anybody may write text."""
    text = HOSTILE
    if row.type == QuestionAsked.TYPE:
        asked = QuestionAsked.model_validate_json(row.body)
        asker = asked.asker.model_copy(update={"subject": text, "groups": (text,)})
        body = asked.model_copy(update={"text": text, "asker": asker}).model_dump_json()
    else:
        context = ContextRetrieved.model_validate_json(row.body)
        named = dict.fromkeys(("document_id", "title", "source", "locator", "heading", "text"), text)
        passage = context.passages[0].model_dump() | named | {"scores": {text: 0.5}, "readers_matched": (text,)}
        changes = {"passages": (Passage.model_validate(passage),), "snapshot": text, "embedder": text}
        body = context.model_copy(update=changes).model_dump_json()
    return replace(row, body=body.encode())


def test_a_released_request_is_told_in_reading_order() -> None:
    seen = Seen(_page(_rows()))
    headings = [str(attributes["id"]) for attributes in seen.all("h2")]
    assert headings == [
        "question", "outcome", "passages", "left-out", "model-and-prompt", "checks", "decision", "timings", "rests-on",
        "log-and-proof", "how-to-verify-this-offline",
    ]  # fmt: skip
    parts = (
        "How many days of leave?", "Thirty days.", "[1]", "granted: the asker is user:ada", "bm25 0.500",
        "900 in, 12 out", "0.250000 USD", "1,500.0 ms", "unsupported", "0.800", "recorded with this hash",
        "cosigned by 1, size 5, 2026-11-03 09:00:20", f"answerable export {REQUEST} --tenant acme -o bundle.zip",
    )  # fmt: skip
    for part in parts:
        assert part in seen.text


def test_what_was_held_against_a_source_is_told_in_words() -> None:
    rows = _rows()
    context = ContextRetrieved.model_validate_json(rows[1].body)
    poor = context.passages[0].model_copy(update={"caveats": ("conflict", "of_another_release", "stale")})
    body = context.model_copy(update={"passages": (poor,)}).model_dump_json().encode()
    seen = Seen(_page([rows[0], replace(rows[1], body=body), *rows[2:]]))
    assert "Another document in force says otherwise about the same thing. This release has no words" in seen.text


def test_hostile_texts_stay_texts() -> None:
    rows = _rows()
    wicked = [_hostile(rows[0]), _hostile(rows[1]), replace(rows[2], type=HOSTILE), *rows[3:]]
    page = _page(wicked)
    seen = Seen(page)
    assert {tag for tag, _ in seen.elements} <= ELEMENTS
    assert not [name for _, attributes in seen.elements for name in attributes if name.startswith("on")]
    assert seen.text.count(HOSTILE) >= 8
    assert "<script" not in page
    assert "<img" not in page


def test_nothing_is_fetched_and_only_the_own_style_counts() -> None:
    page = _page(_rows())
    seen = Seen(page)
    (policy,) = [each["content"] for each in seen.all("meta") if each.get("http-equiv") == "Content-Security-Policy"]
    style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert len(style) == 1
    digest = b64encode(sha256(style[0].encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "url(" not in style[0]
    assert "@import" not in style[0]
    for _, attributes in seen.elements:
        assert not attributes.keys() & {"style", "src", "srcset", "action", "background"}
        assert (attributes.get("href") or "#").startswith("#")


def test_links_within_the_page_lead_somewhere() -> None:
    seen = Seen(_page(_rows()))
    ids = [attributes["id"] for _, attributes in seen.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {str(each["href"])[1:] for each in seen.all("a")} == {"passage-1"} <= set(ids)


def test_the_page_has_what_a_screen_reader_goes_by() -> None:
    seen = Seen(_page(_rows()))
    assert seen.all("html") == [{"lang": "en"}]
    assert [len(seen.all(tag)) for tag in ("header", "main", "footer", "h1", "title")] == [1] * 5
    levels = [int(tag[1]) for tag, _ in seen.elements if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(each.get("scope") in {"col", "row"} for each in seen.all("th"))
    assert len(seen.all("table")) == len(seen.all("caption"))


def test_an_erased_request_has_a_page_that_says_so() -> None:
    seen = Seen(_page([erased(row) for row in _rows()]))
    assert "An erased request" in seen.text
    assert "The question is erased." in seen.text
    assert "The request was released. What the asker was told is erased." in seen.text
    assert "questions/0/0, epoch 0" in seen.text
    assert "days" not in seen.text


def test_an_open_request_has_a_page() -> None:
    seen = Seen(_page(_rows()[:2]))
    assert "There is none yet." in seen.text
    assert "Thirty days" not in seen.text


def test_a_withheld_request_says_why() -> None:
    log = Log()
    withheld_request(log, REQUEST)
    seen = Seen(_page(sealed(log.records)))
    assert "Why no answer was released" in seen.text
    assert "not_known" in seen.text


def test_an_edited_row_is_named() -> None:
    rows = _rows()
    seen = Seen(_page([*rows[:4], replace(rows[4], body=rows[4].body.replace(b"Thirty", b"Twenty"))]))
    assert "EDITED" in seen.text


@pytest.mark.parametrize("text", ['"><b>', "'", "&amp;", "<"])
def test_text_and_attributes_are_escaped(text: str) -> None:
    seen = Seen(element("p", text, data_label=text))
    assert seen.elements == [("p", {"data-label": text})]
    assert seen.text == text
