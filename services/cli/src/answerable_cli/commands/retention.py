"""How long requests are kept: `retention`."""

from typing import Annotated

import typer

from answerable_cli.commands.options import DATA, Data, Json

app = typer.Typer(
    help="How long requests are kept, and what must be kept. Needs the ClickHouse user who may write, but for `show`.",
    no_args_is_help=True,
)

By = Annotated[str, typer.Option("--by", help="Who decided.")]
Why = Annotated[str, typer.Option("--reason", help="Why.")]
Subject = Annotated[str, typer.Argument(metavar="TENANT|REQUEST", help="All of a tenant, or one request.")]


@app.command()
def show(data: Data = DATA, json: Json = False) -> None:
    """Days of every tenant, and legal holds; with --json also every decision that was ever made."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.keeping import show_retention  # noqa: PLC0415 - slow

    asyncio.run(show_retention(data, as_json=json))


@app.command(name="set")
def set_(
    tenant: Annotated[str, typer.Argument(help="Whose requests.")],
    days: Annotated[int, typer.Argument(help="Days after the newest record of a request.")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="Why; needed below 183 days.")] = "",
    data: Data = DATA,
) -> None:
    """Keep a tenant's requests for this many days. Without a decision: 400."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.keeping import set_days  # noqa: PLC0415 - slow

    asyncio.run(set_days(tenant, days, reason, by, data))


@app.command()
def hold(subject: Subject, reason: Why, by: By, data: Data = DATA) -> None:
    """Keep it whatever its age, until it is released."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.keeping import set_hold  # noqa: PLC0415 - slow

    asyncio.run(set_hold(subject, reason, by, data, held=True))


@app.command()
def release(subject: Subject, reason: Why, by: By, data: Data = DATA) -> None:
    """End a hold."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.keeping import set_hold  # noqa: PLC0415 - slow

    asyncio.run(set_hold(subject, reason, by, data, held=False))


@app.command()
def enforce(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count only, as an analyst can.")] = False,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Remove what is older than its tenant's days and not held. May be repeated."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.keeping import enforce as enforce_retention  # noqa: PLC0415 - slow

    asyncio.run(enforce_retention(data, dry_run=dry_run, as_json=json))
