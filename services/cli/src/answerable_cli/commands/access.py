"""`answerable access`: who may read what, and why."""

from typing import Annotated

import typer

from answerable_cli.commands.options import DATA, TENANT, Data, Json, Tenant

app = typer.Typer(help="Who may read what, and why.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Who may read what, and why."""


@app.command()
def explain(  # noqa: PLR0917 - each is an option of the command
    user: Annotated[str, typer.Argument(help="Name of the person, as their token says it.")],
    document: Annotated[str, typer.Argument(help="Id, as `knowledge list` shows it.")],
    groups: Annotated[str, typer.Option("--groups", help="Groups that their token names: a,b.")] = "",
    at: Annotated[
        str | None, typer.Option("--at", help="Snapshot, as `answerable explain` shows it; default: the newest.")
    ] = None,
    tenant: Tenant = TENANT,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """May this person read this document, and by what? Asks the index itself. For operators.

    Exit 0: they may; 1: they may not, or there is no such document; 2: it cannot be told.
    """
    from answerable_cli.accessing import Asked, explain_access  # noqa: PLC0415 - slow

    asked = Asked(tenant, user, tuple(filter(None, map(str.strip, groups.split(",")))), document, at)
    raise typer.Exit(explain_access(asked, data, as_json=json))
