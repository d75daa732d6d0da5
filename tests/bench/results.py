"""The table on screen, and build/bench.json with notes beside the figures."""

import json
import os
from collections.abc import Mapping
from datetime import datetime

from rich.console import Console
from rich.table import Table

from answerable_cli import results
from answerable_cli.results import Figure
from answerable_cli.servers import clickhouse, kafka, tansu, valkey
from tests.bench.figures import Measured
from tests.bench.servers import best_broker

NAME = "bench"


def write(measured: Mapping[str, Measured], *, started: datetime, seconds: float, load_before: float) -> bool:
    """Write the result in the form of all long checks, with `notes`; whether every aim is met."""
    passed = results.write(NAME, started, seconds, figures_of(measured))
    file = results.BUILD / f"{NAME}.json"
    whole = json.loads(file.read_text("utf-8"))
    whole["notes"] = {
        "broker": {"kafka": f"Kafka {kafka.VERSION}", "tansu": f"Tansu {tansu.VERSION}"}[best_broker()],
        "embedded": f"Tansu {tansu.VERSION}, ClickHouse engine {clickhouse.VERSION}, Valkey {valkey.VERSION}",
        "load_average_before": round(load_before, 2),
        "load_average_after": round(os.getloadavg()[0], 2),
        **{name: {"how": each.note, **each.details} for name, each in measured.items()},
    }
    file.write_text(json.dumps(whole, indent=2) + "\n", "utf-8")
    return passed


def figures_of(measured: Mapping[str, Measured]) -> dict[str, Figure]:
    return {name: figure for each in measured.values() for name, figure in each.figures.items()}


def show(console: Console, measured: Mapping[str, Measured], *, judged: bool) -> None:
    table = Table(title="Benchmarks", title_justify="left")
    table.add_column("figure")
    for name in ("value", "baseline", "ratio"):
        table.add_column(name, justify="right")
    table.add_column("aim")
    for name, figure in figures_of(measured).items():
        met = "[green]met[/]" if figure.met else "[red]missed[/]"
        table.add_row(
            name,
            f"{figure.value:,} {figure.unit}",
            "" if figure.baseline is None else f"{figure.baseline:,}",
            "" if figure.ratio is None else f"{figure.ratio:.2f}",
            f"{figure.aim} {met if judged else ''}" if figure.aim else "",
        )
    console.print(table)
    for name, each in measured.items():
        console.print(f"{name}: {each.note}", markup=False, highlight=False, soft_wrap=True)
