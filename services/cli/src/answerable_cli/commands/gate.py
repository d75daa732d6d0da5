"""The gate: `calibrate`, `gate show|simulate|sign|revoke`."""

from pathlib import Path
from typing import Annotated

import typer

from answerable_cli.commands.options import DATA, TENANT, Data, Json, Tenant

app = typer.Typer(help="Certificates: what is proved of the answers that are released.", no_args_is_help=True)

RiskClass = Annotated[str, typer.Option("--risk-class", help="Which questions, by the name that they are asked with.")]
Delta = Annotated[float, typer.Option(min=0.001, max=0.5, help="How likely the proof itself may be wrong.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]
By = Annotated[str, typer.Option("--by", help="Who decides it; it is recorded.")]
STANDARD = "standard"


def register(root: typer.Typer) -> None:
    root.command()(calibrate)
    root.add_typer(app, name="gate")


def calibrate(  # noqa: PLR0917 - each is an option of the command
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="JSON lines (or .gz): `id`, `question`, `answers` (none: not answerable)."),
    ] = None,
    from_record: Annotated[
        bool, typer.Option("--from-record", help="Instead of a file: the blind audits that the record holds.")
    ] = False,
    asker: Annotated[str, typer.Option("--as", help="Who asks.", metavar="USER")] = "",
    groups: Annotated[str | None, typer.Option(help="Groups of the asker, by commas.")] = None,
    tenant: Tenant = TENANT,
    risk_class: RiskClass = STANDARD,
    alpha: Annotated[
        float, typer.Option(min=0.001, max=0.5, help="Share of released answers that may be wrong.")
    ] = 0.05,
    delta: Delta = 0.1,
    days: Annotated[int, typer.Option(min=1, max=730, help="How long it is to hold.")] = 90,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where the proposal goes.")] = Path(
        "certificate.json"
    ),
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the labelled answers too, for `gate simulate`.")
    ] = None,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Ask questions whose answers are known, and propose the certificate that the outcomes prove. Or propose one out of
    what auditors found of released answers: that can only be as lenient as the one they were released under.

    Nothing changes until somebody signs the proposal. The questions have to be drawn like those that the certificate is
    for; an answer is right when it holds one of `answers`, letters and digits compared. Exit 3: nothing is proved.
    """
    import asyncio  # noqa: PLC0415 - only here
    from datetime import timedelta  # noqa: PLC0415

    from answerable_cli import calibrating  # noqa: PLC0415 - slow
    from answerable_cli.calibration import Aim  # noqa: PLC0415
    from answerable_cli.errors import UsageRefused  # noqa: PLC0415
    from answerable_cli.gateway import Identity  # noqa: PLC0415
    from answerable_cli.people import groups_of  # noqa: PLC0415

    names = groups_of(asker) if groups is None else tuple(part.strip() for part in groups.split(",") if part.strip())
    aim = Aim(tenant, alpha, delta, risk_class, timedelta(days=days))
    written = calibrating.Written(out, labels, json)
    if from_record == (file is not None):
        raise UsageRefused("either a FILE or --from-record")
    if file is None:
        raise typer.Exit(asyncio.run(calibrating.recalibrate(aim, written, data)))
    raise typer.Exit(asyncio.run(calibrating.calibrate(file, aim, Identity(asker, names, tenant), written, data)))


@app.command()
def show(
    tenant: Annotated[str | None, typer.Option(help="Only of this organisation.")] = None,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Certificates that are in force, and the last ones that were. Exit 3: none is."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli import gating  # noqa: PLC0415 - slow

    raise typer.Exit(asyncio.run(gating.show(tenant, data, as_json=json)))


@app.command()
def simulate(  # noqa: PLR0917 - each is an option of the command
    file: Annotated[
        Path, typer.Argument(metavar="LABELS", help="JSON lines (or .gz) with `id`, `confidence`, `correct`.")
    ],
    tenant: Tenant = TENANT,
    delta: Delta = 0.1,
    days: Annotated[int, typer.Option(min=1, max=400, help="How much of the recorded traffic to look at.")] = 7,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """What labelled answers prove for different shares of errors, and how much of the traffic that would release."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli import gating  # noqa: PLC0415 - slow

    raise typer.Exit(asyncio.run(gating.simulate(file, delta, tenant, days, data, as_json=json)))


@app.command()
def sign(
    file: Annotated[Path, typer.Argument(metavar="PROPOSAL", help="What `answerable calibrate` wrote.")],
    by: By,
    reason: Reason,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Put a proposed certificate in force; the one before it ends. Recorded, and in every verdict from then on."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli import gating  # noqa: PLC0415 - slow

    raise typer.Exit(asyncio.run(gating.sign(file, gating.ordered(reason, by), data, as_json=json)))


@app.command()
def revoke(  # noqa: PLR0917 - each is an option of the command
    by: By,
    reason: Reason,
    tenant: Tenant = TENANT,
    risk_class: RiskClass = STANDARD,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """End the certificate in force: answers go to a person or are withheld, as the tenant's policy says."""
    import asyncio  # noqa: PLC0415 - only here

    from answerable_cli import gating  # noqa: PLC0415 - slow
    from answerable_trail.certificates import Holder  # noqa: PLC0415

    holder = Holder(tenant, risk_class)
    raise typer.Exit(asyncio.run(gating.revoke(holder, gating.ordered(reason, by), data, as_json=json)))
