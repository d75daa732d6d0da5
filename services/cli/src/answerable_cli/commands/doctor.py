"""`answerable doctor`."""

import typer

from answerable_cli.commands.options import DATA, Data, Json


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(data: Data = DATA, json: Json = False) -> None:
    """What this machine has, what runs, and what answers. Exit 1 when something needed is missing."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.doctor import examine  # noqa: PLC0415 - slow

    raise typer.Exit(asyncio.run(examine(data, as_json=json)))
