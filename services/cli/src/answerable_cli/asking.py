"""`answerable ask`: one question, one outcome, and where it can be checked."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.markup import escape

from answerable_cli.addresses import locate
from answerable_cli.bounds import bound_in_words
from answerable_cli.errors import ANSWER_FAILED, IN_REVIEW, RELEASED, WITHHELD, UsageRefused
from answerable_cli.gateway import Answer, Identity, Outcome, gateway
from answerable_cli.output import console, print_json

EXIT_CODES = {"released": RELEASED, "withheld": WITHHELD, "failed": ANSWER_FAILED, "in_review": IN_REVIEW}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was typed."""

    text: str
    within: timedelta | None
    consequential: bool = False
    as_of: datetime | None = None
    risk_class: str | None = None


async def ask(question: Asked, identity: Identity, data: Path, *, as_json: bool) -> int:
    """Ask and print; the exit status."""
    addresses = locate(data)
    token = addresses.settings.gateway_token
    if token is not None:
        identity = Identity(token=token.get_secret_value())
    elif not identity.subject:
        raise UsageRefused("who asks? --as USER", "or set ANSWERABLE_GATEWAY_TOKEN to a bearer token")
    async with gateway(addresses.gateway_url) as door:
        outcome = await door.ask(
            question.text, identity,
            consequential=question.consequential, as_of=question.as_of, within=question.within,
            risk_class=question.risk_class,
        )  # fmt: skip
    if as_json:
        print_json(outcome.model_dump(mode="json", exclude_none=True))
    else:
        console().print(told(outcome), highlight=False)
    return EXIT_CODES[outcome.status]


def moment_of(text: str | None) -> datetime | None:
    """A moment as people type it, in UTC where it names no zone.

    Raises:
        UsageRefused: it is none.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageRefused(f"{text} is no moment", "for example 2026-11-24T09:30:00Z, or 2026-11-24") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def told(outcome: Outcome) -> str:
    """An outcome for people, in rich's markup."""
    if outcome.answer is not None:
        lines = [_answer(outcome.answer), f"[dim]{_trust(outcome.answer)}[/dim]"]
    elif outcome.status == "in_review":
        until = f" until {outcome.answer_by:%Y-%m-%d %H:%M} UTC" if outcome.answer_by else ""
        lines = [f"[bold]A person decides about this one[/bold]{until}: answerable review show {outcome.request_id}"]
    else:
        verb = "Withheld" if outcome.status == "withheld" else "Failed"
        lines = [f"[bold]{verb}[/bold] ({outcome.reason}): {escape(outcome.explanation or '')}"]
    return "\n".join([*lines, f"[dim]answerable explain {outcome.request_id}[/dim]"])


def _trust(answer: Answer) -> str:
    """How sure the system is, and what is proved of answers like this one."""
    if answer.reviewer is not None:
        return f"confidence {answer.confidence:.2f}; released by {escape(answer.reviewer)}"
    proved = answer.certificate
    if proved is None:
        return f"confidence {answer.confidence:.2f}; nothing is proved of answers like this one (answerable calibrate)"
    bound = bound_in_words(proved.alpha, proved.delta, proved.labelled)
    return f"confidence {answer.confidence:.2f}; of answers like this one {bound} ({str(proved.certificate_id)[:8]})"


def _answer(answer: Answer) -> str:
    """Sentences with numbers, and what the numbers stand for: numbered from 1 in the order of their use."""
    labels = dict.fromkeys(label for sentence in answer.sentences for label in sentence.citations)
    numbers = {label: number for number, label in enumerate(labels, 1)}
    sentences = [
        f"[bold]{escape(' '.join(sentence.text.split()))}[/bold]"
        + "".join(f" \\[{numbers[label]}]" for label in sentence.citations)
        for sentence in answer.sentences
    ]
    cited = {citation.label: citation for citation in answer.citations}
    sources = [
        f"  \\[{number}] {escape(cited[label].document_id)}, {escape(cited[label].locator)}"
        f"  [dim]{escape(cited[label].title)}, version {cited[label].document_version}[/dim]"
        for label, number in numbers.items()
        if label in cited
    ]
    return "\n".join([" ".join(sentences), *sources])
