"""python -m tests.access [--quick] [--seed N] [--planted DEFECT]: does anything come out to whom it must not?

Random organisations with nested groups, denials, revocations, new versions, withdrawals and a second organisation with
the same names; an oracle of twenty lines says who may read what. Shows a table, writes build/access.json.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from answerable_cli.output import console, note, print_table
from answerable_cli.results import Figure, write
from answerable_runtime.logs import configure
from tests.access import flowing, searching
from tests.access.findings import Findings
from tests.access.latency import measure_revocations
from tests.access.matrix import try_matrix
from tests.access.planted import DEFECTS, plant

NAME = "access"


@dataclass(frozen=True)
class Scale:
    """How much is tried."""

    searches: searching.Size
    services: flowing.Size
    revocations: int
    triples: int


FULL = Scale(searching.Size(), flowing.Size(), 60, 100_000)
QUICK = Scale(
    searching.Size(organisations=2, documents=10, people=3, groups=5, rounds=2, changes=10, targets=2),
    flowing.Size(documents=5, people=4, groups=5, rounds=1, changes=8),
    4,
    1_000,
)


def main() -> int:
    options = _options()
    configure("critical")
    started, begun = datetime.now(UTC), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, plant(options.planted):
        figures = asyncio.run(_measure(Path(folder), options.seed, QUICK if options.quick else FULL))
    print_table(
        ("figure", "value", "unit", "aim", ""),
        [
            (name.replace("_", " "), one.value, one.unit, one.aim or "", "" if one.met else "MISSED")
            for name, one in figures.items()
        ],
    )
    if options.quick or options.planted:
        console().print("A quick or a planted run shows that the trial works; nothing is written.")
        return 0 if all(figure.met for figure in figures.values()) else 1
    passed = write(NAME, started, time.monotonic() - begun, figures)
    console().print(f"access: {'passed' if passed else 'FAILED'} - build/{NAME}.json, seed {options.seed}")
    return 0 if passed else 1


async def _measure(folder: Path, seed: int, scale: Scale) -> dict[str, Figure]:
    findings = Findings()
    note("asking the index")
    await asyncio.to_thread(searching.try_searching, folder / "searching", seed, scale.searches, findings)
    note("asking the services while rights change")
    verdicts = await flowing.try_services(folder / "flowing", seed, scale.services, findings)
    note("asking at the gateway")
    cells = await try_matrix(folder / "matrix")
    note("timing revocations")
    revocations = await measure_revocations(folder / "latency", scale.revocations)
    _print_ways("LEAKS", findings.leaks)
    _print_ways("HIDDEN from those who may read it", findings.hidden)
    for cell in cells.wrong:
        console().print(f"wrong: {cell}", style="red", highlight=False)
    return {
        "triples": Figure(findings.triples, "person, document, question", aim=f">= {scale.triples}"),
        "leaks": Figure(findings.leaks.total(), "times", aim="== 0"),
        "hidden": Figure(findings.hidden.total(), "times", aim="== 0"),
        "searches": Figure(findings.searches, "searches"),
        "explained": Figure(findings.explained, "person, document"),
        "drafts_decided": Figure(verdicts.decided, "drafts"),
        "drafts_released": Figure(verdicts.released, "of them", aim="> 0"),
        "revoked_in_flight": Figure(verdicts.revoked, "of them", aim="> 0"),
        "released_after_revocation": Figure(verdicts.released_after_revocation, "of them", aim="== 0"),
        "false_alarms": Figure(verdicts.false_alarms, "withheld without need", aim="== 0"),
        "matrix_cells": Figure(cells.tried, "person, endpoint", aim=">= 193"),
        "matrix_wrong": Figure(len(cells.wrong), "of them", aim="== 0"),
        "revocations": Figure(len(revocations.took), "timed", aim=f"== {scale.revocations}"),
        "revocation_p50_s": Figure(round(revocations.quantile(0.5), 3), "s"),
        "revocation_p99_s": Figure(round(revocations.quantile(0.99), 3), "s", aim="<= 60"),
    }


def _print_ways(title: str, counted: Counter[str]) -> None:
    for way, times in sorted(counted.items()):
        if times:
            console().print(f"{title}: {way}, {times} times", style="red", highlight=False)


def _options() -> argparse.Namespace:
    summary, _, description = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(prog="python -m tests.access", description=summary, epilog=description)
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that everything runs")
    parser.add_argument("--seed", type=int, default=20261125, help="of the organisations")
    parser.add_argument("--planted", choices=sorted(DEFECTS), help="with this defect, which has to be found")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
