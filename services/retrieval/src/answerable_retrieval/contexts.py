"""From an asker to principals, and from hits to a context. Pure."""

from answerable_events.requests import Asker, ContextRetrieved, Passage, Question
from answerable_knowledge.access import principals_of
from answerable_knowledge.entries import Hit, Hits
from answerable_knowledge.quality import caveats, score
from answerable_retrieval.composing import compose

QUALITY = "quality"
"""Among the scores of a passage: 1 less what is held against it; absent where nothing is."""


AS_OF_UNAVAILABLE = "as_of_unavailable"
"""A code of `answerable_events.answers.EXPLANATIONS`."""


def asker_principals(asker: Asker) -> frozenset[str]:
    """Whose passages the asker may read; groups that contain these in the index are added by the search."""
    return principals_of(asker.subject, asker.groups)


def context_of(question: Question, found: Hits, embedder: str, max_tokens: int) -> ContextRetrieved:
    """The context: passages labelled 1 to n in the order of their rank."""
    hits, over_budget = compose(found.hits, max_tokens)
    left_out = {**found.left_out, "budget": over_budget}
    return ContextRetrieved(
        tenant=question.tenant,
        request_id=question.request_id,
        question=question,
        snapshot=found.snapshot,
        passages=tuple(_passage(label, hit) for label, hit in enumerate(hits, start=1)),
        left_out={reason: count for reason, count in sorted(left_out.items()) if count},
        embedder=embedder,
    )


def context_without(question: Question, snapshot: str, embedder: str, unavailable: str) -> ContextRetrieved:
    """The context of a question for which nothing could be looked for."""
    return ContextRetrieved(
        tenant=question.tenant,
        request_id=question.request_id,
        question=question,
        snapshot=snapshot,
        passages=(),
        embedder=embedder,
        unavailable=unavailable,
    )


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
        scores=dict(hit.scores) | ({QUALITY: score(hit.findings)} if hit.findings else {}),
        readers_matched=hit.readers_matched,
        stale=hit.stale,
        valid_until=hit.valid_until,
        caveats=caveats(hit.findings),
    )
