"""python -m tests.proof [--quick] [--seed N]: falsify, crash, erase, interleave; a table, and build/proof.json."""

import argparse
import asyncio
import logging
import sys
import time
from datetime import UTC, datetime

from answerable_cli.output import console, print_table
from answerable_cli.results import Figure, write
from answerable_runtime.logs import configure
from tests.proof import crashing, interleaving, mutating
from tests.proof.erasing import erase_while_traffic_runs

NAME = "proof"


def main() -> int:
    options = _options()
    configure("critical")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    started, begun = datetime.now(UTC), time.monotonic()
    figures = asyncio.run(_measure(quick=options.quick, seed=options.seed))
    print_table(
        ("figure", "value", "unit", "aim", ""),
        [
            (name.replace("_", " "), one.value, one.unit, one.aim or "", "" if one.met else "MISSED")
            for name, one in figures.items()
        ],
    )
    if options.quick:
        console().print("A quick run shows that the checks work; nothing is written.")
        return 0 if all(figure.met for figure in figures.values()) else 1
    passed = write(NAME, started, time.monotonic() - begun, figures)
    console().print(
        f"proof: {'passed' if passed else 'FAILED'} - build/{NAME}.json, seed {options.seed}", highlight=False
    )
    return 0 if passed else 1


async def _measure(*, quick: bool, seed: int) -> dict[str, Figure]:
    bundles = await asyncio.to_thread(mutating.falsify_bundles, 200 if quick else 10_000, seed)
    live = await mutating.falsify_live(18 if quick else 180, seed)
    crashed = await crashing.crash_everywhere(list(crashing.STEPS)[:: 4 if quick else 1])
    erased = await erase_while_traffic_runs(20 if quick else 200, 2 if quick else 20)
    told = await interleaving.interleave(5 if quick else 150, seed)
    for name in (*bundles.missed, *live.missed):
        console().print(f"wrong about: {name}", style="red")
    for step in crashed.not_reached:
        console().print(f"never died at: {step}", style="red")
    for story in told.broken:
        console().print(f"does not hold: {story}", style="red")
    mutants = bundles.mutants + live.mutants
    return {
        "mutants": Figure(mutants, "falsified records", aim=f">= {200 if quick else 10_000}"),
        "mutants_live": Figure(live.mutants, "of them in ClickHouse"),
        "detected": Figure(bundles.detected + live.detected, "falsified records", aim=f"== {mutants}"),
        "false_alarms": Figure(bundles.false_alarms + live.false_alarms, "untouched records", aim="== 0"),
        "verifiers_disagree": Figure(bundles.verifiers_disagree, "bundles", aim="== 0"),
        "crash_points": Figure(crashed.crash_points, "steps", aim=f">= {4 if quick else len(crashing.STEPS)}"),
        "forks": Figure(crashed.forks, "checkpoints", aim="== 0"),
        "gaps": Figure(crashed.gaps, "leaves", aim="== 0"),
        "double_releases": Figure(crashed.double_releases, "outcomes", aim="== 0"),
        "lost": Figure(crashed.lost, "outcomes", aim="== 0"),
        "erased": Figure(erased["erased"], "subjects", aim=f"== {2 if quick else 20}"),
        "residues": Figure(erased["residues"], "places", aim="== 0"),
        "proofs_broken": Figure(erased["proofs_broken"], "requests", aim="== 0"),
        "interleavings": Figure(told.interleavings, f"stories of {told.steps} steps", aim=f">= {5 if quick else 150}"),
        "interleavings_broken": Figure(len(told.broken), "stories", aim="== 0"),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that everything runs")
    parser.add_argument("--seed", type=int, default=20261124, help="of the falsifications")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
