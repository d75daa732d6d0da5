"""Words, stems, sentences and names."""

import pytest

from answerable_trust.words import content_stems, count_negations, read, read_names, stem


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("expenses", "expense"),
        ("approves", "approved"),
        ("policies", "policy"),
        ("planned", "plan"),
        ("stopped", "stops"),
    ],
)
def test_forms_of_a_word_share_a_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(("one", "other"), [("pump", "pumpkin"), ("class", "clasp"), ("1200", "120"), ("bus", "but")])
def test_different_words_keep_different_stems(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_case_quotes_grouping_soft_hyphens_and_line_end_hyphens_do_not_change_words() -> None:
    assert read("Don\u2019t sup-\nport 1,200 co\u00adworkers \uff21\uff22\uff23").forms == (
        "don't",
        "support",
        "1200",
        "coworkers",
        "abc",
    )


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two. Three.", 3),
        ("Dr. Smith met Mr. Jones. They talked.", 2),
        ("A line that is wrapped\nin the middle.", 1),
        ("Gold | 20\nSilver | 30", 2),
        ("First paragraph\n\nsecond paragraph", 2),
        ("", 0),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, count: int) -> None:
    assert len(read(text).sentences) == count


def test_words_are_found_across_spaces_and_hyphens_but_not_inside_other_words() -> None:
    whole = read("The long-term plan is notable.")
    assert whole.find(read("long term plan")) == (1, 4)
    assert whole.find(read("table")) is None
    assert whole.find(read("")) is None


def test_numbers_are_found_whole() -> None:
    assert read("It seats 1200 guests").find(read("seats 120")) is None


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It does not work", 1),
        ("not only this but that", 0),
        ("it is not only red", 1),
        ("No. 5 is open", 0),
        ("never without", 2),
        ("all good", 0),
    ],
)
def test_negations_are_counted_without_idioms(text: str, count: int) -> None:
    assert count_negations(read(text)) == count


def test_names_are_capitalised_words_inside_a_sentence_and_codes() -> None:
    assert read_names("Contracts by Anna Bell cover X200.") == {stem("anna"), stem("bell"), "x200"}
    assert stem("contracts") in read_names("Contracts by Anna.", opening=True)


def test_content_leaves_out_function_words_and_negations() -> None:
    assert content_stems(read("The dogs are not in the office")) == {stem("dogs"), stem("office")}


def test_no_is_an_abbreviation_before_a_number_only() -> None:
    assert len(read("The answer is no. The inventor gets nothing.").sentences) == 2
    assert len(read("See no. 5 of the list. It is long.").sentences) == 2
    assert len(read("See Sec. 4 and fig. 2 for more.").sentences) == 1
