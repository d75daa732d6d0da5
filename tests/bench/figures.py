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
    """Medians of two series that were measured in turns; the ratio is the median of the ratios of each turn."""
    ratio = median(one / other for one, other in zip(measured, baseline, strict=True))
    return Figure(rounded(median(measured)), unit, aim, rounded(median(baseline)), round(ratio, 3))


def rounded(value: float) -> float:
    return round(value) if abs(value) >= 1000 else round(value, 2)
