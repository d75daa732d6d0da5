"""A threshold that is proved, and the watch over what was proved."""

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_trust.risk import THRESHOLDS, Judged, Watch, bound_risk, fewest_answers, p_value


def answers(right, wrong, confidence=1.0):
    return [Judged(confidence, correct=True)] * right + [Judged(confidence, correct=False)] * wrong


@pytest.mark.parametrize(("released", "wrong", "alpha"), [(0, 0, 0.1), (1, 0, 0.05), (30, 2, 0.1), (200, 17, 0.05)])
def test_the_p_value_is_the_binomial_tail(released, wrong, alpha):
    share = Fraction(alpha)
    tail = sum(math.comb(released, k) * share**k * (1 - share) ** (released - k) for k in range(wrong + 1))
    assert p_value(released, wrong, alpha) == pytest.approx(float(tail), rel=1e-9)


def test_p_values_of_many_answers_stay_numbers():
    assert p_value(100_000, 0, 0.1) == 0.0
    assert p_value(100_000, 100_000, 0.1) == 1.0


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1])
def test_as_many_right_answers_as_are_needed_prove_it_and_one_fewer_does_not(alpha):
    fewest = fewest_answers(alpha, 0.1)
    assert bound_risk(answers(fewest, 0), alpha, 0.1) is not None
    assert bound_risk(answers(fewest - 1, 0), alpha, 0.1) is None


def test_the_lowest_proved_threshold_is_taken_and_what_proves_it_is_told():
    sound = answers(400, 2, 0.9) + answers(300, 4, 0.7)
    bound = bound_risk([*sound, *answers(100, 100, 0.3)], 0.05, 0.1)
    assert bound is not None
    assert bound.threshold == pytest.approx(0.32)  # just above the bad ones
    assert (bound.judged, bound.released, bound.wrong) == (906, 706, 6)


def test_bad_answers_on_top_leave_nothing_proved_below_them():
    assert bound_risk(answers(60, 60, 0.99) + answers(300, 0, 0.5), 0.05, 0.1) is None


def test_right_answers_of_every_confidence_are_all_released_though_few_of_them_are_sure():
    bound = bound_risk([Judged(number / 120, correct=True) for number in range(120)], 0.05, 0.1)
    assert bound is not None
    assert (bound.threshold, bound.released) == (0.0, 120)


def test_what_lies_just_at_the_threshold_is_released():
    bound = bound_risk(answers(100, 0, 0.6), 0.05, 0.1)
    assert bound is not None
    assert (bound.threshold, bound.released) == (0.0, 100)


@given(st.lists(st.builds(Judged, st.floats(0, 1), st.booleans()), max_size=60), st.sampled_from([0.05, 0.2, 0.4]))
def test_what_is_told_of_a_threshold_is_so_and_order_does_not_matter(judged, alpha):
    bound = bound_risk(judged, alpha, 0.2)
    shuffled = random.Random(1).sample(judged, len(judged))
    assert bound_risk(shuffled, alpha, 0.2) == bound
    if bound is not None:
        released = [one for one in judged if one.confidence >= bound.threshold]
        assert (bound.released, bound.wrong) == (len(released), sum(not one.correct for one in released))
        assert bound.wrong < alpha * bound.released
        assert bound.threshold in THRESHOLDS


@pytest.mark.parametrize("n", [100, 400])
@pytest.mark.parametrize("hump", [0.0, 0.5])
def test_the_bound_is_broken_by_chance_only_as_rarely_as_it_says(n, hump):
    """Also where more confidence means more errors for a while: `hump` adds errors between 0.8 and 0.9."""

    def wrong_at(confidence):
        return (1 - confidence) ** 2 + (hump if 0.8 <= confidence < 0.9 else 0.0)

    rng, grid = random.Random(7), [number / 1000 for number in range(1001)]
    risk, total = {}, 0.0
    for count, confidence in enumerate(reversed(grid), start=1):
        total += wrong_at(confidence)
        risk[confidence] = total / count
    broken = proved = 0
    for _ in range(400):
        drawn = [Judged(c, rng.random() >= wrong_at(c)) for c in (rng.choice(grid) for _ in range(n))]
        bound = bound_risk(drawn, 0.1, 0.2)
        proved += bound is not None
        broken += bound is not None and risk[bound.threshold] > 0.1
    assert broken <= 0.2 * 400
    assert proved >= 100 or n == 100


@pytest.mark.parametrize(("alpha", "delta"), [(0, 0.1), (1, 0.1), (0.1, 0), (0.1, 1), (math.nan, 0.1)])
def test_impossible_shares_are_refused(alpha, delta):
    with pytest.raises(ValueError, match="between 0 and 1"):
        bound_risk([], alpha, delta)


@pytest.mark.parametrize("confidence", [-0.1, 1.1, math.nan])
def test_an_impossible_confidence_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence"):
        bound_risk([Judged(confidence, correct=True)], 0.1, 0.1)


def labels(rng, share, count):
    return [rng.random() < share for _ in range(count)]


def test_a_watch_rarely_breaks_while_the_bound_holds_and_soon_when_it_does_not():
    rng = random.Random(3)
    held = [Watch(0.05, 0.05).after(labels(rng, 0.05, 2000)) for _ in range(100)]
    ever = sum(_ever_breaks(Watch(0.05, 0.05), labels(rng, 0.05, 300)) for _ in range(500))
    assert ever <= 0.05 * 500
    assert {watch.labels for watch in held} == {2000}
    drifted = [Watch(0.05, 0.05).after(labels(rng, 0.05, 300)).after(labels(rng, 0.3, 200)) for _ in range(100)]
    assert sum(watch.is_broken for watch in drifted) >= 95


def test_a_watch_goes_on_where_it_was():
    seen = labels(random.Random(5), 0.2, 80)
    watch = Watch(0.1, 0.05)
    for one in seen:
        watch = watch.after([one])
    assert watch == Watch(0.1, 0.05).after(seen)


def test_a_watch_survives_any_number_of_errors():
    assert Watch(0.001, 0.01).after([True] * 5000).is_broken


def _ever_breaks(watch, stream):
    for one in stream:
        watch = watch.after([one])
        if watch.is_broken:
            return True
    return False
