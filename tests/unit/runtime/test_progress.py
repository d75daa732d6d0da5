"""The commit watermark."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_runtime.progress import Progress


def progress(taken: list[int], finished: list[int]) -> Progress:
    found = Progress()
    for offset in taken:
        found.take(offset)
    for offset in finished:
        found.finish(offset)
    return found


@pytest.mark.parametrize(
    ("taken", "finished", "mark"),
    [
        ([0, 1, 2], [], None),
        ([0, 1, 2], [0], 1),
        ([0, 1, 2], [1, 2], None),
        ([0, 1, 2], [1, 2, 0], 3),
        ([5, 9, 12], [5, 12], 6),
        ([5, 9, 12], [9, 5], 10),
    ],
)
def test_the_watermark_stops_at_the_first_unfinished_offset(
    taken: list[int], finished: list[int], mark: int | None
) -> None:
    assert progress(taken, finished).watermark == mark


def test_an_offset_that_came_before_is_not_taken_twice() -> None:
    found = progress([3, 4], [3])
    assert [found.take(offset) for offset in (2, 3, 4, 5)] == [False, False, False, True]


def test_what_is_committed_is_not_due_again() -> None:
    found = progress([0, 1], [0])
    found.committed(1)
    assert found.to_commit is None
    found.finish(1)
    assert found.to_commit == 2


@given(st.lists(st.integers(0, 60), unique=True, min_size=1), st.randoms(use_true_random=False))
def test_in_any_order_of_finishing_nothing_unfinished_lies_below_the_watermark(offsets: list[int], draw) -> None:
    offsets.sort()
    found, open_offsets = progress(offsets, []), set(offsets)
    order = offsets[:]
    draw.shuffle(order)
    for offset in order:
        found.finish(offset)
        open_offsets.discard(offset)
        assert all(found.watermark is None or other >= found.watermark for other in open_offsets)
    assert found.watermark == offsets[-1] + 1
