"""python -m tests.bench [--quick] [NAME...]: measure, show a table, write build/bench.json."""

import argparse
import asyncio
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from rich.console import Console

from answerable_runtime.logs import configure
from tests.bench import (
    answering,
    audit_ingest,
    completeness,
    explaining,
    footprint,
    hop,
    record,
    results,
    retrieval,
    syncing,
    window,
)
from tests.bench.figures import Measured, Scale

BENCHMARKS: Mapping[str, Callable[[Scale], Awaitable[Measured]]] = {
    "audit_ingest": audit_ingest.measure,
    "record": record.measure,
    "completeness": completeness.measure,
    "hop": hop.measure,
    "window": window.measure,
    "added_latency": answering.measure_latency,
    "questions_per_second": answering.measure_throughput,
    "explain": explaining.measure,
    "retrieval": retrieval.measure,
    "sync": syncing.measure,
    "at_rest": footprint.measure,
    "explain_large": explaining.measure_large,
}

ASKED_FOR = ("explain_large",)
"""Longer than all others together: measured when they are named."""


def main() -> int:
    options = _options()
    console, load = Console(), os.getloadavg()[0]
    configure("critical")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a broker that starts is retried; what fails is raised
    started, begun = datetime.now(UTC), time.perf_counter()
    measured: dict[str, Measured] = {}
    for name in options.names or [each for each in BENCHMARKS if each not in ASKED_FOR]:
        with console.status(f"measuring {name}"):
            measured[name] = asyncio.run(_measure(name, Scale(quick=options.quick)))
    results.show(console, measured, judged=not options.quick)
    if options.quick:
        console.print("A quick run shows that the benchmarks work: no aim is judged, nothing is written.")
        return 0
    if options.names:
        console.print("Some of the benchmarks only: nothing is written, a part must not pass for the whole.")
        return 0 if all(figure.met for figure in results.figures_of(measured).values()) else 1
    seconds = time.perf_counter() - begun
    passed = results.write(measured, started=started, seconds=seconds, load_before=load)
    console.print(f"build/{results.NAME}.json, {seconds:.0f} s, load average before {load:.1f}")
    return 0 if passed else 1


async def _measure(name: str, scale: Scale) -> Measured:
    return await BENCHMARKS[name](scale)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    names = f"one of {', '.join(BENCHMARKS)}; all but {', '.join(ASKED_FOR)} by default"
    parser.add_argument("names", nargs="*", metavar="NAME", help=names)
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that everything runs")
    options = parser.parse_args()
    if unknown := set(options.names) - BENCHMARKS.keys():
        parser.error(f"no benchmark {', '.join(sorted(unknown))}: there are {', '.join(BENCHMARKS)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
