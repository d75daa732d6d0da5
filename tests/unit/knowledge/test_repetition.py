"""Which passages are copies of better ones, and which only look so."""

import pytest

from answerable_knowledge.ranking import Candidate, Ranked
from answerable_knowledge.repetition import distinct

TEXT = (
    "Staff of Norvik earn 25 days of leave in each calendar year. Days that are not taken by the end of March are "
    "paid out monthly with the salaries of April, unless the manager and the member of staff have agreed otherwise. "
    "Requests are made in the portal at least two weeks ahead, and the team lead answers them within three days."
)


def ranked(*texts, keys=()):
    rows = [{"passage_id": f"p{n}", "text": text, "text_key": f"k{n}"} for n, text in enumerate(texts)]
    for row, key in zip(rows, keys, strict=False):
        row["text_key"] = key
    return [Ranked(Candidate(row, 1.0, 1.0), 1 - n / 100) for n, row in enumerate(rows)]


def kept(*texts, limit=10, keys=()):
    found, repeated = distinct(ranked(*texts, keys=keys), limit)
    return [int(one.candidate.passage_id[1:]) for one in found], repeated


@pytest.mark.parametrize(
    "copy",
    [
        TEXT,
        TEXT.upper(),
        TEXT.replace("Requests are made in the portal", "Requests are to be made in the portal"),
        TEXT.replace("salaries", "salary").replace("agreed", "agreeed"),
        TEXT.replace("\n", " ").replace(", ", " , "),
        TEXT[: TEXT.index("Requests")],
    ],
)
def test_a_copy_with_another_case_break_spelling_or_small_word_is_shown_once(copy):
    assert kept(TEXT, copy, "Something else entirely, about the canteen on the first floor.") == ([0, 2], 1)


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("25 days", "27 days"),
        ("monthly", "weekly"),
        ("Norvik", "Norvak"),
        ("are paid out", "are not paid out"),
        ("within three days", "within three weeks"),
        ("of April", "of April 2025"),
    ],
)
def test_what_may_contradict_is_shown_however_alike(said, instead):
    assert said in TEXT
    other = TEXT.replace(said, instead)
    assert kept(TEXT, other) == ([0, 1], 0)
    assert kept(other, TEXT) == ([0, 1], 0)


def test_the_longer_of_two_is_shown_beside_a_better_shorter_one():
    part = TEXT[: TEXT.index("Requests")]
    assert kept(part, TEXT) == ([0, 1], 0)


def test_equal_texts_of_too_few_words_to_compare_go_by_their_key():
    assert kept("Yes.", "yes", "No.", keys=("a", "a", "b")) == ([0, 2], 1)
    assert kept("", "", keys=("a", "b")) == ([0, 1], 0)


def test_only_what_stands_before_the_limit_is_looked_at_and_counted():
    assert kept(TEXT, TEXT, "Another text.", "A third text.", TEXT, limit=2) == ([0, 2], 1)
