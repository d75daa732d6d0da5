"""From two candidate lists to one ranking: fusion, duplicates, reasons for leaving out. Pure.

Fusion is a convex sum of normalised scores. Rank fusion was rejected: with titles and headings in front of the
embedded text the two rankings differ in strength, which ranks cannot express (Bruch et al., TOIS 2023).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# Scores are compared and shown with this many digits, far above what arithmetic order can change.
_DIGITS = 6
_NOISE = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row of the index with its raw scores; `bm25` is 0 where full-text search did not list it."""

    row: Mapping[str, Any]
    bm25: float
    dense: float

    @property
    def passage_id(self) -> str:
        return str(self.row["passage_id"])


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its fused score, between 0 and 1."""

    candidate: Candidate
    fused: float


def fuse(candidates: Sequence[Candidate], dense_weight: float) -> list[Ranked]:
    """Best first: weighted sum of BM25 over its maximum and of cosine over its span. Ties by `passage_id`."""
    if not candidates:
        return []
    top = max(candidate.bm25 for candidate in candidates) or 1.0
    low = min(candidate.dense for candidate in candidates)
    span = max(candidate.dense for candidate in candidates) - low or 1.0
    ranked = [
        Ranked(one, round(dense_weight * (one.dense - low) / span + (1 - dense_weight) * one.bm25 / top, _DIGITS))
        for one in candidates
    ]
    return sorted(ranked, key=lambda one: (-one.fused, one.candidate.passage_id))


def scores(ranked: Ranked) -> dict[str, float]:
    """Scores by name, rounded."""
    one = ranked.candidate
    return {"bm25": round(one.bm25, _DIGITS), "dense": round(one.dense, _DIGITS), "fused": ranked.fused}


def distinct(ranking: Sequence[Ranked], limit: int) -> tuple[list[Ranked], int]:
    """The first `limit` with different `text_key`, and how many repetitions were passed over on the way."""
    kept: dict[str, Ranked] = {}
    repeated = 0
    for one in ranking:
        if len(kept) == limit:
            break
        if kept.setdefault(one.candidate.row["text_key"], one) is not one:
            repeated += 1
    return list(kept.values()), repeated


def normalised(text: str) -> str:
    """What two texts that differ only in case, spacing, punctuation or character width have in common."""
    return _NOISE.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides whether a passage counts, besides its text: who asks, when, and what has been replaced."""

    principals: frozenset[str]
    now: datetime
    superseded: frozenset[str]

    def objection(self, row: Mapping[str, Any]) -> str | None:
        """Why this passage is left out, or None. Rights come first: nothing is told about what may not be read."""
        if not self.principals.intersection(row["readers"] or ()):
            return "access"
        if row["document_id"] in self.superseded:
            return "superseded"
        if row["valid_until"] is not None and row["valid_until"] < self.now:
            return "expired"
        if row["valid_from"] is not None and row["valid_from"] > self.now:
            return "not_yet_valid"
        return None


def superseded_ids(claims: Sequence[Mapping[str, Any]], now: datetime) -> frozenset[str]:
    """Documents that another document in force replaces; each claim is a row with `supersedes`."""
    return frozenset(
        claim["supersedes"]
        for claim in claims
        if claim["supersedes"] != claim["document_id"]
        and (claim["valid_until"] is None or claim["valid_until"] >= now)
        and (claim["valid_from"] is None or claim["valid_from"] <= now)
    )
