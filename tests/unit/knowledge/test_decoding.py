"""The ladder of encodings, repair, and the policy for invisible characters."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from answerable_knowledge.decoding import ByteCounter, DecodedText, clean, decode

RUSSIAN = "Отпуск составляет двадцать восемь дней в году."


@pytest.mark.parametrize(
    ("data", "options", "expected"),
    [
        (b"plain", {}, DecodedText("plain", "utf-8", guessed=False, repaired=False)),
        ("naïve".encode(), {}, DecodedText("naïve", "utf-8", guessed=False, repaired=False)),
        (b"\xef\xbb\xbfmark", {}, DecodedText("mark", "utf-8", guessed=False, repaired=False)),
        ("\ufeffwide é".encode("utf-16-le"), {}, DecodedText("wide é", "utf-16-le", guessed=False, repaired=False)),
        ("\ufeffwide é".encode("utf-16-be"), {}, DecodedText("wide é", "utf-16-be", guessed=False, repaired=False)),
        ("\ufeffwider".encode("utf-32-le"), {}, DecodedText("wider", "utf-32-le", guessed=False, repaired=False)),
        ("no mark".encode("utf-16-le"), {}, DecodedText("no mark", "utf-16-le", guessed=True, repaired=False)),
        ("no mark".encode("utf-16-be"), {}, DecodedText("no mark", "utf-16-be", guessed=True, repaired=False)),
        ("“Café” costs 5 €".encode("cp1252"), {}, DecodedText("“Café” costs 5 €", "cp1252", True, False)),
        (
            RUSSIAN.encode("koi8-r"),
            {"hint": "koi8-r"},
            DecodedText(RUSSIAN, "koi8-r", guessed=False, repaired=False),
        ),
        (
            RUSSIAN.encode("cp1251"),
            {"declared": "windows-1251", "hint": "koi8-r"},
            DecodedText(RUSSIAN, "cp1251", guessed=False, repaired=False),
        ),
        (b"5 \x80", {"declared": "iso-8859-1"}, DecodedText("5 €", "cp1252", guessed=False, repaired=False)),
        ("é".encode(), {"declared": "ascii"}, DecodedText("é", "cp1252", guessed=False, repaired=True)),
        ("é".encode(), {"declared": "no-such-thing"}, DecodedText("é", "utf-8", guessed=False, repaired=False)),
        (b"+AGE-", {"declared": "utf-7"}, DecodedText("+AGE-", "utf-8", guessed=False, repaired=False)),
        (b"YWJj", {"declared": "base64"}, DecodedText("YWJj", "utf-8", guessed=False, repaired=False)),
        ("voilÃ\xa0 le travail".encode(), {}, DecodedText("voilà le travail", "utf-8", False, True)),
        (b"a\x00b", {}, DecodedText("ab", "utf-8", guessed=False, repaired=True)),
        (b"one\r\ntwo\rthree", {}, DecodedText("one\ntwo\nthree", "utf-8", guessed=False, repaired=False)),
        (b"\xff\xfea\x00\x00\xd8", {}, DecodedText("a\ufffd", "utf-16-le", guessed=False, repaired=True)),
    ],
)
def test_each_rung_of_the_ladder_reads_what_it_should(data, options, expected):
    assert decode(data, **options) == expected


def test_statistics_read_a_longer_legacy_text_and_say_that_they_guessed():
    decoded = decode((RUSSIAN * 5).encode("cp1251"))
    assert (decoded.text, decoded.guessed) == (RUSSIAN * 5, True)


@pytest.mark.parametrize("text", ["“curly” ‘quotes’", "&lt;é&gt; &amp;", "ﬁne ﬂow", "ＡＢＣ", "½ ² ㎏", "cafe\u0301"])  # noqa: RUF001 - the point
def test_repair_leaves_alone_what_is_not_broken(text):
    assert decode(text.encode()).text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pass\u200bword", "password"),
        ("so\u00adft", "soft"),
        ("\u202eevil\u202c", "evil"),
        ("hi\U000e0068\U000e0069", "hi"),
        ("a\ufeffb\u2060c", "abc"),
        ("bell\x07", "bell"),
        ("tab\tstays\n", "tab\tstays\n"),
        ("page\x0cbreak", "page break"),
        ("para\u2029graph", "para graph"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # noqa: RUF001 - Persian needs the non-joiner
        ("👩\u200d💻", "👩\u200d💻"),
        ("lone \ud800", "lone \ufffd"),
    ],
)
def test_invisible_characters_follow_the_policy(text, expected):
    assert clean(text) == expected


@settings(deadline=None)  # the first guess loads its alphabets
@given(st.binary(max_size=400), st.sampled_from([None, "utf-16", "cp1251", "zlib", "idna", "\x00"]))
def test_any_bytes_become_text_that_can_be_stored(data, declared):
    decoded = decode(data, declared=declared)
    assert "\x00" not in decoded.text
    decoded.text.encode("utf-8")
    assert clean(decoded.text) == decoded.text


def test_a_part_of_repaired_text_is_found_in_the_original_and_in_the_file():
    data = "\ufeffone\r\nvoilÃ\xa0 le tra\u200bvail\r\nend".encode()
    decoded = decode(data)
    assert decoded.text == "one\nvoilà le travail\nend"
    start = decoded.text.index("travail")
    first, last = decoded.original_span(start, start + len("travail"))
    assert decoded.original[first:last] == "tra\u200bvail"
    start = decoded.text.index("end")
    place = ByteCounter(decoded).place(start, start + 3)
    assert data[(place.number or 0) - 1 : place.end] == b"end"


@settings(deadline=None)
@given(st.text(st.sampled_from("aé\n\r\u200bÃ©\u00a0 "), max_size=60))
def test_every_line_comes_from_the_line_of_the_same_number(text):
    decoded = decode(text.encode())
    start = 0
    for line, original in zip(decoded.text.split("\n"), re.split("\r\n?|\n", text), strict=True):
        first, last = decoded.original_span(start, start + len(line))
        assert not line or decoded.original[first:last].strip("\u200b") == original.strip("\u200b")
        start += len(line) + 1


def test_a_capital_before_a_wide_space_is_no_mojibake():
    assert decode("MISUTÂ\xa0AJIKKO".encode()).text == "MISUTÂ\xa0AJIKKO"


def test_a_line_that_would_stay_garbled_is_left_as_it_is():
    line = "¤j¸ÉªwÄÑ±M½æ ¤j®a»¡»y ÁcÅé¤¤¤å¥úºÐª©"  # noqa: RUF001 - Big5 read as Latin-1
    assert decode(line.encode()).text == line
