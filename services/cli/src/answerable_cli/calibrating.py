"""`answerable calibrate`: ask questions whose answers are known, and propose what the outcomes prove."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from answerable_cli.addresses import Addresses, locate
from answerable_cli.calibration import FORM, Aim, Known, Label, Seen, known, label_of, propose, similarity_of
from answerable_cli.errors import RELEASED, WITHHELD, CliError, UsageRefused
from answerable_cli.explanation import explanations
from answerable_cli.gateway import Identity, gateway
from answerable_cli.output import note, notes, print_json
from answerable_cli.row_files import read_rows, write_rows
from answerable_events.governance import Certificate
from answerable_events.requests import DraftGenerated, VerdictDecided
from answerable_trail.client import Trail
from answerable_trust.risk import fewest_answers

_AUDITS = """
SELECT request_id, confidence, correct
FROM (SELECT * FROM trace.audits WHERE tenant = {tenant:String} ORDER BY audited_at LIMIT 1 BY request_id)
ORDER BY audited_at DESC
"""
_AT_ONCE = 4
_WITHIN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Written:
    """Where the results go; None: nowhere."""

    proposal: Path
    labels: Path | None = None
    as_json: bool = False


async def calibrate(file: Path, aim: Aim, identity: Identity, written: Written, data: Path) -> int:
    """Ask, propose, write; the exit code is that of a withheld answer where nothing is proved.

    Raises:
        UsageRefused: the file has no such rows, or nobody asks.
        CliError: a question failed, or the configuration changed on the way.
    """
    questions = read_rows(file, known, FORM)
    addresses = locate(data)
    token = addresses.settings.gateway_token
    if token is None and not identity.subject:
        raise UsageRefused("who asks? --as USER", "or set ANSWERABLE_GATEWAY_TOKEN to a bearer token")
    asker = identity if token is None else Identity(token=token.get_secret_value())
    return _conclude(await ask_all(addresses, questions, aim, asker), aim, written)


async def recalibrate(aim: Aim, written: Written, data: Path) -> int:
    """Propose out of the blind audits that the record holds; the exit code is that of a withheld answer for nothing.

    Raises:
        CliError: no released answer was audited that was made as answers are made now.
    """
    async with locate(data).trail() as trail:
        return _conclude(await audited(trail, aim), aim, written)


def _conclude(seen: Seen, aim: Aim, written: Written) -> int:
    proposal = propose(seen, aim, datetime.now(UTC))
    if written.labels is not None:
        write_rows(written.labels, map(asdict, seen.labels))
    if proposal is not None:
        write_proposal(written.proposal, aim.tenant, proposal)
    _show(seen, proposal, aim, written)
    return WITHHELD if proposal is None else RELEASED


async def audited(trail: Trail, aim: Aim) -> Seen:
    """The first judgement of each audited answer that was made as the newest of them, and released from where on."""
    table = await trail.query(_AUDITS, parameters={"tenant": aim.tenant})
    labels: list[Label] = []
    configuration: dict[str, str] | None = None
    released_from = 0.0
    for request_id, confidence, correct in table.rows:
        _, verdict = await _recorded(trail, aim.tenant, UUID(str(request_id)))
        if verdict.question.risk_class != aim.risk_class or verdict.action != "release":
            continue
        configuration = configuration or dict(verdict.configuration)
        if verdict.configuration == configuration:
            labels.append(Label(str(request_id), float(str(confidence)), correct=bool(correct)))
            released_from = max(released_from, verdict.threshold)
    if configuration is None:
        raise CliError(
            "no answer like those of today was audited", "`answerable review sample` lists what is to be judged"
        )
    return Seen(tuple(sorted(labels, key=lambda one: one.id)), 0, configuration, released_from=released_from)


async def ask_all(addresses: Addresses, questions: Sequence[Known], aim: Aim, asker: Identity) -> Seen:
    """Put the questions, a few at once, and read from the record what the checks and the confidence said of each.

    Raises:
        CliError: a question failed, or not all were answered by one configuration.
    """
    from rich.progress import Progress  # noqa: PLC0415 - slow

    labels: list[Label] = []
    configurations: list[dict[str, str]] = []
    similarities: list[float] = []
    room = asyncio.Semaphore(_AT_ONCE)
    with Progress(console=notes(), transient=True) as bars:
        bar = bars.add_task("asking", total=len(questions))
        async with gateway(addresses.gateway_url) as door, addresses.trail() as trail:

            async def one(question: Known) -> None:
                async with room:
                    outcome = await door.ask(question.question, asker, within=_WITHIN, risk_class=aim.risk_class)
                    if outcome.status == "failed":
                        raise CliError(
                            f"question {question.id} failed: {outcome.reason}", "`answerable doctor` may know"
                        )
                    draft, verdict = await _recorded(trail, aim.tenant, outcome.request_id)
                configurations.append(dict(verdict.configuration))
                similarities.append(similarity_of(draft))
                if (label := label_of(question, verdict)) is not None:
                    labels.append(label)
                bars.advance(bar)

            async with asyncio.TaskGroup() as group:
                for question in questions:
                    group.create_task(one(question))
    if any(each != configurations[0] for each in configurations):
        raise CliError("the configuration changed while the questions were asked", "ask them all again")
    labels.sort(key=lambda label: label.id)
    return Seen(tuple(labels), len(questions) - len(labels), configurations[0], tuple(similarities))


async def _recorded(trail: Trail, tenant: str, request_id: UUID) -> tuple[DraftGenerated, VerdictDecided]:
    [found] = explanations(await trail.request(tenant, request_id))
    if found.draft is None or found.verdict is None:
        raise CliError(f"the record holds no verdict of {request_id}")
    return found.draft, found.verdict


def write_proposal(path: Path, tenant: str, certificate: Certificate) -> None:
    """For `answerable gate sign`. Raises UsageRefused: the file cannot be written."""
    row: dict[str, Any] = {"tenant": tenant, "certificate": certificate.model_dump(mode="json")}
    write_rows(path, [row])


def _show(run: Seen, proposal: Certificate | None, aim: Aim, written: Written) -> None:
    wrong = sum(not label.correct for label in run.labels)
    if written.as_json:
        print_json(
            {
                "labelled": len(run.labels),
                "wrong": wrong,
                "abstained": run.abstained,
                "configuration": run.configuration,
                "proposal": None if proposal is None else proposal.model_dump(mode="json"),
            }
        )
        return
    note(f"{len(run.labels)} answers passed the checks, {wrong} of them wrong; {run.abstained} questions got none")
    certainty = f"at most {aim.alpha:.1%} are wrong, said with {1 - aim.delta:.0%} certainty"
    if proposal is None:
        note(f"No threshold is proved. For “{certainty}”")
        note(f"at least {fewest_answers(aim.alpha, aim.delta)} answers have to be above it with none of them wrong,")
        note("and more where some are.")
        return
    note(f"From confidence {proposal.threshold:.2f} on {certainty}:")
    note(f"{proposal.wrong} of {proposal.released} are wrong here. In force when somebody signs it:")
    note(f"answerable gate sign {written.proposal} --by NAME --reason TEXT")
