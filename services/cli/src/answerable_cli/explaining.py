"""`answerable explain`: an explanation on the screen."""

from pathlib import Path
from uuid import UUID

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from answerable_cli.addresses import locate
from answerable_cli.errors import CliError, UsageRefused
from answerable_cli.explanation import Explanation, explanations
from answerable_cli.output import console, print_json
from answerable_events.answers import AnswerReleased
from answerable_events.requests import CheckResult, Passage

_QUOTED = 160  # characters of a passage that are shown
_EVIDENCE = 100
_DIGEST = 12


async def explain_request(request: str, tenant: str | None, data: Path, *, as_json: bool) -> None:
    """Print what the record holds of a request.

    Raises:
        UsageRefused: not a request id.
        CliError: nothing is recorded under it.
    """
    try:
        request_id = UUID(request)
    except ValueError:
        raise UsageRefused(f"{request} is not a request id", "`answerable ask` prints it") from None
    async with locate(data).trail() as trail:
        found = explanations(await trail.request(tenant, request_id))
    if not found:
        raise CliError(f"nothing is recorded of {request_id}", "a question is on record as soon as it is accepted")
    if as_json:
        print_json([one.as_json() for one in found] if len(found) > 1 else found[0].as_json())
        return
    for one in found:
        console().print(rendered(one))


def rendered(explanation: Explanation) -> RenderableType:
    """The whole story, in the order in which it happened."""
    parts: list[RenderableType] = [_heading(explanation)]
    if explanation.context is not None:
        passages = explanation.context.passages
        parts += [_title("What the asker may read and retrieval found"), *(_passage(one) for one in passages)]
        left_out = ", ".join(f"{count} {reason}" for reason, count in explanation.context.left_out.items())
        pinned = f"snapshot {explanation.context.snapshot}, embedder {explanation.context.embedder}"
        parts.append(_line(f"  {len(passages)} passages; left out: {left_out or 'none'}; {pinned}"))
    if explanation.draft is not None:
        parts += [_title("What the model wrote"), _draft(explanation)]
    if explanation.verdict is not None:
        parts += [_title("What was checked"), _checks(explanation)]
    parts += [
        _line(f"  dead letter at {one.stage}: {one.reason} ({one.exception_type})") for one in explanation.dead_letters
    ]
    parts += [_title("What came of it"), _outcome(explanation), _title("How long it took"), _timings(explanation)]
    parts += [_title("Where it stands in the log"), _log(explanation)]
    return Group(*parts)


def _heading(explanation: Explanation) -> Text:
    question = explanation.question
    if question is None:
        return Text(f"Request {explanation.request_id} of {explanation.tenant}: its question cannot be read")
    groups = ", ".join(question.asker.groups) or "no groups"
    careful = ", consequential" if question.consequential else ""
    return Text.assemble(
        (question.text, "bold"),
        f"\nasked by {question.asker.subject} ({groups}) of {explanation.tenant}, "
        f"{question.asked_at:%Y-%m-%d %H:%M:%S} UTC{careful}\nrequest {explanation.request_id}",
    )


def _passage(passage: Passage) -> Text:
    scores = ", ".join(f"{name} {value:.3f}" for name, value in passage.scores.items())
    marks = ", out of date" if passage.stale else ""
    place = f", {passage.locator}, version {passage.document_version}{marks}\n"
    return Text.assemble(
        f"  [{passage.label}] ", (passage.document_id, "bold"), place,
        f"      may read it: {', '.join(passage.readers_matched)}; scores: {scores}\n",
        (f"      {shortened(passage.text, _QUOTED)}", "dim"),
    )  # fmt: skip


def _draft(explanation: Explanation) -> Text:
    draft = explanation.draft
    assert draft is not None
    model, prompt = draft.model, draft.prompt
    cost = "" if model.cost_usd is None else f", {model.cost_usd:.6f} USD"
    seed = "" if model.seed is None else f", seed {model.seed}"
    lines = [
        f"  model {model.id} ({model.adapter}: {model.name}, revision {model.revision})",
        f"  temperature {model.temperature:g}{seed}",
        f"  {model.input_tokens} tokens in, {model.output_tokens} out, {model.duration_ms:.1f} ms{cost}",
        f"  prompt {prompt.name} version {prompt.version}, sha256 {prompt.sha256[:_DIGEST]}",
        f"  scores: {', '.join(f'{name} {value:.3f}' for name, value in draft.scores.items()) or 'none'}",
    ]
    if not draft.answered:
        lines.append("  it found no answer in the passages")
    lines += [f"  “{one.text}” {' '.join(f'[{label}]' for label in one.citations)}" for one in draft.sentences]
    return Text("\n".join(lines))


def _checks(explanation: Explanation) -> RenderableType:
    verdict = explanation.verdict
    assert verdict is not None
    table = Table.grid(padding=(0, 2))
    texts = {passage.label: passage.text for passage in explanation.draft.passages} if explanation.draft else {}
    for check in verdict.checks:
        mark = "[green]passed[/green]" if check.passed else f"[red]failed[/red] {check.reason or ''}"
        table.add_row(f"  {check.name} v{check.version}", mark, f"{check.score:.3f}", escape(_evidence(check, texts)))
    decided = f"  confidence {verdict.confidence:.3f}, threshold {verdict.threshold:.3f}: {verdict.action}"
    return Group(table, _line(decided + (f" ({verdict.reason})" if verdict.reason else "")))


def _evidence(check: CheckResult, texts: dict[int, str]) -> str:
    quoted = [
        f"[{one.label}] “{shortened(texts.get(one.label, '')[one.start : one.end], _EVIDENCE)}”"
        for one in check.evidence[:1]
    ]
    more = len(check.evidence) - len(quoted)
    return " ".join([*quoted, f"and {more} more" if more else ""]).strip()


def _outcome(explanation: Explanation) -> Text:
    outcome = explanation.outcome
    if outcome is None:
        return _line("  nothing yet")
    if isinstance(outcome, AnswerReleased):
        cited = "".join(f"\n    [{one.label}] {one.document_id}, {one.locator}" for one in outcome.citations)
        return Text.assemble("  released: ", (outcome.text, "bold"), cited)
    return _line(f"  {explanation.status} ({outcome.reason}): {outcome.explanation}")


def _timings(explanation: Explanation) -> Text:
    return _line("  " + ", ".join(f"{one.stage} {one.seconds * 1000:.0f} ms" for one in explanation.timings))


def _log(explanation: Explanation) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for entry in explanation.log:
        kind = ".".join(entry.type.split(".")[2:4])
        place = f"{entry.topic}/{entry.partition}/{entry.offset}, epoch {entry.epoch}"
        copy = "" if entry.counts else "a copy"
        table.add_row(
            f"  {entry.log_time:%H:%M:%S.%f}"[:-3], kind, place, f"sha256 {entry.body_sha256[:_DIGEST]}", copy
        )
    return table


def _title(text: str) -> Text:
    return Text(f"\n{text}", style="bold cyan")


def _line(text: str) -> Text:
    return Text(text)


def shortened(text: str, limit: int) -> str:
    """On one line, and no longer than `limit`."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
