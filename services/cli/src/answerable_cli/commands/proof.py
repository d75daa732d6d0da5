"""What an auditor takes along, and how it is checked: `export`, `verify`, `keys`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from answerable_cli.commands.options import DATA, Data, Json

BUNDLE = Path("bundle.zip")

Keys = Annotated[list[str] | None, typer.Option(metavar="KEY", help="Verifier key that you trust; repeat it.")]


def register(app: typer.Typer) -> None:
    app.command()(export)
    app.command()(verify)
    app.command()(keys)


def export(  # noqa: PLR0917 - each is an option of the command
    requests: Annotated[list[str] | None, typer.Argument(metavar="[REQUEST]...", help="As `ask` prints it.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The zip to write.", dir_okay=False)] = Path(
        "bundle.zip"
    ),
    since: Annotated[datetime | None, typer.Option(help="All requests recorded since then, UTC.")] = None,
    tenant: Annotated[str | None, typer.Option(help="Only of this tenant.")] = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for a checkpoint over what is new.", min=0)] = 30,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Write requests with everything that proves them into one zip, for anyone to verify."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.exporting import Wanted, export_bundle  # noqa: PLC0415 - slow

    wanted = Wanted(tuple(requests or ()), since, tenant)
    asyncio.run(export_bundle(wanted, output, data, wait_s=wait, as_json=json))


def verify(  # noqa: PLR0917 - same
    bundle: Annotated[Path, typer.Argument(help="The zip that `export` wrote.", exists=True, dir_okay=False)],
    log_key: Keys = None,
    witness_key: Keys = None,
    witnessed: Annotated[
        list[Path] | None, typer.Option(metavar="NOTE_FILE", help="Checkpoint that a witness holds; repeat it.")
    ] = None,
    request: Annotated[str | None, typer.Option(metavar="ID", help="Only this request.")] = None,
    json: Json = False,
) -> None:
    """Check a bundle, offline. Exit 0 complete or erased, 1 edited, 3 missing, 4 not witnessed, 5 unreadable.

    `python verify.py BUNDLE` does the same without Answerable; the file lies in every bundle and in libs/trail.
    """
    from answerable_trail import verify as verifier  # noqa: PLC0415 - slow

    arguments = [str(bundle)]
    for option, values in (("--log-key", log_key), ("--witness-key", witness_key), ("--witnessed", witnessed)):
        for value in values or ():
            arguments += [option, str(value)]
    arguments += ["--request", request] if request else []
    arguments += ["--json"] if json else []
    raise typer.Exit(verifier.main(arguments))


def keys(data: Data = DATA, json: Json = False) -> None:
    """The keys by which the checkpoints of this installation can be verified: give them to your auditors."""
    from answerable_cli.exporting import show_keys  # noqa: PLC0415 - slow

    show_keys(data, as_json=json)
