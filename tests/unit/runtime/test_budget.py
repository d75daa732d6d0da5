"""The budget for unexpected exceptions."""

import pytest

from answerable_runtime.budget import FailureCount
from answerable_runtime.errors import TooManyFailures
from answerable_runtime.routes import FailureBudget


def test_failures_in_a_row_beyond_the_budget_stop_the_service() -> None:
    count = FailureCount(FailureBudget(consecutive=2))
    count.failed()
    count.failed()
    with pytest.raises(TooManyFailures):
        count.failed()


def test_a_success_in_between_starts_the_row_anew() -> None:
    count = FailureCount(FailureBudget(consecutive=2))
    for _ in range(20):
        count.failed()
        count.failed()
        count.succeeded()


def test_too_large_a_share_of_failures_stops_the_service_once_the_window_is_full() -> None:
    count = FailureCount(FailureBudget(consecutive=100, ratio=0.5, window=10))
    for _ in range(4):
        count.succeeded()
        count.failed()
    count.failed()
    with pytest.raises(TooManyFailures):
        count.failed()
