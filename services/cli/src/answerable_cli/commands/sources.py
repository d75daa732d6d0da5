"""`answerable knowledge sync` and `groups`: documents in step with where they are kept, and who is in which group."""

from pathlib import Path
from typing import Annotated

import typer

from answerable_cli.commands.options import DATA, TENANT, Data, Json, Tenant

_SQL = "A database instead of SOURCE"

Readers = Annotated[
    list[str] | None,
    typer.Option("--readers", help="Who may read: GROUP, group:GROUP or user:NAME; repeat it, or separate by commas."),
]
Again = Annotated[bool, typer.Option("--again", help="Send once more what was rejected or withdrawn.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]

groups = typer.Typer(help="Who is in which group.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.command()(sync)
    app.add_typer(groups, name="groups")


def sync(  # noqa: PLR0917 - each is an option of the command
    source: Annotated[
        str | None, typer.Argument(help="A folder, a mailbox file (mbox), or a URL such as s3://bucket/path.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Ids begin with it; default: the last part of SOURCE.")] = None,
    readers: Readers = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for the documents.")] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Withdraw what is gone from the source.")] = False,
    force: Annotated[bool, typer.Option("--force", help="With --delete: even if that is most of it.")] = False,
    again: Again = False,
    full: Annotated[bool, typer.Option("--full", help="Read all of it again, whatever is remembered.")] = False,
    moved: Annotated[bool, typer.Option("--moved", help="The source of this name is at a new place.")] = False,
    dry_run: DryRun = False,
    sql: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="As SQLAlchemy writes it; env:NAME takes it from a variable.", rich_help_panel=_SQL
        ),
    ] = None,
    query: Annotated[
        str | None,
        typer.Option(
            help="SELECT. Columns readers, denied, owner, title, valid_from, valid_until, review_by, supersedes, "
            "encoding, filename say of a document what their names mean.",
            rich_help_panel=_SQL,
        ),
    ] = None,
    id_column: Annotated[str, typer.Option(help="Names the document.", rich_help_panel=_SQL)] = "id",
    text_columns: Annotated[
        str | None, typer.Option(help="Text, one below the other; by commas.", rich_help_panel=_SQL)
    ] = None,
    content_column: Annotated[str, typer.Option(help="A text, or a file as bytes.", rich_help_panel=_SQL)] = "content",
    watermark: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Rises with every change: only rows from it on.", rich_help_panel=_SQL),
    ] = None,
    tenant: Tenant = TENANT,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Keep documents in step with a source: what is new or changed is sent, and only that.

    Who may read stands in .answerable-rules.toml files in the folders, in a column of the query, or in --readers;
    where nothing is said nobody may. Exit 1 when something was not taken.
    """
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli import sync as syncing  # noqa: PLC0415 - slow
    from answerable_cli.errors import UsageRefused  # noqa: PLC0415
    from answerable_cli.rules import Details, as_readers  # noqa: PLC0415
    from answerable_cli.sources.table import Query, database_url  # noqa: PLC0415
    from answerable_cli.syncing import Wish  # noqa: PLC0415

    if (source is None) == (sql is None) or (sql is None) != (query is None):
        raise UsageRefused("name one SOURCE, or --sql and --query")
    texts = tuple(part.strip() for part in (text_columns or "").split(",") if part.strip())
    table = Query(database_url(sql), query, id_column, texts, content_column, watermark) if sql and query else None
    asked = syncing.Asked(
        source,
        table,
        name,
        Details(as_readers(readers or []), owner=owner),
        Wish(tenant, again=again, dry_run=dry_run),
        delete=delete,
        force=force,
        full=full,
        moved=moved,
    )
    raise typer.Exit(asyncio.run(syncing.sync(asked, data, as_json=json)))


@groups.command(name="apply")
def apply_(  # noqa: PLR0917 - each is an option of the command
    file: Annotated[Path, typer.Argument(help="TOML: [groups] with NAME = [members]; or CSV: group,member.")],
    delete: Annotated[bool, typer.Option("--delete", help="Empty the groups that FILE does not name.")] = False,
    dry_run: DryRun = False,
    tenant: Tenant = TENANT,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Give groups the members that a file names; a member is user:NAME or group:NAME."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli import groups as membership  # noqa: PLC0415 - slow

    wanted = membership.read_groups_file(file)
    asyncio.run(membership.apply(wanted, tenant, data, delete=delete, dry_run=dry_run, as_json=json))


@groups.command(name="set")
def set_(
    group: Annotated[str, typer.Argument(help="Name of the group.")],
    members: Annotated[
        list[str] | None, typer.Argument(help="user:NAME or group:NAME; none: it becomes empty.")
    ] = None,
    tenant: Tenant = TENANT,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Give a group exactly these members."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli import groups as membership  # noqa: PLC0415 - slow

    wanted = {membership.group_name(group): membership.as_members(members or [])}
    asyncio.run(membership.apply(wanted, tenant, data, delete=False, dry_run=False, as_json=json))


@groups.command(name="list")
def list_(tenant: Tenant = TENANT, data: Data = DATA, json: Json = False) -> None:
    """Every group that was set, and its members. Groups that only tokens name are not among them."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli import groups as membership  # noqa: PLC0415 - slow

    asyncio.run(membership.show(tenant, data, as_json=json))
