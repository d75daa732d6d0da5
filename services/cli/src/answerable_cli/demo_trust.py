"""The part of the demo that is about trust: what is proved, what checks stop, and what a person decides."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources

from answerable_cli.addresses import Addresses
from answerable_cli.calibrating import ask_all
from answerable_cli.calibration import FORM, Aim, Known, known, propose
from answerable_cli.errors import CliError
from answerable_cli.explanation import Explanation
from answerable_cli.gateway import Identity, gateway
from answerable_cli.gating import publish
from answerable_cli.row_files import read_rows
from answerable_events.governance import Certificate, CertificateSigned
from answerable_events.requests import CheckResult, DraftGenerated, DraftSentence
from answerable_trail.certificates import Holder
from answerable_trust.values import Policy
from answerable_validation.judging import judge
from answerable_validation.rules import Rules

ALPHA, DELTA = 0.2, 0.1
"""Sixty-odd questions prove no more than that; a pilot of some hundred proves 5 %."""

WHAT_IF_OF = "full-time-leave"
WHAT_IFS = (
    ("a figure that stands nowhere, but follows", "Apprentices have 3 days more than full-time employees."),
    ("the same, miscalculated", "Apprentices have 4 days more than full-time employees."),
    (
        "fluent, and half invented",
        "Full-time employees have 27 days of annual leave per calendar year, and unused days are paid out in cash.",
    ),
    ("the opposite", "Full-time employees do not have 27 days of annual leave per calendar year."),
)
"""Drafts that a careless model could write to that question."""

CALIBRATOR = Identity("wanda.tollefsen", ("staff",), "norvik")
REVIEWER = Identity("mikael.brandt", ("reviewers",), "norvik")


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A draft that a careless model could have written to a question that was asked, and what the checks say to it."""

    shows: str
    said: str
    released: bool
    check: CheckResult | None
    """The one that stopped it; or, of a released draft, the one that has something to say."""


def calibration_questions() -> list[Known]:
    with resources.as_file(resources.files("answerable_cli") / "corpus" / "calibration.jsonl") as file:
        return read_rows(file, known, FORM)


async def certify(addresses: Addresses, tenant: str) -> Certificate:
    """Ask the calibration questions and put in force what the outcomes prove.

    Raises:
        CliError: they prove nothing.
    """
    aim = Aim(tenant, ALPHA, DELTA)
    proposal = propose(await ask_all(addresses, calibration_questions(), aim, CALIBRATOR), aim, datetime.now(UTC))
    if proposal is None:
        raise CliError("the calibration questions of the demo prove no threshold")
    body = CertificateSigned(
        tenant=tenant, reason="Demo.", by="demo", certificate=proposal, signed_at=datetime.now(UTC)
    )
    await publish(addresses, body, Holder(tenant, aim.risk_class), proposal.certificate_id, revoked=False)
    return proposal


def what_if(explanation: Explanation, drafts: Sequence[tuple[str, str]]) -> list[WhatIf]:
    """The checks of validation on other sentences than the model's, with the passages that it was given."""
    return [_judged(explanation.draft, *draft) for draft in drafts] if explanation.draft is not None else []


def _judged(draft: DraftGenerated, shows: str, said: str) -> WhatIf:
    cited = draft.sentences[0].citations if draft.sentences else (1,)
    written = draft.model_copy(
        update={"answered": True, "sentences": (DraftSentence(text=said, citations=cited),), "scores": {}}
    )
    verdict = judge(written, Rules(Policy(0.0)), draft.question.asked_at, frozenset())
    failed = next((check for check in verdict.checks if not check.passed), None)
    noted = next((check for check in verdict.checks if check.note), None)
    return WhatIf(shows, said, verdict.action == "release", failed or noted)


def named_conflicts(found: Iterable[Explanation]) -> list[str]:
    """Both sides of every conflict for which an answer was withheld."""
    checks = (check for one in found if one.verdict for check in one.verdict.checks)
    return [check.note for check in checks if check.reason == "sources_conflict" and check.note]


async def review(addresses: Addresses, request_id: str) -> str:
    """Have a reviewer look at a draft and approve it; the status that the request has then."""
    path = f"/v1/reviews/{request_id}"
    async with gateway(addresses.gateway_url) as door:
        shown = json.loads(await door.call("GET", path, REVIEWER))
        await door.call("POST", f"{path}/claim", REVIEWER)
        body = {"decision": "approve", "reason": "Checked against the terms.", "draft_sha256": shown["draft_sha256"]}
        status: str = json.loads(await door.call("POST", f"{path}/decision", REVIEWER, body))["status"]
    return status
