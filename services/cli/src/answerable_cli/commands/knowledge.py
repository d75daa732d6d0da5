"""`answerable knowledge`: documents in, out, and who may read them."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from answerable_cli.commands.options import DATA, TENANT, Data, Json, Tenant

app = typer.Typer(help="Documents: add, list, withdraw, and who may read them.", no_args_is_help=True)
access = typer.Typer(help="Who may read a document.", no_args_is_help=True)
app.add_typer(access, name="access")

Readers = Annotated[
    list[str] | None,
    typer.Option("--readers", help="Who may read: GROUP, group:GROUP or user:NAME; repeat it, or separate by commas."),
]
Nobody = Annotated[bool, typer.Option("--nobody", help="On purpose: nobody may read.")]


@app.command()
def add(  # noqa: PLR0917 - each is an option of the command
    paths: Annotated[list[Path], typer.Argument(help="Files and folders; ids are the paths below a folder.")],
    readers: Readers = None,
    nobody: Nobody = False,
    owner: Annotated[str | None, typer.Option(help="Who answers for the documents.")] = None,
    valid_until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day on which they hold.")
    ] = None,
    manifest: Annotated[Path | None, typer.Option(help="TOML file with details by folder and file.")] = None,
    tenant: Annotated[str | None, typer.Option(help=f"Organisation; default: the manifest's, else {TENANT}.")] = None,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Submit files. Unchanged ones are skipped, changed ones become new versions. Exit 1 when any is rejected."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.adding import add_files, said_by_options  # noqa: PLC0415 - slow

    said = said_by_options(readers or [], nobody=nobody, owner=owner, valid_until=valid_until, manifest=manifest)
    raise typer.Exit(asyncio.run(add_files(paths, said, tenant or said.tenant or TENANT, data, as_json=json)))


@app.command(name="list")
def list_(tenant: Tenant = TENANT, data: Data = DATA, json: Json = False) -> None:
    """Every document: version, state, readers, owner."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.adding import show_documents  # noqa: PLC0415 - slow

    asyncio.run(show_documents(tenant, data, as_json=json))


@app.command()
def withdraw(
    document: Annotated[str, typer.Argument(help="Id, as `knowledge list` shows it.")],
    tenant: Tenant = TENANT,
    data: Data = DATA,
) -> None:
    """Take a document back: no answer rests on it from now on. The record of it stays."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.adding import withdraw_document  # noqa: PLC0415 - slow

    asyncio.run(withdraw_document(tenant, document, data))


@access.command(name="set")
def set_(
    document: Annotated[str, typer.Argument(help="Id, as `knowledge list` shows it.")],
    readers: Readers = None,
    nobody: Nobody = False,
    tenant: Tenant = TENANT,
    data: Data = DATA,
) -> None:
    """Give a document exactly these readers."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.adding import change_access, require_readers  # noqa: PLC0415 - slow

    asyncio.run(change_access(tenant, document, require_readers(readers or [], nobody=nobody), data))
