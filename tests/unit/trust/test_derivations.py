"""What follows from a table for a sentence, and which figures state it."""

import time
from decimal import Decimal

import pytest

from answerable_trust.derivations import MOST_DERIVED, Derivation, derive, follows
from answerable_trust.figures import Amount, read_figures
from answerable_trust.values import Passage

TABLE = """(in thousands)
Automotive; 2019: 5,686; 2018: 6,092; 2017: 5,228
Sensors; 2019: 914; 2018: 918; 2017: 814
Total sales; 2019: 7,821; 2018: 8,290; 2017: 7,039"""


def passage(text: str) -> Passage:
    return Passage(1, "p1", "d1", "", text, stale=False, score=1.0)


def derived(sentence: str, text: str = TABLE, question: str = "") -> set[tuple[Decimal, str]]:
    found = derive(sentence, question, [passage(text)])
    return {(round(one.value, 2), one.unit) for one in found}


@pytest.mark.parametrize(
    ("sentence", "value", "unit"),
    [
        ("The change in Sensors from 2017 to 2019", "100000", ""),
        ("Sensors fell by this much from 2018 to 2019", "4000", ""),
        ("The percentage change in Sensors from 2017 to 2018", "12.78", "%"),
        ("The average of Sensors in 2018 and 2019", "916000", ""),
        ("The average of Sensors from 2017 to 2019", "882000", ""),
        ("The average of Sensors", "882000", ""),
        ("The sum of Sensors in 2018 and 2019", "1832000", ""),
        ("The ratio of Sensors to Automotive in 2019", "0.16", "ratio"),
        ("The difference between Automotive and Sensors in 2019", "4772000", ""),
        ("Sensors in 2019", "914000", ""),
    ],
)
def test_the_sentence_names_rows_periods_and_operation(sentence: str, value: str, unit: str) -> None:
    assert (Decimal(value), unit) in derived(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The change in Turbines from 2018 to 2019",
        "The change in Sensors from 2015 to 2016",
        "The change in Sensors from 2019 to 2018",
        "Sensors fell from 2017 to 2018",
        "The weather of 2019",
    ],
)
def test_where_row_period_or_direction_is_not_the_tables_nothing_follows(sentence: str) -> None:
    assert derived(sentence) == set()


def test_the_operands_are_the_cells_of_the_row_and_nothing_else() -> None:
    for one in derive("The change in Sensors from 2018 to 2019", "", [passage(TABLE)]):
        assert [TABLE[span.start : span.end] for span in one.operands] == ["914", "918"]


def test_of_two_operations_the_narrower_one_wins() -> None:
    """The other is taken for a word of a label."""
    assert (Decimal(916000), "") not in derived("The change in average Sensors from 2018 to 2019")
    assert (Decimal(16111000), "") not in derived("The average of total sales in 2018 and 2019")


def test_a_question_lends_what_the_sentence_leaves_out_but_never_overrules_its_year() -> None:
    question = "What was the change in Sensors from 2018 to 2019?"
    assert (Decimal(-4000), "") in derived("It was this.", question=question)
    assert (Decimal(-4000), "") not in derived("The change in Sensors from 2017 to 2018 was this.", question=question)


def test_a_change_from_a_loss_to_a_profit_has_no_percentage() -> None:
    assert derived("The percentage change in Profit from 2018 to 2019", "Profit; 2019: 5; 2018: (5)") == set()


@pytest.mark.parametrize(
    ("figure", "value", "unit", "fits"),
    [
        ("12.8 %", "12.77", "%", True),
        ("12.7 %", "12.77", "%", False),
        ("-12.8 %", "12.77", "%", False),
        ("12.8", "12.77", "%", False),
        ("12.8 million", "12770000", "", True),
        ("12.8 thousand", "12770000", "", False),
        ("160 million", "164000000", "", False),
        ("about 160 million", "164000000", "", True),
        ("0.12", "0.117", "ratio", True),
        ("11.7 %", "0.117", "ratio", True),
        ("0.12 EUR", "0.117", "ratio", False),
        ("5 EUR", "5", "USD", False),
        ("$5", "5", "", True),
        ("5 EUR", "5", "", False),
        ("5 days", "5", "", False),
    ],
)
def test_a_figure_states_a_value_in_its_unit_sign_scale_and_to_its_last_digit(
    figure: str, value: str, unit: str, *, fits: bool
) -> None:
    (said,) = read_figures(figure)
    assert isinstance(said, Amount)
    written = figure[said.start : said.end]
    one = Derivation(Decimal(value), unit, (), frozenset())
    assert follows(said, written, one, frozenset({"USD"})) is fits


def test_a_cell_is_no_computation_and_is_not_rounded_in_silence() -> None:
    one = Derivation(Decimal(5686), "", (), frozenset(), exact=True)
    for figure, fits in (("5.686 thousand", True), ("5.7 thousand", False), ("about 5.7 thousand", True)):
        (said,) = read_figures(figure)
        assert isinstance(said, Amount)
        assert follows(said, figure[said.start : said.end], one, frozenset()) is fits


def test_no_more_values_than_the_bound_are_given() -> None:
    found = derive("The average change and total of Sensors in 2018 and 2019", "", [passage(TABLE)] * 50)
    assert len(found) == MOST_DERIVED


def test_large_tables_give_few_values_in_milliseconds() -> None:
    rows = [f"Cost of item {n}; " + "; ".join(f"{year}: {n * year}" for year in range(2001, 2020)) for n in range(500)]
    texts = [
        passage("\n".join(rows)),
        passage("Year; Cost; Sales\n" + "\n".join(f"{n}; {n}; {n}" for n in range(9000))),
    ]
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        found = derive("The total change and average of cost and sales of items in 2018 and 2019", "", texts)
        seconds.append(time.perf_counter() - start)
    assert len(found) <= MOST_DERIVED
    assert min(seconds) < 0.2  # a few milliseconds on a quiet machine
