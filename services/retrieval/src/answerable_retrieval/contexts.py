"""From an asker to principals, and from hits to a context. Pure."""

from answerable_events.requests import Asker, ContextRetrieved, Passage, Question
from answerable_knowledge.access import principals_of, validate_readers
from answerable_knowledge.entries import Hit, Hits


def asker_principals(asker: Asker) -> frozenset[str]:
    """Whose passages the asker may read. A name that no reader can have, such as a wildcard, grants nothing."""
    subjects = [asker.subject] if _can_read(f"user:{asker.subject}") else []
    groups = [group for group in asker.groups if _can_read(f"group:{group}")]
    if subjects:
        return principals_of(subjects[0], groups)
    return frozenset(f"group:{group}" for group in groups)


def context_of(question: Question, found: Hits, embedder: str) -> ContextRetrieved:
    """The context: passages labelled 1 to n in the order of their rank."""
    return ContextRetrieved(
        tenant=question.tenant,
        request_id=question.request_id,
        question=question,
        snapshot=found.snapshot,
        passages=tuple(_passage(label, hit) for label, hit in enumerate(found.hits, start=1)),
        left_out={reason: count for reason, count in sorted(found.left_out.items()) if count},
        embedder=embedder,
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
        scores=dict(hit.scores),
        readers_matched=hit.readers_matched,
        stale=hit.stale,
        valid_until=hit.valid_until,
    )


def _can_read(reader: str) -> bool:
    try:
        validate_readers([reader])
    except ValueError:
        return False
    return True
