"""Asking, and asking why: `ask`, `explain`."""

from pathlib import Path
from typing import Annotated

import typer

from answerable_cli.commands.options import DATA, TENANT, Data, Json, Tenant


def register(app: typer.Typer) -> None:
    app.command()(ask)
    app.command()(explain)


def ask(  # noqa: PLR0917 - each is an option of the command
    question: Annotated[str, typer.Argument(help="In words, in quotation marks.")],
    asker: Annotated[str, typer.Option("--as", help="Who asks.", metavar="USER")] = "",
    groups: Annotated[
        str | None, typer.Option(help="Groups of the asker, by commas; people of the demo corpus have theirs.")
    ] = None,
    tenant: Tenant = TENANT,
    consequential: Annotated[
        bool, typer.Option("--consequential", help="Much depends on it: a person decides.")
    ] = False,
    as_of: Annotated[
        str | None, typer.Option(metavar="MOMENT", help="Answer from documents and access as they were then (UTC).")
    ] = None,
    risk_class: Annotated[
        str | None, typer.Option("--risk-class", help="Which certificate has to bound the risk; default: standard.")
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=1, max=3600, help="Seconds within which there is an outcome; default: 60, or what reviewers get."
        ),
    ] = None,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Ask a question. Exit 0: released, 3: withheld, 4: failed, 5: a person has to decide."""
    import asyncio  # noqa: PLC0415 - only here
    from datetime import timedelta  # noqa: PLC0415

    from answerable_cli import asking  # noqa: PLC0415 - slow
    from answerable_cli.gateway import Identity  # noqa: PLC0415
    from answerable_cli.people import groups_of  # noqa: PLC0415

    names = groups_of(asker) if groups is None else tuple(part.strip() for part in groups.split(",") if part.strip())
    within = None if timeout is None else timedelta(seconds=timeout)
    asked = asking.Asked(question, within, consequential, asking.moment_of(as_of), risk_class)
    raise typer.Exit(asyncio.run(asking.ask(asked, Identity(asker, names, tenant), data, as_json=json)))


def explain(
    request: Annotated[str, typer.Argument(help="Request id, as `ask` prints it.")],
    tenant: Annotated[str | None, typer.Option(help="Only of this organisation.")] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as one page, to read or print.", dir_okay=False)
    ] = None,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Why that answer: passages, who may read them, what was left out, prompt, model, checks, verdict, times, proof.

    All from the record; also of a request that is still open, or erased.
    """
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli.explaining import Shown, explain_request  # noqa: PLC0415 - slow

    asyncio.run(explain_request(request, tenant, data, Shown(as_json=json, html=html)))
