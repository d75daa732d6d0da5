"""What `sql`, `query` and `audit check` do."""

import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Literal

from answerable_cli.addresses import locate
from answerable_cli.completeness import Completeness
from answerable_cli.completeness import check as check_completeness
from answerable_cli.deepness import log_keys, recompute
from answerable_cli.errors import FAILURE, UsageRefused
from answerable_cli.output import console, note, print_json, print_table
from answerable_cli.parquet import write_parquet
from answerable_trail.completeness import of_conflict, of_hole, totals
from answerable_trail.queries import named_queries
from answerable_trail.rows import Table

Format = Literal["table", "json", "csv"] | Path
"""How a result is shown; a path: written there as Parquet."""


async def run_sql(statement: str, data: Path, form: Format) -> None:
    """Raises QueryInvalid with ClickHouse's own words."""
    async with locate(data).trail() as trail:
        print_result(await trail.query(statement), form)


async def run_named(name: str, given: Mapping[str, str], data: Path, form: Format) -> None:
    """Raises QueryUnknown."""
    async with locate(data).trail() as trail:
        print_result(await trail.named_query(name, parameters=given), form)


def show_queries(*, as_json: bool) -> None:
    queries = named_queries()
    if as_json:
        print_json([asdict(query) for query in queries])
        return
    rows = [
        (query.name, query.answers, ", ".join(f"{p.name}={p.default or '?'} ({p.meaning})" for p in query.parameters))
        for query in queries
    ]
    print_table(("name", "answers", "parameters"), rows)


def parameters(pairs: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE pairs.

    Raises:
        UsageRefused: one is not a pair.
    """
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageRefused(f"{pair} is not NAME=VALUE")
        found[name] = value
    return found


async def check_record(data: Path, *, as_json: bool, deep: bool) -> int:
    """`audit check`; the exit status."""
    addresses = locate(data)
    async with addresses.trail() as trail, addresses.client() as client:
        found = await check_completeness(client, trail)
        if deep:
            found = replace(found.with_problems(await recompute(trail, log_keys(data))), deep=True)
    if as_json:
        print_json(found.as_json())
    else:
        _print_completeness(found)
    return 0 if found.complete else FAILURE


def print_result(table: Table, form: Format) -> None:
    """JSON is a list of objects; CSV has a header."""
    if isinstance(form, Path):
        write_parquet(table, form)
        note(f"{len(table.rows)} rows in {form}")
    elif form == "json":
        print_json([dict(zip(table.columns, row, strict=True)) for row in table.rows])
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(table.columns)
        writer.writerows(table.rows)
    else:
        print_table(table.columns, table.rows)


def _print_completeness(found: Completeness) -> None:
    problems = [*map(of_hole, found.holes), *map(of_conflict, found.conflicts), *found.problems]
    for problem in problems:
        console().print(str(problem), highlight=False, markup=False)
    for (topic, partition), records in found.behind.items():
        console().print(f"not recorded yet: {records} at the end of {topic}/{partition}", highlight=False)
    others = totals(found.problems)
    if any(others.values()):
        counted = ", ".join(f"{count} {kind}" for kind, count in others.items() if count)
        console().print(f"other problems: {counted}", highlight=False)
    console().print(
        f"{found.records} records in the log, {found.rows} rows in the trace, {found.missing} missing, "
        f"{len(found.conflicts)} with two contents: {'complete' if found.complete else 'NOT complete'}",
        highlight=False,
    )
