"""What a survey of documents found, as it is shown: all of an organisation, or one collection of it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from answerable_cli.errors import UsageRefused
from answerable_knowledge.quality import RULES
from answerable_knowledge.report import Assessed, Collection, Report

EVIDENCE = 5
"""Pieces of evidence shown for a document."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is to be shown: of which collection, and how many of the worst documents."""

    tenant: str
    collection: str | None = None
    worst: int = 20


@dataclass(frozen=True, slots=True)
class Assessment:
    """Scores by source, documents by finding, and the worst documents with what speaks for it."""

    tenant: str
    snapshot: str
    made_at: datetime
    documents: int
    quality: float
    counts: dict[str, int]
    collections: list[Collection]
    worst: list[Assessed]


def assess(report: Report, scope: Scope, snapshot: str, now: datetime) -> Assessment:
    """The part of the report that is shown.

    Raises:
        UsageRefused: no document names the collection.
    """
    collections = [one for one in report.collections() if scope.collection in {None, one.name}]
    if scope.collection is not None and not collections:
        raise UsageRefused(f"no document of {scope.tenant} is of the collection {scope.collection}")
    documents = sum(one.documents for one in collections)
    quality = sum(one.quality * one.documents for one in collections) / documents if documents else 1.0
    return Assessment(
        tenant=scope.tenant,
        snapshot=snapshot,
        made_at=now,
        documents=documents,
        quality=round(quality, 4),
        counts=report.counts(scope.collection),
        collections=collections,
        worst=list(report.worst(scope.worst, EVIDENCE, scope.collection)),
    )


def as_value(found: Assessment) -> dict[str, Any]:
    """For programs."""
    return {
        "tenant": found.tenant,
        "snapshot": found.snapshot,
        "made_at": found.made_at.isoformat(),
        "documents": found.documents,
        "quality": found.quality,
        "sources": [asdict(one) for one in found.collections],
        "findings": [asdict(RULES[code]) | {"documents": count} for code, count in found.counts.items()],
        "worst": [asdict(one) for one in found.worst],
    }
