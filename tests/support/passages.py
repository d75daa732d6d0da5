"""Documents, passages and vectors for tests of the index: small, deterministic, without a model."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from answerable_knowledge.chunking import Passage
from answerable_knowledge.index import IndexedDocument, Query

DIMENSIONS = 16
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def vector(text: str) -> np.ndarray:
    """Bag of hashed words: texts that share words are near each other."""
    total = np.zeros(DIMENSIONS, np.float32)
    for word in text.lower().split():
        seed = int.from_bytes(hashlib.sha256(word.strip(".,;:?!").encode("utf-8", "replace")).digest()[:4])
        total += np.random.default_rng(seed).normal(size=DIMENSIONS).astype(np.float32)
    return total


def vectors(passages: Sequence[Passage]) -> np.ndarray:
    return np.array([vector(passage.text) for passage in passages], np.float32).reshape(len(passages), DIMENSIONS)


def passages(*texts: str, title: str = "Handbook") -> tuple[Passage, ...]:
    """One passage for each text, each on its own page."""
    return tuple(
        Passage(number, text, f"page {number + 1}", None, 0, len(text), f"{title}\n{text}")
        for number, text in enumerate(texts)
    )


def document(
    document_id: str = "handbook", *, tenant: str = "acme", version: int = 1, **changes: Any
) -> IndexedDocument:
    """A document that the group staff may read, changed as asked."""
    values: dict[str, Any] = {
        "title": "Handbook",
        "source": f"{document_id}.pdf",
        "media_type": "application/pdf",
        "readers": ("group:staff",),
        "content_sha256": "0" * 64,
        "indexed_at": NOW,
    }
    return IndexedDocument(tenant=tenant, document_id=document_id, version=version, **(values | changes))


def query(text: str, snapshot: str, **changes: Any) -> Query:
    """A question by a member of staff at NOW."""
    values: dict[str, Any] = {
        "tenant": snapshot.rpartition("@")[0],
        "vector": vector(text),
        "principals": frozenset({"user:ann", "group:staff"}),
        "limit": 10,
        "now": NOW,
    }
    return Query(text=text, snapshot=snapshot, **(values | changes))
