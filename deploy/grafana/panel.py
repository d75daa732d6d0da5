# ruff: noqa: INP001 - a script, not part of a package
"""What a panel is, and the two kinds that most of them are of."""

from dataclasses import dataclass

RATE = "[$__rate_interval]"


@dataclass(frozen=True)
class PromQl:
    expression: str
    legend: str = ""


@dataclass(frozen=True)
class Sql:
    """`over_time`: the first column is the time, text columns name the lines, numbers are their values."""

    statement: str
    over_time: bool = False


@dataclass(frozen=True)
class Panel:
    """`kind` is stat, timeseries or table; width in 24ths; `limits` are (from value, colour)."""

    title: str
    description: str
    queries: tuple[PromQl | Sql, ...]
    kind: str = "timeseries"
    unit: str = "short"
    width: int = 8
    limits: tuple[tuple[float, str], ...] = ()
    bars: bool = False


@dataclass(frozen=True)
class Row:
    title: str
    panels: tuple[Panel, ...]


def quantile(level: float, histogram: str, *labels: str) -> str:
    """Quantile of a histogram of seconds by labels."""
    by = ", ".join([*labels, "le"])
    return f"histogram_quantile({level}, sum by ({by}) (rate({histogram}_bucket{RATE})))"


def stat(title: str, expression: str, description: str, *, unit: str = "short", **limits: float) -> Panel:
    """One number; `limits` gives colours their lowest value."""
    colours = tuple((value, colour) for colour, value in limits.items())
    return Panel(title, description, (PromQl(expression),), "stat", unit, width=3, limits=colours)
