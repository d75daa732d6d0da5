"""Results of the long checks (`make demo`, `make chaos`, `make bench`): one form for all, written to build/NAME.json.

Whether a check passed is computed from the aims of its figures; nobody writes it by hand.
"""

import json
import operator
import os
import platform
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

BUILD = Path("build")

_COMPARISONS = {"<=": operator.le, ">=": operator.ge, "==": operator.eq, "<": operator.lt, ">": operator.gt}
_AIM = re.compile(r"(ratio )?(<=|>=|==|<|>) (-?\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit, and what it should be: `aim` reads "<= 60", "== 0" or "ratio >= 0.7".

    A ratio is `value` to `baseline` of the same run, unless it is given.
    """

    value: float
    unit: str
    aim: str | None = None
    baseline: float | None = None
    ratio: float | None = None

    def __post_init__(self) -> None:
        if self.aim is not None and _AIM.fullmatch(self.aim) is None:
            raise ValueError(f"an aim reads like '<= 60' or 'ratio >= 0.7', not {self.aim!r}")
        if self.ratio is None and self.baseline:
            object.__setattr__(self, "ratio", self.value / self.baseline)

    @property
    def met(self) -> bool:
        """Whether the aim is met; without one there is nothing to miss. What is not a number meets no aim."""
        if self.aim is None:
            return True
        match = _AIM.fullmatch(self.aim)
        assert match is not None
        of_ratio, comparison, bound = match.groups()
        number = self.ratio if of_ratio else self.value
        return number is not None and bool(_COMPARISONS[comparison](number, float(bound)))

    def as_json(self) -> dict[str, Any]:
        fields = {
            "value": self.value,
            "unit": self.unit,
            "baseline": self.baseline,
            "ratio": self.ratio,
            "aim": self.aim,
        }
        return {name: value for name, value in fields.items() if value is not None}


def passed(figures: Mapping[str, Figure]) -> bool:
    """Whether every aim is met; a check that measured nothing has not passed."""
    return bool(figures) and all(figure.met for figure in figures.values())


def write(name: str, started: datetime, seconds: float, figures: Mapping[str, Figure], folder: Path = BUILD) -> bool:
    """Write the result of a check that began at `started` to `folder`/NAME.json; returns whether it passed."""
    result = {
        "name": name,
        "passed": passed(figures),
        "commit": _commit(),
        "machine": _machine(),
        "started": started.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "seconds": round(seconds, 1),
        "figures": {key: figure.as_json() for key, figure in figures.items()},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    return passed(figures)


def _commit() -> str | None:
    """Of the checkout that we run in, `-dirty` when it has changes; None outside one."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - a fixed command
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip() or None


def _machine() -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
