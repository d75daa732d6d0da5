"""What a sentence asks of a table."""

import pytest

from answerable_trust.asked import read_asked


@pytest.mark.parametrize(
    ("sentence", "operations"),
    [
        ("Sales grew from 2018 to 2019", {"change"}),
        ("The percentage change in sales", {"percent", "change", "ratio"}),
        ("The mean of sales", {"average"}),
        ("Sales and costs together", {"sum"}),
        ("The ratio of sales to costs", {"ratio"}),
        ("Sales were 12 %", set()),
    ],
)
def test_words_and_no_figures_name_the_operation(sentence: str, operations: set[str]) -> None:
    assert read_asked(sentence, "").operations == operations


def test_a_sentence_without_an_operation_or_a_period_takes_them_from_the_question() -> None:
    asked = read_asked("It was 5.", "What was the average of sales in 2018 and 2019?")
    assert asked.operations == {"average"}
    assert asked.periods == ("2018", "2019")


def test_a_period_of_the_sentence_comes_before_that_of_the_question() -> None:
    assert read_asked("Sales of 2017 grew.", "How much did sales grow in 2019?").periods == ("2017",)


def test_an_amount_that_looks_like_a_year_is_no_period() -> None:
    assert read_asked("The average in 2018 was 1972 million", "").periods == ("2018",)


@pytest.mark.parametrize(
    ("sentence", "falls"), [("It fell by 5", True), ("The increase or decrease", False), ("It rose", False)]
)
def test_only_a_word_for_a_fall_alone_makes_it_one(sentence: str, *, falls: bool) -> None:
    assert read_asked(sentence, "").falls is falls


@pytest.mark.parametrize(
    ("sentence", "backwards"), [("from 2019 to 2018", True), ("from fiscal 2018 to fiscal 2019", False)]
)
def test_a_change_from_the_later_to_the_earlier_is_backwards(sentence: str, *, backwards: bool) -> None:
    assert read_asked(sentence, "").backwards is backwards
