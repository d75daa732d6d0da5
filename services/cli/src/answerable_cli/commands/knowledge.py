"""`answerable knowledge`: documents in, out, and who may read them."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from answerable_cli.commands import sources
from answerable_cli.commands.options import DATA, TENANT, Data, Json, Tenant
from answerable_cli.commands.sources import DryRun, Readers

app = typer.Typer(help="Documents: add, list, withdraw, and who may read them.", no_args_is_help=True)
access = typer.Typer(help="Who may read a document.", no_args_is_help=True)
app.add_typer(access, name="access")
sources.register(app)

Nobody = Annotated[bool, typer.Option("--nobody", help="On purpose: nobody may read.")]


@app.command()
def add(  # noqa: PLR0917 - each is an option of the command
    places: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE...", help="Files, folders, mailboxes, URLs; ids are the paths below them."),
    ],
    readers: Readers = None,
    nobody: Nobody = False,
    owner: Annotated[str | None, typer.Option(help="Who answers for the documents.")] = None,
    valid_until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day on which they hold.")
    ] = None,
    manifest: Annotated[Path | None, typer.Option(help="TOML file with details by folder and file.")] = None,
    dry_run: DryRun = False,
    tenant: Annotated[str | None, typer.Option(help=f"Organisation; default: the manifest's, else {TENANT}.")] = None,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Submit files. Unchanged ones are skipped, changed ones become new versions. Exit 1 when any is not taken.

    What .answerable-rules.toml files in the folders say of readers goes before --readers.
    """
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.adding import add_sources, refuse_contradiction, said_by_options  # noqa: PLC0415 - slow
    from answerable_cli.syncing import Wish  # noqa: PLC0415

    refuse_contradiction(readers or [], nobody=nobody)
    said = said_by_options(readers or [], owner=owner, valid_until=valid_until, manifest=manifest)
    wish = Wish(tenant or said.tenant or TENANT, again=True, dry_run=dry_run)
    raise typer.Exit(asyncio.run(add_sources(places, said, wish, data, bare=nobody, as_json=json)))


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


@app.command()
def quality(  # noqa: PLR0917 - each is an option of the command
    collection: Annotated[str | None, typer.Option(help="Only what is of this source.")] = None,
    worst: Annotated[int, typer.Option(min=0, help="So many of the worst documents.")] = 20,
    fail_under: Annotated[
        float | None, typer.Option(min=0, max=1, metavar="SCORE", help="Exit 1 when the quality is below it.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as one page, to read or print.", dir_okay=False)
    ] = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="Write the findings to the index, where others are held.")
    ] = False,
    tenant: Tenant = TENANT,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """What speaks against the documents: stale, duplicate, contradicting, garbled, ownerless. What to do about it.

    Compares every document with every other, from the index itself. Exit 1: the quality is below --fail-under.
    """
    from answerable_cli.assessing import Wanted, show_quality  # noqa: PLC0415 - slow
    from answerable_cli.assessment import Scope  # noqa: PLC0415

    wanted = Wanted(fail_under, as_json=json, html=html, renew=renew)
    raise typer.Exit(show_quality(Scope(tenant, collection, worst), wanted, data))


@access.command(name="set")
def set_(  # noqa: PLR0917 - each is an option of the command
    document: Annotated[str, typer.Argument(help="Id, as `knowledge list` shows it.")],
    readers: Readers = None,
    nobody: Nobody = False,
    denied: Annotated[list[str] | None, typer.Option(help="Who may not, whatever --readers says.")] = None,
    tenant: Tenant = TENANT,
    data: Data = DATA,
) -> None:
    """Give a document exactly these readers. A `sync` gives it again what the rules of its source say."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.adding import change_access, require_readers  # noqa: PLC0415 - slow
    from answerable_cli.rules import Details, as_readers  # noqa: PLC0415

    access = Details(require_readers(readers or [], nobody=nobody), as_readers(denied or []))
    asyncio.run(change_access(tenant, document, access, data))
