"""`answerable demo`."""

from pathlib import Path
from typing import Annotated

import typer

from answerable_cli.commands.options import Json


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    data: Annotated[Path | None, typer.Option(help="Use this folder and keep it; default: a temporary one.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the temporary folder.")] = False,
    json: Json = False,
) -> None:
    """Ingest a made-up company's documents, ask as its people, explain, check the record. Exit 0: as expected."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.demo import run  # noqa: PLC0415 - slow

    raise typer.Exit(asyncio.run(run(data, keep=keep, as_json=json)))
