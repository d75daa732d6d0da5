"""What the trees see: examples for each kind of feature, and what must hold for any text."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from answerable_models.support.alignment import WordVectors
from answerable_models.support.claims import answer_claim
from answerable_models.support.features import DIRECTIONS, FEATURES, NOTHING, features

VECTORS = WordVectors()
PRICES = (
    "Gold costs 20 euros a month. Silver costs 30 euros and lasts two years.\nAnna Keller started the plan in 1999."
)
TABLE = "Fixed price; 2019: $ 1,452.4; 2018: $ 1,146.2\nOther; 2019: 44.1; 2018: 56.7"
WORDS = st.lists(
    st.sampled_from(
        [
            "Gold",
            "silver",
            "costs",
            "20",
            "30",
            "euros",
            "not",
            "the",
            "plan",
            "Keller",
            "1999",
            ".",
            ";",
            ":",
            "?",
            "\n",
            "never",
            "more",
            "less",
        ]
    ),
    max_size=25,
).map(" ".join)


def see(claim: str, evidence: str = PRICES) -> dict[str, float]:
    return dict(zip(FEATURES, features(claim, (evidence,), VECTORS).tolist(), strict=True))


@pytest.mark.parametrize(
    ("true", "false", "feature"),
    [
        ("Silver costs 30 euros.", "Bronze costs 30 euros.", "cover_all"),
        ("Silver costs 30 euros.", "Silver costs 30 dollars.", "missing_all"),
        ("Silver costs 30 euros.", "Silver costs 35 euros.", "numbers_all"),
        ("Silver costs 30 euros.", "Gold costs 30 euros.", "together_min"),
        ("Silver costs 30 euros.", "Gold costs 30 euros.", "displaced_max"),
        ("Silver costs 30 euros.", "Gold costs 30 euros.", "rival_number"),
        ("Gold costs 20 euros.", "Gold does not cost 20 euros.", "negation_differs"),
        ("The plan of Anna Keller in 1999.", "The plan of Berta Vogel in 1999.", "names_all"),
        ("Gold costs 20 euros a month.", "Gold costs 25 euros a month.", "exchanged_number"),
        ("Anna Keller started the plan.", "Anna Keller ended the plan.", "opposite_best"),
        ("Anna Keller started the plan.", "The plan started Anna Keller.", "order_best"),
        ("Silver lasts two years.", "Silver lasts three years.", "cover_best"),
        ("Gold costs 20 euros a month.", "Gold costs a month 20 euros.", "verbatim"),
    ],
)
def test_the_false_claim_looks_worse(true, false, feature):
    assert see(true)[feature] * DIRECTIONS[feature] > see(false)[feature] * DIRECTIONS[feature]


def test_written_numbers_and_near_words_count():
    assert see("Silver lasts 2 years.")["numbers_all"] == 1.0
    assert see("Silver is 30 euros monthly.")["near_all"] > see("Silver is 30 euros zebra.")["near_all"]


@pytest.mark.parametrize(
    ("answer", "other"), [("1,452.4", "1,146.2"), ("1,452.4", "44.1"), ("1,452.4", "56.7"), ("1,452.4", "99.9")]
)
def test_the_cell_of_row_and_column_fits_best(answer, other):
    question = "What was the fixed price in 2019?"
    right, wrong = (see(answer_claim(question, said), TABLE) for said in (answer, other))
    assert (right["cell_fit"], right["cell_rival"] < 0) == (1.0, True)
    assert wrong["cell_rival"] > 0
    assert wrong["cell_fit"] < 1.0


def test_answers_are_looked_for_by_themselves():
    right, swapped = (see(answer_claim("When did Anna Keller start the plan?", said)) for said in ("1999", "20"))
    assert right["answer_close"] > swapped["answer_close"]
    assert right["answer_rival"] < 0 < swapped["answer_rival"]
    assert see(answer_claim("When did it start?", "Silver"))["answer_fits"] == 0.0


def test_length_is_no_feature():
    once, twice = see("Silver costs 30 euros.", PRICES), see("Silver costs 30 euros.", f"{PRICES}\nRain fell on hills.")
    assert {name for name in FEATURES if once[name] != twice[name]} == set()


@pytest.mark.parametrize(("claim", "evidence"), [("", ["x y"]), ("the of", ["x y"]), ("Gold", []), ("Gold", ["", " "])])
def test_nothing_to_compare_looks_like_nothing_held(claim, evidence):
    found = features(claim, evidence, VECTORS)
    assert np.array_equal(found, NOTHING)


@settings(max_examples=80, deadline=None)
@given(WORDS, WORDS)
def test_any_text_gives_finite_numbers_in_bounds_and_the_same_again(claim, evidence):
    found = features(claim, (evidence,), VECTORS)
    assert found.shape == (len(FEATURES),)
    assert np.isfinite(found).all()
    assert (found >= -1.0 - 1e-9).all()
    assert (found <= 3.0).all()
    assert np.array_equal(found, features(claim, (evidence,), WordVectors()))


@settings(max_examples=60, deadline=None)
@given(WORDS, WORDS, WORDS)
def test_more_evidence_never_takes_a_word_away(claim, evidence, more):
    assume(any(map(str.isalnum, evidence)))  # without any, features say "nothing" and count no more
    less, both = (dict(zip(FEATURES, features(claim, texts, VECTORS), strict=True))
                  for texts in ((evidence,), (evidence, more)))  # fmt: skip
    for name in ("cover_all", "cover_best", "numbers_all", "near_all"):
        assert both[name] >= less[name] - 1e-12
    for name in ("missing_all", "missing_numbers", "missing_names"):
        assert both[name] <= less[name] + 1e-12
