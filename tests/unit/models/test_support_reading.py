"""Claims and passages as words: sentences, rows, numbers, names, negations."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_models.support.claims import answer_claim, split_claim
from answerable_models.support.reading import (
    LONGEST_CLAIM_TOKENS,
    LONGEST_SENTENCE_TOKENS,
    MOST_TOKENS,
    claim_pieces,
    read,
    read_claim,
    sentence_spans,
)


def texts(text: str) -> list[str]:
    return [text[start:end].strip() for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Gold costs 20. Silver costs 30.", ["Gold costs 20.", "Silver costs 30."]),
        ("It lasts two\nyears and ends.\nThen it starts.", ["It lasts two\nyears and ends.", "Then it starts."]),
        ("a drone was found .\npolice say so . it flew", ["a drone was found .", "police say so .", "it flew"]),
        ("Team: Sales; Amount: 100\nTeam: Legal; Amount: 90", ["Team: Sales; Amount: 100", "Team: Legal; Amount: 90"]),
        ("", []),
    ],
)
def test_sentences_rows_and_wrapped_lines(text, expected):
    assert texts(text) == expected


@given(st.text(alphabet="aB. \n1;:|?!", max_size=200))
def test_spans_are_in_order_and_leave_out_only_white_space(text):
    spans = sentence_spans(text)
    assert all(a < b for a, b in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    inside = {at for start, end in spans for at in range(start, end)}
    assert all(char.isspace() for at, char in enumerate(text) if at not in inside)


def test_numbers_have_one_key_however_they_are_written():
    (sentence,) = read(["It cost 1,452.40 and 1452.4 for seven or 7."])
    numbers = [word.key for word in sentence.words if word.is_number or word.word == "seven"]
    assert numbers == ["1452.4", "1452.4", "7", "7"]


def test_names_are_capitals_but_not_a_common_word_that_opens():
    words = {word.word: word for word in read_claim("Where Anna Keller met Bob").words}
    assert [name for name, word in words.items() if word.is_name] == ["anna", "keller", "bob"]
    assert read_claim("Wuppertal is big").words[0].is_name


@pytest.mark.parametrize(
    ("claim", "count"),
    [("It is not open", 1), ("No. 5 is open", 0), ("It is not only big", 0), ("He doesn't and never will", 2)],
)
def test_words_that_negate(claim, count):
    assert len(read_claim(claim).negations) == count


def test_cells_of_a_row_and_their_values():
    (row,) = read(["Sales; 2019: $ 44.1; 2018: 56.7"])
    assert [(word.word, word.cell, word.is_value) for word in row.words if word.weight] == [
        ("sales", 0, False),
        ("2019", 1, False),
        ("44.1", 1, True),
        ("2018", 2, False),
        ("56.7", 2, True),
    ]
    (prose,) = read(["He came; he saw"])
    assert {word.cell for word in prose.words} == {0}


def test_very_long_texts_are_cut_and_long_sentences_divided():
    found = read(["word " * (MOST_TOKENS + 500)])
    assert sum(len(sentence.words) for sentence in found) == MOST_TOKENS
    assert max(len(sentence.words) for sentence in found) == LONGEST_SENTENCE_TOKENS


@given(st.integers(0, 400))
def test_pieces_of_a_claim_are_all_of_it(count):
    claim = "word, " * count
    pieces = claim_pieces(claim)
    assert "".join(pieces) == claim
    assert len(pieces) == max(-(-count // LONGEST_CLAIM_TOKENS), 1)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many days of leave are there?", "number"),
        ("When did it open?", "number"),
        ("In what year did it open?", "number"),
        ("Who opened it?", "name"),
        ("Where is it?", "name"),
        ("What colour is it?", "any"),
    ],
)
def test_a_question_with_its_answer_is_taken_apart_again(question, kind):
    asked = split_claim(answer_claim(question, "25 days"))
    assert asked is not None
    assert (asked.question, asked.answer, asked.kind) == (question.rstrip("?"), "25 days", kind)


@pytest.mark.parametrize("claim", ["Leave is 25 days.", "How long is leave?", "? 25", ""])
def test_other_claims_are_no_questions_with_answers(claim):
    assert split_claim(claim) is None
    assert answer_claim("", "25 days") == "25 days"
