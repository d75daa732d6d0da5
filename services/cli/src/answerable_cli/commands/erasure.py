"""Forgetting: `erase`."""

from typing import Annotated

import typer

from answerable_cli.commands.options import DATA, TENANT, Data, Json, Tenant


def register(app: typer.Typer) -> None:
    app.command()(erase)


def erase(  # noqa: PLR0917 - each is an option of the command
    reason: Annotated[str, typer.Option("--reason", help="Why; stands in the certificate. Name nobody in it.")],
    by: Annotated[str, typer.Option("--by", help="Who ordered it.")],
    subject: Annotated[str | None, typer.Option("--subject", help="Every request that this person asked.")] = None,
    request: Annotated[str | None, typer.Option("--request", help="This request.")] = None,
    document: Annotated[str | None, typer.Option("--document", help="This document, in all its versions.")] = None,
    with_answers: Annotated[
        bool, typer.Option("--with-answers", help="Also the requests whose records quote the document.")
    ] = False,
    tenant: Tenant = TENANT,
    wait: Annotated[bool, typer.Option("--wait", help="Until what is still open has its outcome.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Erase the text of a person's requests, of one request or of a document, everywhere; the proofs still verify.

    Prints and publishes a certificate of what a search found afterwards; exit 1 when that is anything.
    """
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.erasing import How, erase_order, order_of  # noqa: PLC0415 - slow

    targets = {"subject": subject, "request": request, "document": document}
    order = order_of(targets, tenant=tenant, reason=reason, by=by, with_answers=with_answers)
    raise typer.Exit(asyncio.run(erase_order(order, How(dry_run, wait, yes, json), data)))
