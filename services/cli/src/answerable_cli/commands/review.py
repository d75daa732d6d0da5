"""People: `review list|show|claim|release|approve|correct|reject|sample|judge`, and `feedback`."""

from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from answerable_cli.commands.options import DATA, TENANT, Data, Json, Tenant

if TYPE_CHECKING:
    from answerable_cli.reviewing import Person

app = typer.Typer(help="Decide about drafts, and judge released answers blindly.", no_args_is_help=True)

Request = Annotated[str, typer.Argument(help="Request id, as `review list` shows it.")]
As = Annotated[str, typer.Option("--as", help="Who you are.", metavar="USER")]
Groups = Annotated[str, typer.Option(help="Your groups, by commas.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; recorded, and never shown to the asker.")]
Draft = Annotated[str, typer.Option("--draft", metavar="DIGEST", help="Of the draft, as `review show` prints it.")]
REVIEWERS = "reviewers"


def register(root: typer.Typer) -> None:
    root.add_typer(app, name="review")
    root.command()(feedback)


@app.command("list")
def list_(
    user: As = "", groups: Groups = REVIEWERS, tenant: Tenant = TENANT, data: Data = DATA, json: Json = False
) -> None:
    """Drafts that wait for a person, oldest first."""
    from answerable_cli import reviewing  # noqa: PLC0415 - slow

    _end(reviewing.list_reviews(_person(user, groups, tenant, data, json=json)))


@app.command()
def show(  # noqa: PLR0917 - each is an option of the command
    request: Request,
    user: As = "",
    groups: Groups = REVIEWERS,
    tenant: Tenant = TENANT,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """The draft, its passages and checks, and the digest by which a decision names it."""
    from answerable_cli import reviewing  # noqa: PLC0415 - slow

    _end(reviewing.show(_person(user, groups, tenant, data, json=json), request))


@app.command()
def claim(  # noqa: PLR0917 - each is an option of the command
    request: Request,
    user: As = "",
    groups: Groups = REVIEWERS,
    tenant: Tenant = TENANT,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Have it before you: nobody else takes it meanwhile. Ends by itself."""
    from answerable_cli import reviewing  # noqa: PLC0415 - slow

    _end(reviewing.claim(_person(user, groups, tenant, data, json=json), request))


@app.command()
def release(  # noqa: PLR0917 - each is an option of the command
    request: Request,
    user: As = "",
    groups: Groups = REVIEWERS,
    tenant: Tenant = TENANT,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Give a claim back."""
    from answerable_cli import reviewing  # noqa: PLC0415 - slow

    _end(reviewing.give_back(_person(user, groups, tenant, data, json=json), request))


@app.command()
def approve(  # noqa: PLR0917 - each is an option of the command
    request: Request,
    reason: Reason,
    draft: Draft,
    user: As = "",
    groups: Groups = REVIEWERS,
    tenant: Tenant = TENANT,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Release the draft as it is. Exit 0: released, 1: refused (somebody took access away, for example)."""
    from answerable_cli import reviewing  # noqa: PLC0415 - slow

    person = _person(user, groups, tenant, data, json=json)
    _end(reviewing.decide(person, request, reviewing.Decision("approve", reason, draft)))


@app.command()
def correct(  # noqa: PLR0917 - each is an option of the command
    request: Request,
    text: Annotated[str, typer.Argument(help='The answer, citing passages by number: "Everyone has 27 days. [1]"')],
    reason: Reason,
    draft: Draft,
    user: As = "",
    groups: Groups = REVIEWERS,
    tenant: Tenant = TENANT,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Release another text, each sentence with the numbers of the passages that it cites. Its figures are checked."""
    from answerable_cli import reviewing  # noqa: PLC0415 - slow

    decision = reviewing.Decision("correct", reason, draft, reviewing.corrected(text))
    _end(reviewing.decide(_person(user, groups, tenant, data, json=json), request, decision))


@app.command()
def reject(  # noqa: PLR0917 - each is an option of the command
    request: Request,
    reason: Reason,
    draft: Draft,
    user: As = "",
    groups: Groups = REVIEWERS,
    tenant: Tenant = TENANT,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Withhold the draft. Exit 3, as for everything withheld."""
    from answerable_cli import reviewing  # noqa: PLC0415 - slow

    person = _person(user, groups, tenant, data, json=json)
    _end(reviewing.decide(person, request, reviewing.Decision("reject", reason, draft)))


@app.command()
def sample(
    user: As = "", groups: Groups = REVIEWERS, tenant: Tenant = TENANT, data: Data = DATA, json: Json = False
) -> None:
    """Released answers, drawn at random, that you can judge: without confidence, checks, or what others said."""
    from answerable_cli import reviewing  # noqa: PLC0415 - slow

    _end(reviewing.sample(_person(user, groups, tenant, data, json=json)))


@app.command()
def judge(  # noqa: PLR0917 - each is an option of the command
    request: Request,
    correct: Annotated[bool, typer.Option("--correct/--wrong", help="Is the answer right?")],
    reason: Reason,
    answer: Annotated[str, typer.Option("--answer", metavar="DIGEST", help="As `review sample` prints it.")],
    user: As = "",
    groups: Groups = REVIEWERS,
    tenant: Tenant = TENANT,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Say whether a released answer is right: the label that certificates are held to."""
    from answerable_cli import reviewing  # noqa: PLC0415 - slow

    person = _person(user, groups, tenant, data, json=json)
    _end(reviewing.judge(person, request, answer, correct=correct, reason=reason))


def feedback(  # noqa: PLR0917 - each is an option of the command
    request: Annotated[str, typer.Argument(help="Request id, as `ask` prints it.")],
    rating: Annotated[Literal["right", "wrong", "incomplete", "not_helpful"], typer.Option(help="What it was worth.")],
    comment: Annotated[str | None, typer.Option(help="In words.")] = None,
    user: As = "",
    groups: Annotated[str, typer.Option(help="Your groups, by commas.")] = "",
    tenant: Tenant = TENANT,
    data: Data = DATA,
    json: Json = False,
) -> None:
    """Say what an answer that you got was worth. It is recorded beside the answer."""
    from answerable_cli import reviewing  # noqa: PLC0415 - slow

    _end(reviewing.feedback(_person(user, groups, tenant, data, json=json), request, rating, comment))


def _person(user: str, groups: str, tenant: str, data: Path, *, json: bool) -> "Person":
    from answerable_cli.gateway import Identity  # noqa: PLC0415 - slow
    from answerable_cli.reviewing import Person  # noqa: PLC0415

    names = tuple(part.strip() for part in groups.split(",") if part.strip())
    return Person(Identity(user, names, tenant), data, json)


def _end(work: Coroutine[Any, Any, int]) -> None:
    import asyncio  # noqa: PLC0415 - only here

    raise typer.Exit(asyncio.run(work))
