"""What `answerable eval answers` does: ingest passages, ask questions, and judge what the model says.

Passages go through ingestion, questions through retrieval and the model, as they do in the services. The built-in
answerer is asked for its best sentence whether or not it would say it, so that confidence can be judged over all
questions; `answered` counts what it would say.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from prometheus_client import CollectorRegistry

from answerable_cli.calibration import normalised
from answerable_cli.collection import Entry
from answerable_cli.retrieval_evaluation import READERS, TENANT, ingest_entries
from answerable_events.requests import Asker, ContextRetrieved, Question
from answerable_inference.drafting import request_of
from answerable_ingestion.main import build as build_ingestion
from answerable_ingestion.settings import IngestionSettings
from answerable_models.embedding import Embedder
from answerable_models.extractive import ExtractiveGenerator
from answerable_models.generation import Generation, Generator, Parameters
from answerable_retrieval import handlers as retrieval
from answerable_retrieval.main import build as build_retrieval
from answerable_retrieval.settings import RetrievalSettings
from answerable_runtime.metrics import Metrics
from answerable_trust.reliability import aurc, auroc
from answerable_trust.risk import Judged

COVERAGES = (0.25, 0.5, 0.75, 1.0)
_NO_ID = UUID(int=0)
_TIMEOUT = timedelta(minutes=2)

Advance = Callable[[str, int], None]
"""Told which work went on by how much: `passages` or `questions`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with every wording of its answer; none where the passages lack it. `context`: a passage's id."""

    id: str
    question: str
    answers: tuple[str, ...]
    context: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What the model said: its sentences with the ids of what they cite, and how sure it was."""

    asked: Asked
    answered: bool
    sentences: tuple[str, ...]
    cited: tuple[tuple[str, ...], ...]
    probability: float
    found: bool
    """Whether the passage that holds the answer was retrieved."""
    verbatim: bool
    cpu_seconds: float

    @property
    def right(self) -> bool:
        """Whether the first sentence holds an answer as whole words."""
        return bool(self.sentences) and _holds(self.sentences[0], self.asked.answers)

    @property
    def cites_right(self) -> bool | None:
        """Whether what is cited is the context; None where the question names none."""
        if self.asked.context is None or not self.cited:
            return None
        return self.asked.context in self.cited[0]


@dataclass(frozen=True, slots=True)
class Tools:
    """What answers, and what finds."""

    generator: Generator
    embedder: Embedder


async def evaluate(
    questions: Sequence[Asked],
    passages: Sequence[Entry],
    tools: Tools,
    folder: Path,
    advance: Advance,
) -> list[Said]:
    """Build an index of the passages in the folder, and ask every question."""
    async with AsyncExitStack() as stack:
        settings, metrics = {"index_path": folder}, Metrics(CollectorRegistry())
        reading = IngestionSettings.model_validate(settings)
        service = await stack.enter_async_context(build_ingestion(reading, metrics, embedder=tools.embedder))
        await ingest_entries(
            passages, service.deps, reading.ingestion_concurrency, lambda _, count: advance("passages", count)
        )
        finding = build_retrieval(RetrievalSettings.model_validate(settings), metrics, embedder=tools.embedder)
        deps: retrieval.Deps = (await stack.enter_async_context(finding)).deps
        snapshot = await deps.snapshots.current(TENANT)
        names = [entry.id for entry in passages]
        said = []
        for asked in questions:
            said.append(await _ask(asked, snapshot, deps, tools.generator, names))
            advance("questions", 1)
        return said


async def _ask(asked: Asked, snapshot: str, deps: retrieval.Deps, generator: Generator, names: Sequence[str]) -> Said:
    now = datetime.now(UTC)
    asker = Asker(subject="evaluation", groups=(READERS,))
    question = Question(request_id=_NO_ID, tenant=TENANT, text=asked.question, asker=asker, asked_at=now)
    context = await retrieval.find_context(question, snapshot, now, deps)
    ids = {passage.label: names[int(passage.document_id)] for passage in context.passages}
    found = asked.context in ids.values()
    if not context.passages:
        return Said(asked, False, (), (), 0.0, found, True, 0.0)
    begun = time.process_time()
    generation = await _generate(generator, context)
    spent = time.process_time() - begun
    probability = generation.scores.get("answer_probability", float(generation.answered))
    texts = " ".join(normalised(passage.text) for passage in context.passages)
    return Said(
        asked=asked,
        answered=generation.answered and probability >= generation.scores.get("shipped_threshold", 0.0),
        sentences=tuple(sentence.text for sentence in generation.sentences),
        cited=tuple(tuple(ids[label] for label in s.citations if label in ids) for s in generation.sentences),
        probability=probability,
        found=found,
        verbatim=all(normalised(sentence.text) in texts for sentence in generation.sentences),
        cpu_seconds=spent,
    )


async def _generate(generator: Generator, context: ContextRetrieved) -> Generation:
    return await generator.generate(request_of(context, Parameters(), _TIMEOUT))


def unabashed(generator: Generator) -> Generator:
    """The built-in answerer as one that always says its best sentence; any other as it is."""
    if not isinstance(generator, ExtractiveGenerator):
        return generator
    return generator.always_answering()


def summarise(said: Sequence[Said]) -> dict[str, Any]:
    """The figures of a run; None for what these questions cannot tell."""
    present = [one for one in said if one.asked.answers]
    absent = [one for one in said if not one.asked.answers]
    answered = [one for one in said if one.answered]
    cites = [one.cites_right for one in present if one.answered and one.cites_right is not None]
    spent = sorted(one.cpu_seconds * 1000 for one in said)
    return {
        "questions": len(said),
        "answerable": len(present),
        "right_sentence": _share([one.right for one in present]),
        "retrieved": _share([one.found for one in present if one.asked.context is not None]),
        "answered": _share([one.answered for one in present]),
        "answered_unanswerable": _share([one.answered for one in absent]),
        "precision_answered": _share([one.right for one in answered]),
        "precision_at": {f"{coverage:.0%}": _precision_at(present, coverage) for coverage in COVERAGES},
        "precision_at_half": _precision_at(present, 0.5),
        "exact_match": _share([_best(_exact, one) == 1.0 for one in present]),
        "f1": _mean([_best(_f1, one) for one in present]),
        "citation_precision": _share(cites),
        "abstention_auroc": _rounded(auroc([Judged(one.probability, bool(one.asked.answers)) for one in said])),
        "aurc": _rounded(aurc([Judged(one.probability, one.right) for one in said])) if said else None,
        "not_verbatim": sum(not one.verbatim for one in said),
        "cpu_ms_p50": round(spent[len(spent) // 2], 1) if spent else None,
        "cpu_ms_p95": round(spent[int(len(spent) * 0.95)], 1) if spent else None,
    }


def predicted(one: Said) -> dict[str, Any]:
    """A line of the predictions."""
    return {
        "id": one.asked.id,
        "answered": one.answered,
        "sentences": list(one.sentences),
        "citations": [list(each) for each in one.cited],
        "probability": round(one.probability, 6),
        "right": one.right,
    }


def _precision_at(present: Sequence[Said], coverage: float) -> float | None:
    """Of the surest share of the answerable questions, how many are right."""
    ordered = sorted(present, key=lambda one: -one.probability)
    return _share([one.right for one in ordered[: round(coverage * len(ordered))]])


def _holds(text: str, answers: Sequence[str]) -> bool:
    said = f" {normalised(text)} "
    return any(f" {normalised(answer)} " in said for answer in answers if normalised(answer))


def _best(measure: Callable[[str, str], float], one: Said) -> float:
    said = normalised(one.sentences[0]) if one.sentences else ""
    return max((measure(said, normalised(answer)) for answer in one.asked.answers), default=0.0)


def _exact(said: str, answer: str) -> float:
    return float(said == answer)


def _f1(said: str, answer: str) -> float:
    """Of the words, as SQuAD measures it."""
    ours, theirs = Counter(said.split()), Counter(answer.split())
    shared = (ours & theirs).total()
    return 2 * shared / (ours.total() + theirs.total()) if shared else 0.0


def _share(flags: Sequence[bool]) -> float | None:
    return round(sum(flags) / len(flags), 5) if flags else None


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 5) if values else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 5)


def entry_of(row: Mapping[str, Any]) -> Entry:
    """A line of the passages. Raises ValueError, KeyError, TypeError: it is none."""
    if not isinstance(row["text"], str) or not row["text"].strip():
        raise ValueError("no text")
    return Entry(str(row["id"]), str(row.get("title") or ""), row["text"])


def asked_of(row: Mapping[str, Any], ids: Mapping[str, str]) -> Asked:
    """A line of the questions; `ids` are those of the passages by their text. Raises as `entry_of`."""
    question, answers = row["question"], tuple(str(each) for each in row.get("answers") or ())
    if not isinstance(question, str) or not question.strip():
        raise ValueError("no question")
    if row.get("answerable", bool(answers)) is False:
        answers = ()
    context = row.get("context")
    return Asked(str(row["id"]), question, answers, None if context is None else ids.get(str(context), str(context)))
