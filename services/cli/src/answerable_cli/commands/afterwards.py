"""Looking back: who has to be told about a document, and whether an answer can be had again: `recall`, `replay`."""

from typing import Annotated

import typer

from answerable_cli.commands.options import DATA, TENANT, Data, Json, Tenant


def register(app: typer.Typer) -> None:
    app.command()(recall)
    app.command()(replay)


def recall(  # noqa: PLR0917 - each is an option of the command
    document: Annotated[str, typer.Argument(help="Id, as `knowledge list` shows it.")],
    reason: Annotated[str, typer.Option("--reason", help="What is wrong with it; every recipient reads this.")],
    by: Annotated[str, typer.Option("--by", help="Who recalls it.")],
    version: Annotated[int | None, typer.Option(min=1, help="Only this version; default: every version.")] = None,
    tenant: Tenant = TENANT,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list the answers.")] = False,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Recall a document: list every released answer that rests on it, and publish a notice to each asker.

    The same recall again (document, version and reason) sends nothing twice. It takes no document away: see
    `knowledge withdraw` and `erase --document`.
    """
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.recalling import How, recall_document, recall_of  # noqa: PLC0415 - slow

    order = recall_of(tenant, document, version, reason=reason, by=by)
    raise typer.Exit(asyncio.run(recall_document(order, How(dry_run, json), data)))


def replay(
    request: Annotated[str, typer.Argument(help="Request id, as `ask` prints it.")],
    tenant: Annotated[str | None, typer.Option(help="Only of this organisation.")] = None,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Search again for what an answer rested on, in the same snapshot of the index.

    Exit 0: the same passages and scores (R1), 3: only what is stored can be shown (R0), 4: it differs.
    """
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.replaying import replay_request  # noqa: PLC0415 - slow

    raise typer.Exit(asyncio.run(replay_request(request, tenant, data, as_json=json)))
