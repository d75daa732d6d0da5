"""`answerable demo`: everything on a fresh folder, the demo corpus in, its questions asked, and the record checked."""

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID

from answerable_cli import demo_view as view
from answerable_cli.adding import ingest
from answerable_cli.addresses import Addresses, of_instance
from answerable_cli.completeness import Completeness, check
from answerable_cli.demo_trust import ALPHA, WHAT_IF_OF, WHAT_IFS, WhatIf, certify, named_conflicts, review, what_if
from answerable_cli.errors import FAILURE, INTERRUPTED
from answerable_cli.expectations import DemoQuestion, Judged, demo_questions, forbidden, judge
from answerable_cli.explaining import read_explanations
from answerable_cli.explanation import Explanation
from answerable_cli.explanation_json import as_json
from answerable_cli.gateway import Identity, gateway
from answerable_cli.interruption import interruptible
from answerable_cli.manifest import read_manifest
from answerable_cli.output import note, print_json
from answerable_cli.proving import Proven, prove
from answerable_cli.results import Figure, passed, write
from answerable_cli.rules import Details
from answerable_cli.services import every_settings_class
from answerable_cli.sources.folder import FolderSource
from answerable_cli.sources.items import Item
from answerable_cli.stack import Plan, choose_ports, open_stack
from answerable_cli.submission import Fate
from answerable_cli.syncing import Wish
from answerable_events.governance import Certificate
from answerable_runtime.settings import refuse_unknown
from answerable_validation.certificates import READ_EVERY

TENANT = "norvik"
_PATIENCE = timedelta(seconds=60)


@dataclass(slots=True)
class Results:
    """What the demo has seen so far."""

    sources: list[Item] = field(default_factory=list)
    fates: list[Fate] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)
    seconds_to_first_answer: float | None = None
    explained: Explanation | None = None
    completeness: Completeness | None = None
    proven: Proven | None = None
    wrongly_permitted: int = 0
    certificate: Certificate | None = None
    certified: int = 0
    """Answers that were released under it."""
    what_ifs: list[WhatIf] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    """Named with both sides, as checks say it."""
    reviewed: list[str] = field(default_factory=list)
    """What became of the drafts that a reviewer approved."""


async def run(data: Path | None, *, keep: bool, as_json: bool) -> int:
    """The whole demo; the exit status."""
    refuse_unknown(os.environ, every_settings_class().values())
    started, clock = datetime.now(UTC), time.monotonic()
    with interruptible() as interruption, _folder(data, keep=keep) as folder:
        try:
            results = await _perform(folder, clock, quiet=as_json)
        except asyncio.CancelledError:
            if not interruption.asked:
                raise
            note("interrupted; everything is stopped")
            return INTERRUPTED
    seconds = time.monotonic() - clock
    figures = measured(results, seconds)
    write("demo", started, seconds, figures)
    if as_json:
        print_json(as_document(results, figures))
    else:
        view.show_summary(results.judged, figures)
        if data is not None or keep:
            note(f"kept: {folder}; `answerable up --data {folder}` goes on from here")
    return 0 if passed(figures) else FAILURE


async def _perform(folder: Path, clock: float, *, quiet: bool) -> Results:
    ports, _ = choose_ports(default=False)
    results = Results()
    plan = Plan(folder, "tansu", ports, {"largest_alpha": ALPHA})
    async with open_stack(plan, lambda what: note(f"starting {what}")) as stack:
        note(f"up after {time.monotonic() - clock:.1f} s in {folder}")
        addresses = of_instance(stack.instance)
        await _ingest(addresses, results)
        first, *others = demo_questions()
        await _ask(addresses, results, [first], clock, quiet=quiet)
        note(f"first answer after {results.seconds_to_first_answer or 0:.1f} s; now what can be proved of such answers")
        results.certificate = await certify(addresses, TENANT)
        if not quiet:
            view.show_certificate(results.certificate)
        await asyncio.sleep(READ_EVERY.total_seconds())
        await _ask(addresses, results, others, clock, quiet=quiet)
        await _review(addresses, results)
        await _look_back(addresses, results, quiet=quiet)
        if results.explained is not None:
            results.proven = await prove(stack.instance, TENANT, results.explained.request_id)
            if not quiet:
                view.show_proof(results.proven)
    return results


async def _ingest(addresses: Addresses, results: Results) -> None:
    with resources.as_file(resources.files("answerable_cli") / "corpus") as corpus:
        manifest = read_manifest(corpus / "manifest.toml", Details())
        entries = await asyncio.to_thread(FolderSource(corpus / "documents", "", manifest).items)
        results.sources = [entry for entry in entries if isinstance(entry, Item)]
        results.fates = (await ingest(addresses, entries, Wish(manifest.tenant or TENANT))).fates


async def _ask(
    addresses: Addresses, results: Results, questions: Sequence[DemoQuestion], clock: float, *, quiet: bool
) -> None:
    async with gateway(addresses.gateway_url) as door:
        for question in questions:
            identity = Identity(question.asker, question.groups, TENANT)
            within = None if question.consequential else _PATIENCE
            outcome = await door.ask(question.text, identity, consequential=question.consequential, within=within)
            results.certified += outcome.answer is not None and outcome.answer.certificate is not None
            if outcome.answer is not None and results.seconds_to_first_answer is None:
                results.seconds_to_first_answer = time.monotonic() - clock
            results.judged.append(judge(question, outcome))
            if not quiet:
                view.show_question(results.judged[-1], len(results.judged))


