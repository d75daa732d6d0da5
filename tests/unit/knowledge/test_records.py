"""XML and JSON as records whose fields are named."""

import pytest

from answerable_knowledge.errors import Unreadable
from answerable_knowledge.parsing import parse


def places(data: str | bytes, filename: str) -> list[tuple[str, str]]:
    document = parse(data.encode() if isinstance(data, str) else data, filename=filename)
    return [(str(block.locator), block.text) for block in document.blocks]


def test_elements_without_grandchildren_are_records_on_their_line():
    text = "<?xml version='1.0'?>\n<teams>\n <team id='7'>\n  <name>Sales</name><days>27</days>\n </team>\n</teams>"
    assert places(text, "t.xml") == [("line 3", "id: 7; name: Sales; days: 27")]


def test_the_words_of_a_text_with_marked_words_stay_together():
    assert places("<r><p>Every <b>team</b> has a budget.</p><p>Two.</p></r>", "t.xml") == [
        ("line 1", "Every team has a budget."),
        ("line 1", "p: Two."),
    ]


def test_an_xml_record_stands_verbatim_beside_its_text():
    [block] = parse(b"<r><a>Track &amp; Field</a></r>", filename="t.xml").blocks
    assert (block.text, block.verbatim) == ("a: Track & Field", "<r><a>Track &amp; Field</a></r>")


def test_xml_in_a_wide_encoding_is_read_as_it_declares():
    text = "<?xml version='1.0' encoding='utf-16'?><r><a>Ünï</a></r>"
    assert places(text.encode("utf-16"), "t.xml") == [("line 1", "a: Ünï")]


@pytest.mark.parametrize("text", ["<a><b>x</a>", "words"])
def test_what_is_no_xml_is_corrupt(text):
    with pytest.raises(Unreadable, match="corrupt"):
        places(text, "t.xml")


def test_each_object_of_a_json_list_is_a_record_on_its_lines():
    text = '[\n {"team": "Sales", "budget": {"eur": 1.50, "open": true}},\n {"team": "IT",\n  "tags": ["a", "b"]}\n]'
    assert places(text, "t.json") == [
        ("line 2", "team: Sales; budget.eur: 1.50; budget.open: true"),
        ("lines 3-4", "team: IT; tags: a, b"),
    ]


def test_json_lines_are_records_one_a_line():
    assert places('{"a": 1}\n{"a": 2}\n', "t.jsonl") == [("line 1", "a: 1"), ("line 2", "a: 2")]


def test_a_list_of_objects_within_an_object_is_taken_apart():
    text = '{"year": 2026,\n "teams": [{"name": "IT"},\n {"name": "HR"}]}'
    assert places(text, "t.json") == [
        ("line 1", "year: 2026"),
        ("line 2", "teams.name: IT"),
        ("line 3", "teams.name: HR"),
    ]


def test_records_in_one_very_long_line_are_found_by_their_bytes():
    text = "[" + ", ".join(f'{{"n": {number}, "é": "{"x" * 90}"}}' for number in range(100)) + "]"
    found = places(text, "t.json")
    assert len(found) == 100
    place = found[50][0]
    first, last = map(int, place.removeprefix("bytes ").split("-"))
    assert text.encode()[first - 1 : last].decode().startswith('{"n": 50,')
    assert text.encode()[first - 1 : last].decode().endswith("}")


def test_broken_json_is_read_as_text():
    assert places('{"a": 1,\n"b"', "t.json") == [("lines 1-2", '{"a": 1,\n"b"')]


def test_escapes_are_undone_in_text_and_verbatim():
    [block] = parse(rb'{"a": "caf\u00e9", "b": 1}', filename="t.json").blocks
    assert block.text == "a: café; b: 1"
    assert block.verbatim == '{"a": "café", "b": "1"}'
