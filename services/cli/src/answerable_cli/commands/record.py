"""Looking into the record: `sql`, `query`, `audit check`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from answerable_cli.commands.options import DATA, Data, Json

query = typer.Typer(help="Questions that people ask of the record, ready to run.", no_args_is_help=True)
audit = typer.Typer(help="Is the record complete?", no_args_is_help=True)


Csv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
Parquet = Annotated[
    Path | None, typer.Option("--parquet", help="Write a Parquet file instead of printing.", dir_okay=False)
]


def register(app: typer.Typer) -> None:
    app.command()(sql)
    app.add_typer(query, name="query")
    app.add_typer(audit, name="audit")


def sql(
    statement: Annotated[
        str, typer.Argument(help="For example: SELECT outcome, count() FROM trace.answers GROUP BY 1")
    ],
    data: Data = DATA,
    json: Json = False,
    csv: Csv = False,
    parquet: Parquet = None,
) -> None:
    """Ask the record in SQL, as an analyst who cannot change it."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.analysis import run_sql  # noqa: PLC0415 - slow

    asyncio.run(run_sql(statement, data, _format(json, csv, parquet)))


@query.command(name="list")
def list_(json: Json = False) -> None:
    """The named queries and their parameters."""
    from answerable_cli.analysis import show_queries  # noqa: PLC0415 - slow

    show_queries(as_json=json)


@query.command(name="run")
def run_(  # noqa: PLR0917 - each is an option of the command
    name: Annotated[str, typer.Argument(help="As `query list` shows it.")],
    param: Annotated[list[str] | None, typer.Option(help="NAME=VALUE; repeat it.")] = None,
    data: Data = DATA,
    json: Json = False,
    csv: Csv = False,
    parquet: Parquet = None,
) -> None:
    """Run a named query."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.analysis import parameters, run_named  # noqa: PLC0415 - slow

    asyncio.run(run_named(name, parameters(param or []), data, _format(json, csv, parquet)))


@audit.command()
def check(
    data: Data = DATA,
    json: Json = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="Compute every hash, every root and every signature again as well.")
    ] = False,
) -> None:
    """Compare the log with the record, and the record with itself. Exit 1 when anything is missing or not as sealed."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.analysis import check_record  # noqa: PLC0415 - slow

    raise typer.Exit(asyncio.run(check_record(data, as_json=json, deep=deep)))


def _format(json: bool, csv: bool, parquet: Path | None) -> Literal["table", "json", "csv"] | Path:
    if json + csv + (parquet is not None) > 1:
        raise typer.BadParameter("--json, --csv and --parquet contradict each other")
    return parquet or ("json" if json else "csv" if csv else "table")
