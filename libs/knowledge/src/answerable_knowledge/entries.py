"""Values that go into the index and come out of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from answerable_knowledge.chunking import Passage
from answerable_knowledge.marks import NO_MARKS, Marks


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """A document version as the index knows it. All times are aware.

    `readers` empty: nobody may read it; those `denied` may not, whatever `readers` says. `supersedes` is the
    `document_id` that this document replaces.
    `review_by` is when its owner promised to look at it again; after that its passages are marked stale.
    `effective_date` is the date that the document gives itself; shown, never filtered by.
    `submitted_at` is when its owner handed it over: a withdrawal or a change of readers after that moment holds
    against it, even where it arrived first. Without it nothing that arrived earlier does.
    """

    tenant: str
    document_id: str
    version: int
    title: str
    source: str
    media_type: str
    readers: tuple[str, ...]
    content_sha256: str
    indexed_at: datetime
    submitted_at: datetime | None = None
    owner: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    effective_date: datetime | None = None
    review_by: datetime | None = None
    supersedes: str | None = None
    denied: tuple[str, ...] = ()
    collection: str | None = None
    language: str | None = None
    quality: float | None = None
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Addition:
    """A document version to put into the index, with a vector of the index's dimensions for each passage."""

    document: IndexedDocument
    passages: Sequence[Passage]
    vectors: np.ndarray
    marks: Marks = NO_MARKS


@dataclass(frozen=True, slots=True)
class IndexVersion:
    """The newest snapshot after a change; `applied` is false when there was nothing to change.

    `readers` and `denied` are those in force now, where the change was one of access; `members` are, of a group.
    """

    snapshot: str
    applied: bool
    readers: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A question to one snapshot, asked by someone with these principals. `vector` has the index's dimensions.

    The groups that contain a principal by the snapshot's own rules are added by the search, and so is `revoked`:
    documents of a past snapshot that the principals may not read any more.
    """

    tenant: str
    text: str
    vector: np.ndarray
    principals: frozenset[str]
    snapshot: str
    limit: int
    now: datetime
    revoked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that the asker may read. `scores` are `bm25`, `dense` (cosine) and `fused` (0 to 1).

    `findings` are what the quality ledger holds against it at the moment of the question. `ordinals` are the first and
    the last passage of the document that it is, which are the same until neighbours are joined.
    """

    passage_id: str
    document_id: str
    document_version: int
    title: str
    source: str
    locator: str
    text: str
    heading: str | None
    scores: Mapping[str, float]
    readers_matched: tuple[str, ...]
    valid_until: datetime | None
    stale: bool
    findings: tuple[str, ...] = ()
    ordinals: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Hits:
    """The best passages, best first, and how many of the best were withheld for which reason.

    `left_out` counts, among the `limit` passages of the tenant nearest in meaning regardless of rights, those withheld
    as `access`, `superseded`, `expired` or `not_yet_valid`, and as `duplicate` the repeated texts met on the way to
    `limit` hits.
    It is evidence for auditors: shown to the asker, the first would tell of documents that they may not know of.
    """

    snapshot: str
    hits: tuple[Hit, ...]
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document of the newest snapshot."""

    document_id: str
    title: str
    version: int
    source: str
    media_type: str
    owner: str | None
    readers: tuple[str, ...]
    valid_from: datetime | None
    valid_until: datetime | None
    effective_date: datetime | None
    supersedes: str | None
    content_sha256: str
    passages: int
    indexed_at: datetime
    denied: tuple[str, ...]
    collection: str | None
    language: str | None
    quality: float | None
    findings: tuple[str, ...]