async def _review(addresses: Addresses, results: Results) -> None:
    """A reviewer looks at what was left to a person."""
    waiting = [one.outcome.request_id for one in results.judged if one.outcome.status == "in_review"]
    results.reviewed = [await review(addresses, str(request_id)) for request_id in waiting]


async def _look_back(addresses: Addresses, results: Results, *, quiet: bool) -> None:
    """One request explained, the record checked for holes, and for passages that somebody was not to see."""
    async with addresses.trail() as trail, addresses.client() as client:
        results.completeness = await check(client, trail)
        everything = {
            one.outcome.request_id: (await read_explanations(trail, TENANT, one.outcome.request_id))[0]
            for one in results.judged
        }
    results.wrongly_permitted = wrongly_permitted(results.judged, everything, results.sources)
    results.conflicts = named_conflicts(everything.values())
    for one in results.judged:
        if one.question.id == WHAT_IF_OF:
            results.what_ifs = what_if(everything[one.outcome.request_id], WHAT_IFS)
    if not quiet:
        view.show_trust(results.conflicts, results.what_ifs, results.reviewed)
    released = [one for one in results.judged if one.outcome.status == "released"]
    if released:
        results.explained = everything[released[0].outcome.request_id]
    if not quiet:
        view.show_explanation(results.explained)
        view.show_completeness(results.completeness)


def wrongly_permitted(judged: Sequence[Judged], everything: Mapping[UUID, Explanation], sources: Sequence[Item]) -> int:
    """Passages that reached a model although their asker may not read them, and outcomes that tell what they must not.

    Counted from the record and the manifest, not from what the services say of themselves.
    """
    readers = {source.document_id: set(source.details.readers) for source in sources}
    count = 0
    for one in judged:
        context = everything[one.outcome.request_id].context
        allowed = {f"user:{one.question.asker}", *(f"group:{group}" for group in one.question.groups)}
        count += sum(
            not readers.get(passage.document_id, set()) & allowed for passage in (context.passages if context else ())
        )
        count += len(forbidden(one.question, one.outcome)) if one.question.expect == "withheld" else 0
    return count


def measured(results: Results, seconds: float) -> dict[str, Figure]:
    """The figures of build/demo.json with their aims."""
    found = results.completeness
    first = results.seconds_to_first_answer
    statuses = [one.outcome.status for one in results.judged]
    indexed = [fate for fate in results.fates if fate.outcome == "indexed"]
    formats = {PurePosixPath(source.document_id).suffix for source in results.sources}
    return {
        "seconds_to_first_answer": Figure(round(seconds if first is None else first, 1), "s", aim="<= 60"),
        "seconds": Figure(round(seconds, 1), "s", aim="<= 180"),
        "documents": Figure(len(indexed), "documents", aim=">= 40"),
        "documents_not_taken": Figure(len(results.sources) - len(indexed), "documents", aim="== 0"),
        "formats": Figure(len(formats), "formats", aim=">= 10"),
        "questions": Figure(len(results.judged), "questions", aim=">= 15"),
        "released": Figure(statuses.count("released"), "questions", aim=">= 1"),
        "withheld": Figure(statuses.count("withheld"), "questions", aim=">= 1"),
        "unexpected": Figure(sum(bool(one.problems) for one in results.judged), "questions", aim="== 0"),
        "not_sure_enough": Figure(sum(one.unsure for one in results.judged), "questions", aim="<= 6"),
        "certified": Figure(results.certified, "answers", aim=">= 10"),
        "conflicts_named": Figure(len(results.conflicts), "conflicts", aim=">= 1"),
        "computed_figures_shown": Figure(
            sum(one.released and one.check is not None for one in results.what_ifs), "drafts", aim=">= 1"
        ),
        "drafts_stopped": Figure(sum(not one.released for one in results.what_ifs), "drafts", aim=">= 2"),
        "reviewed_and_released": Figure(results.reviewed.count("released"), "drafts", aim=">= 1"),
        "wrongly_permitted": Figure(results.wrongly_permitted, "passages and outcomes", aim="== 0"),
        "records": Figure(found.records if found else 0, "records", aim=">= 1"),
        "edits_found": Figure(int(results.proven is not None and results.proven.held), "of 1 edit", aim="== 1"),
        "holes": Figure(found.missing + len(found.conflicts) if found else 1, "records", aim="== 0"),
    }


def as_document(results: Results, figures: Mapping[str, Figure]) -> dict[str, Any]:
    """Everything, for programs."""
    return {
        "passed": passed(figures),
        "questions": [view.as_document(one) for one in results.judged],
        "certificate": results.certificate.model_dump(mode="json") if results.certificate else None,
        "conflicts": results.conflicts,
        "what_if": [view.what_if_as_document(one) for one in results.what_ifs],
        "reviewed": results.reviewed,
        "explained": as_json(results.explained) if results.explained else None,
        "completeness": results.completeness.as_json() if results.completeness else None,
        "proof": {"untouched": results.proven.untouched, "edited": results.proven.edited} if results.proven else None,
        "figures": {name: figure.as_json() for name, figure in figures.items()},
    }


@contextmanager
def _folder(data: Path | None, *, keep: bool) -> Iterator[Path]:
    if data is not None:
        yield data.absolute()
    elif keep:
        yield Path(tempfile.mkdtemp(prefix="answerable-demo-"))
    else:
        with tempfile.TemporaryDirectory(prefix="answerable-demo-", ignore_cleanup_errors=True) as name:
            yield Path(name)
