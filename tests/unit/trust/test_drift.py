"""Windows of traffic against the set that a bound was proved on, and the estimate out of audited answers."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_trust.drift import differs, estimate_errors

REFERENCE = (0, 0, 1, 2, 5, 10, 20, 60, 100, 202)


def window(generator: random.Random, weights: tuple[int, ...], size: int = 200) -> tuple[int, ...]:
    drawn = generator.choices(range(10), weights, k=size)
    return tuple(drawn.count(place) for place in range(10))


def test_of_many_windows_like_the_reference_hardly_any_is_called_changed() -> None:
    alarms = 0
    for seed in range(200):
        generator = random.Random(seed)
        alarms += any(differs(REFERENCE, window(generator, REFERENCE), number) for number in range(10))
    assert alarms <= 4  # 1 % of 200 is 2, and the test is conservative


def test_a_shift_by_one_class_of_half_the_traffic_is_seen_in_the_first_window() -> None:
    shifted = tuple((one + other) // 2 for one, other in zip(REFERENCE, (*REFERENCE[2:], 0, 0), strict=True))
    seen = sum(differs(REFERENCE, window(random.Random(seed), shifted), 0) for seed in range(20))
    assert seen >= 18


def test_a_late_window_needs_more_to_be_called_changed() -> None:
    other = (0, 0, 1, 2, 5, 10, 25, 45, 60, 52)
    numbers = [number for number in range(0, 2000, 50) if not differs(REFERENCE, other, number)]
    assert not differs(REFERENCE, REFERENCE, 0)
    assert numbers == sorted(numbers)
    assert differs(REFERENCE, other, 0) or numbers


@pytest.mark.parametrize(("reference", "seen"), [((0, 0), (5, 5)), ((5, 5), (0, 0))])
def test_nothing_to_compare_never_differs(reference: tuple[int, ...], seen: tuple[int, ...]) -> None:
    assert not differs(reference, seen, 0)


@pytest.mark.parametrize(
    ("wrong", "judged", "low", "high"),
    [(0, 20, 0.0, 0.1684), (1, 20, 0.0013, 0.2487), (10, 20, 0.2720, 0.7280), (20, 20, 0.8316, 1.0)],
)
def test_the_interval_is_that_of_clopper_and_pearson(wrong: int, judged: int, low: float, high: float) -> None:
    found = estimate_errors(wrong, judged)
    assert found is not None
    assert [found.share, found.low, found.high] == pytest.approx([wrong / judged, low, high], abs=1e-4)


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_share_lies_in_its_interval(wrong: int, right: int) -> None:
    found = estimate_errors(wrong, wrong + right)
    assert (found is None) == (wrong + right == 0)
    if found is not None:
        assert 0.0 <= found.low <= found.share <= found.high <= 1.0


@pytest.mark.parametrize(("wrong", "judged", "certainty"), [(3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0), (1, 2, 0.0)])
def test_what_is_no_count_is_refused(wrong: int, judged: int, certainty: float) -> None:
    with pytest.raises(ValueError, match="wrong of so many"):
        estimate_errors(wrong, judged, certainty)
