"""Which passages of a draft its asker may not read any more."""

from datetime import datetime

from answerable_events.requests import DraftGenerated, Passage
from answerable_knowledge.access import principals_of
from answerable_knowledge.index import Index
from answerable_knowledge.permissions import Permission


def revoked_labels(index: Index, draft: DraftGenerated, now: datetime) -> frozenset[int]:
    """Labels of the passages that the newest snapshot of the index does not let the asker read. Blocking.

    Raises:
        IndexCorrupt: try again; without an answer there is no verdict.
    """
    asker = draft.question.asker
    standing = index.permissions(
        draft.tenant,
        principals_of(asker.subject, asker.groups),
        {passage.document_id for passage in draft.passages},
        now,
    )
    past = draft.question.as_of is not None
    return frozenset(
        passage.label
        for passage in draft.passages
        if not _may_read(passage, standing.get(passage.document_id), past=past)
    )


def _may_read(passage: Passage, permission: Permission | None, *, past: bool) -> bool:
    """Whether it may still be read. A question about the past may rest on a document that was withdrawn since."""
    if permission is None or not permission.granted:
        return False
    return past if permission.removed else permission.version >= passage.document_version
