"""The demo corpus as one index, and its questions carried from retrieval to verdict, without a broker."""

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from answerable_events.requests import (
    Asker,
    ContextRetrieved,
    DraftGenerated,
    Passage,
    Question,
    VerdictDecided,
)
from answerable_inference.drafting import ModelIdentity, draft_of, request_of, unanswered
from answerable_knowledge.access import principals_of
from answerable_knowledge.chunking import split
from answerable_knowledge.entries import Hit, IndexedDocument, Query
from answerable_knowledge.index import Index
from answerable_knowledge.parsing import parse
from answerable_models.embedding import MiniLmEmbedder
from answerable_models.extractive import ExtractiveGenerator
from answerable_models.generation import Parameters
from answerable_trust.values import Policy
from answerable_validation.judging import judge

CORPUS = Path(__file__).parents[2] / "services/cli/src/answerable_cli/corpus"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
"""A fixed day, between the dates in the manifest."""
PASSAGES = 8


@cache
def questions() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads((CORPUS / "questions.toml").read_text("utf-8"))["question"])


@dataclass(frozen=True, slots=True)
class Answered:
    """A question of the demo and what each stage made of it."""

    expected: dict[str, Any]
    context: ContextRetrieved
    draft: DraftGenerated
    verdict: VerdictDecided

    @property
    def released(self) -> bool:
        return self.verdict.action == "release"

    @property
    def text(self) -> str:
        return " ".join(" ".join(sentence.text.split()) for sentence in self.verdict.sentences)

    @property
    def reason(self) -> str | None:
        return "awaiting_review" if self.verdict.action == "review" else self.verdict.reason

    @property
    def cites_expected_file(self) -> bool:
        wanted = {source["file"] for source in self.expected.get("must_cite", ())}
        return not wanted or bool(wanted & {citation.source for citation in self.verdict.citations})

    @property
    def missed(self) -> str | None:
        """What of the expectation is not met, or None."""
        if self.expected["expect"] == "withheld":
            if self.released:
                return "released, should be withheld"
            return None if self.reason in self.expected["reasons"] else f"withheld as {self.reason}"
        if not self.released:
            return f"withheld as {self.reason}"
        if missing := [text for text in self.expected["must_contain"] if text not in self.text]:
            return f"lacks {missing}"
        return None if self.cites_expected_file else "cites another document"


class Demo:
    """The corpus of the demo, indexed in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._manifest = tomllib.loads((CORPUS / "manifest.toml").read_text("utf-8"))
        self._embedder = MiniLmEmbedder()
        self._index = Index.open(folder, dimensions=self._embedder.dimensions)
        self._generator = ExtractiveGenerator(self._embedder)
        self.tenant: str = self._manifest["tenant"]
        for entry in self._manifest["document"]:
            self._add(entry)
        self._snapshot = self._index.snapshot(self.tenant)
        self.readers = {row.document_id: frozenset(row.readers) for row in self._index.documents(self.tenant)}

    def answer(self, expected: dict[str, Any], policy: Policy) -> Answered:
        context = self._retrieve(expected)
        model = self._generator
        parameters = Parameters()
        identity = ModelIdentity("extractive", model.adapter, model.model, model.revision, parameters)
        request = request_of(context, parameters, timedelta(seconds=60))
        if request.sources:
            said = model.answer(request.question, request.sources)
            draft = draft_of(context, said, model=identity, prompt=request.prompt, duration=timedelta())
        else:
            draft = unanswered(context, identity, request)
        return Answered(expected, context, draft, judge(draft, policy, NOW))

    def _retrieve(self, expected: dict[str, Any]) -> ContextRetrieved:
        request_id = uuid5(NAMESPACE_URL, expected["id"])
        question = Question(
            request_id=request_id,
            tenant=self.tenant,
            text=expected["text"],
            asker=Asker(subject=expected["asker"], groups=tuple(expected["groups"])),
            asked_at=NOW,
            consequential=expected.get("consequential", False),
        )
        hits = self._index.search(
            Query(
                tenant=self.tenant,
                text=question.text,
                vector=self._embedder.embed([question.text])[0],
                principals=principals_of(expected["asker"], expected["groups"]),
                snapshot=self._snapshot,
                limit=PASSAGES,
                now=NOW,
            )
        )
        return ContextRetrieved(
            tenant=self.tenant,
            request_id=request_id,
            question=question,
            snapshot=hits.snapshot,
            passages=tuple(_passage(label, hit) for label, hit in enumerate(hits.hits, 1)),
            left_out=dict(hits.left_out),
            embedder=f"{self._embedder.name}@{self._embedder.revision}",
        )

    def _add(self, entry: dict[str, Any]) -> None:
        path = entry["path"]
        data = (CORPUS / "documents" / path).read_bytes()
        parsed = parse(data, filename=Path(path).name, encoding_hint=entry.get("encoding"))
        folder = self._manifest["folders"][path.partition("/")[0]]
        document = IndexedDocument(
            tenant=self.tenant,
            document_id=path,
            version=entry.get("version", 1),
            title=entry.get("title") or parsed.title,
            source=path,
            media_type=parsed.media_type,
            readers=tuple(entry.get("readers", folder["readers"])),
            content_sha256=sha256(data).hexdigest(),
            indexed_at=NOW,
            owner=entry.get("owner", folder["owner"]),
            valid_from=_moment(entry.get("valid_from"), time.min),
            valid_until=_moment(entry.get("valid_until"), time.max),
            supersedes=entry.get("supersedes"),
        )
        passages = split(parsed)
        self._index.put(document, passages, self._embedder.embed([each.embedded_text for each in passages]))


def _moment(day: date | None, at: time) -> datetime | None:
    return datetime.combine(day, at, tzinfo=UTC) if day else None


def _passage(label: int, hit: Hit) -> Passage:
    return Passage(
        label=label,
        passage_id=hit.passage_id,
        document_id=hit.document_id,
        document_version=hit.document_version,
        title=hit.title,
        source=hit.source,
        locator=hit.locator,
        heading=hit.heading,
        text=hit.text,
        scores=dict(hit.scores),
        readers_matched=hit.readers_matched,
        stale=hit.stale,
        valid_until=hit.valid_until,
    )
