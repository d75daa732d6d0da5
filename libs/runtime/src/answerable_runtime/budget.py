"""The budget for unexpected exceptions: a few bad messages become dead letters, a broken release stops the service."""

from collections import deque

from answerable_runtime.errors import TooManyFailures
from answerable_runtime.routes import FailureBudget


class FailureCount:
    """Counts one route's messages against its budget."""

    def __init__(self, budget: FailureBudget) -> None:
        self._budget = budget
        self._newest: deque[bool] = deque(maxlen=budget.window)
        self._consecutive = 0

    def succeeded(self) -> None:
        self._newest.append(False)
        self._consecutive = 0

    def failed(self) -> None:
        """Note an unexpected exception.

        Raises:
            TooManyFailures: this one is over the budget; its message must stay uncommitted.
        """
        self._newest.append(True)
        self._consecutive += 1
        if self._consecutive > self._budget.consecutive:
            raise TooManyFailures(f"{self._consecutive} unexpected exceptions in a row")
        full = len(self._newest) == self._budget.window
        if full and sum(self._newest) > self._budget.ratio * self._budget.window:
            raise TooManyFailures(f"{sum(self._newest)} unexpected exceptions among {self._budget.window} messages")
