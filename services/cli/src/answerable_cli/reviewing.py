"""`answerable review` and `answerable feedback`: what people decide and say, over HTTP as any program would."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.markup import escape

from answerable_cli.addresses import locate
from answerable_cli.errors import FAILURE, RELEASED, WITHHELD, UsageRefused
from answerable_cli.gateway import Identity, gateway
from answerable_cli.output import console, note, print_json, print_table
from answerable_cli.request_ids import parse_request_id

_REFUSED = 422
_STATUSES = {"released": RELEASED, "withheld": WITHHELD, "pending": RELEASED, "refused": FAILURE, "failed": FAILURE}
_CITED = re.compile(r"\s*\[(\d+(?:\s*,\s*\d+)*)\]\s*")


@dataclass(frozen=True, slots=True)
class Person:
    """Who calls, where, and how they want to see it."""

    identity: Identity
    data: Path
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided about which draft. `draft`: the digest that `review show` printed."""

    decision: str
    reason: str
    draft: str
    sentences: tuple[dict[str, Any], ...] = ()


def corrected(text: str) -> tuple[dict[str, Any], ...]:
    """Sentences of a correction, each followed by the labels that it cites: "Everyone has 27 days. [1] Ask her. [2]".

    Raises:
        UsageRefused: a sentence cites nothing.
    """
    parts = _CITED.split(text)
    sentences = tuple(
        {"text": said.strip(), "citations": [int(label) for label in labels.split(",")]}
        for said, labels in zip(parts[::2], parts[1::2], strict=False)
        if said.strip()
    )
    if not sentences or parts[-1].strip():
        raise UsageRefused("every sentence has to be followed by the numbers of what it cites", 'as in "27 days. [1]"')
    return sentences


async def list_reviews(person: Person) -> int:
    """Drafts that wait."""
    found = await _get(person, "/v1/reviews")
    if person.as_json:
        print_json(found)
    elif not found["reviews"]:
        note("nothing waits for a person")
    else:
        print_table(
            ("request", "asked by", "question", "why", "confidence", "until", "claimed by"),
            [
                (
                    each["request_id"], each["asker"], each["question"][:80], each.get("reason"), each["confidence"],
                    each["review_by"][:16], each.get("claim", {}).get("reviewer"),
                )
                for each in found["reviews"]
            ],
        )  # fmt: skip
    return RELEASED


async def show(person: Person, request: str) -> int:
    """All that a decision rests on."""
    found = await _get(person, f"/v1/reviews/{parse_request_id(request)}")
    if person.as_json:
        print_json(found)
    else:
        console().print(told(found), highlight=False)
    return RELEASED


def told(found: Mapping[str, Any]) -> str:
    """A review for people, in rich's markup."""
    lines = [f"[bold]{escape(found['question'])}[/bold]"]
    lines.append(f"asked by {escape(found['asker'])}, until {found['review_by']}")
    lines += ["", "draft:"]
    lines += [f"  {escape(one['text'])} {escape(str(one.get('citations', [])))}" for one in found["sentences"]]
    lines += ["", "passages:"]
    for passage in found["passages"]:
        place = f"{passage['document_id']}, {passage['locator']}"
        lines += [f"  [{passage['label']}] {place}".replace("[", "\\["), f"      {escape(passage['text'])}"]
    lines += ["", "checks:"]
    for check in found["checks"]:
        mark = "passed" if check["passed"] else f"failed {check.get('reason', '')}"
        lines.append(f"  {check['name']} v{check['version']}: {mark} {escape(check.get('note', ''))}".rstrip())
    why = f"certificate {found['certificate']['certificate_id']}" if "certificate" in found else "not certified"
    lines += [f"confidence {found['confidence']:.3f} ({why}); why: {found.get('reason')}", ""]
    lines.append(f"decide with --draft {found['draft_sha256'][:12]}: `answerable review approve|correct|reject`")
    return "\n".join(lines)


async def claim(person: Person, request: str) -> int:
    """Have it before oneself."""
    found = await _send(person, "POST", f"/v1/reviews/{parse_request_id(request)}/claim")
    _say(person, found, f"claimed by {found.get('reviewer')}")
    return RELEASED


