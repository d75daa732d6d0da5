"""`answerable explain`: an explanation on the screen."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from answerable_cli.addresses import locate
from answerable_cli.errors import UsageRefused
from answerable_cli.evidence import quoted_sizes, tree_of
from answerable_cli.evidence_view import proof, receipt, rests_on
from answerable_cli.explanation import Explanation, explanations
from answerable_cli.explanation_json import as_json
from answerable_cli.output import console, print_json
from answerable_cli.report.page import as_page
from answerable_cli.request_ids import nothing_recorded, parse_request_id
from answerable_cli.wording import DIGEST, absence, proved, said, short_type, why_left_out
from answerable_events.answers import AnswerReleased
from answerable_events.requests import CheckResult, Passage
from answerable_trail.client import Trail
from answerable_trail.rows import TreeId

_QUOTED = 160  # characters of a passage that are shown
_EVIDENCE = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """How: as JSON on stdout, as a page in a file, both, or on the screen."""

    as_json: bool = False
    html: Path | None = None


async def explain_request(request: str, tenant: str | None, data: Path, shown: Shown) -> None:
    """Tell what the record holds of a request.

    Raises:
        UsageRefused: not a request id, or what `write_page` refuses.
        CliError: nothing is recorded under it.
    """
    request_id = parse_request_id(request)
    async with locate(data).trail() as trail:
        found = await read_explanations(trail, tenant, request_id)
    if not found:
        raise nothing_recorded(request_id)
    if shown.html is not None:
        write_page(shown.html, found)
    if shown.as_json:
        print_json([as_json(one) for one in found] if len(found) > 1 else as_json(found[0]))
    elif shown.html is not None:
        console().print(f"{shown.html}: {shown.html.stat().st_size:,} bytes", highlight=False, markup=False)
    else:
        for one in found:
            console().print(rendered(one))


async def read_explanations(trail: Trail, tenant: str | None, request_id: UUID) -> list[Explanation]:
    """What the record holds of a request: one statement for its rows, two for each tree that they are in."""
    rows = await trail.request(tenant, request_id)
    leaves: dict[TreeId, set[int]] = {}
    for row in rows:
        if row.seal.token:
            leaves.setdefault(tree_of(row), set()).add(row.seal.leaf_index)
    sizes = quoted_sizes(one.receipt for one in explanations(rows) if one.receipt)
    found = await asyncio.gather(*(trail.trees.covering(tree, at, sizes.get(tree, ())) for tree, at in leaves.items()))
    return explanations(rows, dict(zip(leaves, found, strict=True)))


def write_page(path: Path, found: Sequence[Explanation]) -> None:
    """Write the page of a request, or nothing.

    Raises:
        UsageRefused: two tenants have chosen the id, or the file cannot be written.
    """
    if len(found) > 1:
        tenants = " or ".join(f"--tenant {one.tenant}" for one in found)
        raise UsageRefused("two organisations have chosen this id, and a page is for one of them", f"say {tenants}")
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(as_page(found[0], datetime.now(UTC)), "utf-8")
        part.replace(path)
    except OSError as error:
        raise UsageRefused(f"{path} cannot be written: {error.strerror}") from None


def rendered(explanation: Explanation) -> RenderableType:
    """The whole story, in the order in which it happened."""
    parts: list[RenderableType] = [_heading(explanation)]
    if explanation.context is not None:
        passages = explanation.context.passages
        parts += [_title("What the asker may read and retrieval found"), *(_passage(one) for one in passages)]
        pinned = f"snapshot {explanation.context.snapshot}, embedder {explanation.context.embedder}"
        parts += [_line(f"  {len(passages)} passages; {pinned}"), _title("What was left out"), _left_out(explanation)]
    if explanation.draft is not None:
        parts += [_title("What the model wrote"), _draft(explanation)]
    if explanation.verdict is not None:
        parts += [_title("What was checked"), _checks(explanation)]
    parts += [
        _line(f"  dead letter at {one.stage}: {one.reason} ({one.exception_type})") for one in explanation.dead_letters
    ]
    parts += _people(explanation)
    parts += [_title("What came of it"), _outcome(explanation), *receipt(explanation)]
    if explanation.rests_on is not None and explanation.rests_on.ancestors:
        parts += [_title(f"What {short_type(explanation.rests_on.type)} rests on"), rests_on(explanation.rests_on)]
    parts += [_title("How long it took"), _timings(explanation)]
    parts += [_title("Where it stands in the log, and how it is proven"), proof(explanation)]
    return Group(*parts)


def _heading(explanation: Explanation) -> Text:
    question = explanation.question
    if question is None:
        return Text(f"Request {explanation.request_id} of {explanation.tenant}: its question is {absence(explanation)}")
    groups = ", ".join(question.asker.groups) or "no groups"
    careful = ", consequential" if question.consequential else ""
    careful += f", as of {question.as_of:%Y-%m-%d %H:%M:%S} UTC" if question.as_of else ""
    return Text.assemble(
        (question.text, "bold"),
        f"\nasked by {question.asker.subject} ({groups}) of {explanation.tenant}, "
        f"{question.asked_at:%Y-%m-%d %H:%M:%S} UTC{careful}\nrequest {explanation.request_id}",
    )


def _passage(passage: Passage) -> Text:
    scores = ", ".join(f"{name} {value:.3f}" for name, value in passage.scores.items())
    against = [code for code in passage.caveats if code != "stale"]
    marks = (", out of date" if passage.stale else "") + (f", held against it: {', '.join(against)}" if against else "")
    place = f", {passage.locator}, version {passage.document_version}{marks}\n"
    return Text.assemble(
        f"  [{passage.label}] ", (passage.document_id, "bold"), place,
        f"      may read it: {', '.join(passage.readers_matched)}; scores: {scores}\n",
        (f"      {shortened(passage.text, _QUOTED)}", "dim"),
    )  # fmt: skip


def _left_out(explanation: Explanation) -> RenderableType:
    assert explanation.context is not None
    if not explanation.context.left_out:
        return _line("  nothing that was near the question in meaning")
    table = Table.grid(padding=(0, 2))
    for reason, count in explanation.context.left_out.items():
        table.add_row(f"  {count} {reason}", why_left_out(reason))
    return table


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
        f"  prompt {prompt.name} version {prompt.version}, sha256 {prompt.sha256[:DIGEST]}",
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
    reason = f" ({verdict.reason})" if verdict.reason else ""
    return Group(table, _line(decided + reason), _line(f"  {proved(verdict)}"))


def _people(explanation: Explanation) -> list[RenderableType]:
    """What reviewers, auditors and the asker said."""
    if not explanation.people:
        return []
    return [_title("What people said"), *(_line(f"  {said(one)}") for one in explanation.people)]


def _evidence(check: CheckResult, texts: dict[int, str]) -> str:
    quoted = [
        f"[{one.label}] “{shortened(texts.get(one.label, '')[one.start : one.end], _EVIDENCE)}”"
        for one in check.evidence[:1]
    ]
    more = len(check.evidence) - len(quoted)
    return " ".join([check.note or "", *quoted, f"and {more} more" if more else ""]).strip()


def _outcome(explanation: Explanation) -> Text:
    outcome = explanation.outcome
    if outcome is None:
        told = f"{explanation.status}; the text is {absence(explanation)}"
        return _line(f"  {'nothing yet' if explanation.outcome_type is None else told}")
    if isinstance(outcome, AnswerReleased):
        cited = "".join(f"\n    [{one.label}] {one.document_id}, {one.locator}" for one in outcome.citations)
        return Text.assemble("  released: ", (outcome.text, "bold"), cited, (_recalled(explanation), "bold red"))
    return _line(f"  {explanation.status} ({outcome.reason}): {outcome.explanation}")


def _recalled(explanation: Explanation) -> str:
    return "".join(
        f"\n  recalled {one.recalled_at:%Y-%m-%d %H:%M} UTC by {one.by}: "
        f"{one.document_id}, version {one.document_version}: {one.reason}"
        for one in explanation.recalls
    )


def _timings(explanation: Explanation) -> Text:
    cost = explanation.cost
    usd = "" if cost.usd is None else f", {cost.usd:.6f} USD"
    spent = f"\n  {cost.calls} model calls, {cost.input_tokens} tokens in, {cost.output_tokens} out{usd}"
    stages = ", ".join(f"{one.stage} {one.seconds * 1000:.0f} ms" for one in explanation.timings)
    return _line(f"  {stages or 'not known'}{spent if cost.calls else ''}")


def _title(text: str) -> Text:
    return Text(f"\n{text}", style="bold cyan")


def _line(text: str) -> Text:
    return Text(text)


def shortened(text: str, limit: int) -> str:
    """On one line, and no longer than `limit`."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
