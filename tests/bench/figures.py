"""What a benchmark returns: figures, each with the baseline of the same run and the aim that it is judged by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True, slots=True)
class Aim:
    """A bound, on the ratio to the baseline where there is one, else on the value."""

    at_least: float | None = None
    at_most: float | None = None

    def met(self, number: float) -> bool:
        low = self.at_least is None or number >= self.at_least
        return low and (self.at_most is None or number <= self.at_most)

    def __str__(self) -> str:
        bounds = ((">=", self.at_least), ("<=", self.at_most))
        return " and ".join(f"{sign} {bound:g}" for sign, bound in bounds if bound is not None)


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured number; `note` says what a reader must know to compare it."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    aim: Aim | None = None
    note: str = ""
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        return None if self.baseline is None else self.value / self.baseline

    @property
    def passed(self) -> bool | None:
        """Whether the aim is met; None without one."""
        if self.aim is None:
            return None
        return self.aim.met(self.value if self.ratio is None else self.ratio)


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a run is. Aims are judged at full scale only."""

    quick: bool = False

    def of(self, full: int, quick: int) -> int:
        return quick if self.quick else full


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def paired(measured: Sequence[float], beside: Sequence[float]) -> tuple[float, float]:
    """Medians of two series that were measured in turns."""
    return median(measured), median(beside)