async def give_back(person: Person, request: str) -> int:
    """Give it back."""
    await _send(person, "DELETE", f"/v1/reviews/{parse_request_id(request)}/claim")
    _say(person, {"released": True}, "given back")
    return RELEASED


async def decide(person: Person, request: str, decision: Decision) -> int:
    """Claim it, unless that was done, and decide. Exit code by what became of it.

    Raises:
        UsageRefused: another draft counts than the one that was shown.
    """
    path = f"/v1/reviews/{parse_request_id(request)}"
    shown = await _get(person, path)
    if len(decision.draft) < 8 or not shown["draft_sha256"].startswith(decision.draft.lower()):  # noqa: PLR2004 - 32 bits
        raise UsageRefused("this is not the draft that counts", f"look at it again: answerable review show {request}")
    await _send(person, "POST", f"{path}/claim")
    body: dict[str, Any] = {
        "decision": decision.decision,
        "reason": decision.reason,
        "draft_sha256": shown["draft_sha256"],
    }
    if decision.sentences:
        body["sentences"] = list(decision.sentences)
    found = await _send(person, "POST", f"{path}/decision", body, allow=(_REFUSED,))
    if "status" not in found or found.get("status") == _REFUSED:
        raise UsageRefused(f"the gateway refused: {found.get('title', 'no reason given')}")
    reason = f" ({found['reason']})" if "reason" in found else ""
    _say(person, found, f"{found['status']}{reason}")
    return _STATUSES[found["status"]]


async def sample(person: Person) -> int:
    """Released answers to judge, without what would tell what others think of them."""
    found = await _get(person, "/v1/audits")
    if person.as_json:
        print_json(found)
    elif not found["audits"]:
        note("no released answer waits to be judged")
    for each in [] if person.as_json else found["audits"]:
        passages = [f"  [{one['label']}] {one['document_id']}: {one['text']}" for one in each["passages"]]
        lines = (
            each["question"],
            f"  {each['text']}",
            *passages,
            f"  judge with --answer {each['answer_sha256'][:12]}",
        )
        console().print(f"\n{each['request_id']}", highlight=False)
        console().print("\n".join(lines), highlight=False, markup=False)
    return RELEASED


async def judge(person: Person, request: str, answer: str, *, correct: bool, reason: str) -> int:
    """Say whether a released answer is right. Raises UsageRefused: it is not the caller's to judge."""
    request_id = str(parse_request_id(request))
    found = await _get(person, "/v1/audits")
    item = next((each for each in found["audits"] if each["request_id"] == request_id), None)
    if item is None or len(answer) < 8 or not item["answer_sha256"].startswith(answer.lower()):  # noqa: PLR2004 - 32 bits
        raise UsageRefused("this answer does not wait for you to judge it", "`answerable review sample` lists those")
    body = {"correct": correct, "reason": reason, "answer_sha256": item["answer_sha256"]}
    _say(person, await _send(person, "POST", f"/v1/audits/{request_id}", body), "thank you; it is recorded")
    return RELEASED


async def feedback(person: Person, request: str, rating: str, comment: str | None) -> int:
    """Say what one's answer was worth."""
    body = {"rating": rating} | ({"comment": comment} if comment else {})
    path = f"/v1/requests/{parse_request_id(request)}/feedback"
    _say(person, await _send(person, "POST", path, body), "thank you; it is recorded")
    return RELEASED


def _say(person: Person, found: Mapping[str, Any], text: str) -> None:
    if person.as_json:
        print_json(found)
    else:
        note(text)


async def _get(person: Person, path: str) -> dict[str, Any]:
    return await _send(person, "GET", path)


async def _send(
    person: Person, method: str, path: str, body: Mapping[str, Any] | None = None, *, allow: Sequence[int] = ()
) -> dict[str, Any]:
    addresses = locate(person.data)
    token = addresses.settings.gateway_token
    if token is None and not person.identity.subject:
        raise UsageRefused("who are you? --as USER", "or set ANSWERABLE_GATEWAY_TOKEN to a bearer token")
    identity = person.identity if token is None else Identity(token=token.get_secret_value())
    async with gateway(addresses.gateway_url) as door:
        content = await door.call(method, path, identity, body, allow=allow)
    found: dict[str, Any] = json.loads(content) if content else {}
    return found
