"""What a benchmark returns: named figures, and what a reader must know to compare them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from answerable_cli.results import Figure


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures by name; `note` says how they were measured, `details` what lies behind them."""

    figures: Mapping[str, Figure]
    note: str
    details: Mapping[str, object] = field(default_factory=dict)


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


def beside(measured: Sequence[float], baseline: Sequence[float], unit: str, aim: str) -> Figure:
    """Medians of two series that were measured in turns, and their ratio."""
    value, other = median(measured), median(baseline)
    return Figure(rounded(value), unit, aim, rounded(other), round(value / other, 3))


def rounded(value: float) -> float:
    return round(value) if abs(value) >= 1000 else round(value, 2)
