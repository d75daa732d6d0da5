"""From two candidate lists to one ranking: fusion, and reasons for leaving out. Pure.

Fusion is a convex sum of normalised scores. Rank fusion was rejected: with titles and headings in front of the
embedded text the two rankings differ in strength, which ranks cannot express (Bruch et al., TOIS 2023).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from answerable_knowledge.access import permits
from answerable_knowledge.quality import factor, held_now

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
    """A candidate with its fused score, between 0 and 1; `proximity` is 0 where no second look was taken."""

    candidate: Candidate
    fused: float
    proximity: float = 0.0


def fuse(candidates: Sequence[Candidate], dense_weight: float) -> list[Ranked]:
    """Best first: weighted sum of BM25 and cosine, each over its best. Ties by `passage_id`.

    A score does not depend on how many candidates there are, so a longer ranking begins like a shorter one. The span
    from the worst candidate to the best, as a measure of cosine, was rejected for that.
    """
    words = max((one.bm25 for one in candidates), default=0.0) or 1.0
    meaning = max((one.dense for one in candidates), default=0.0)
    return in_order(
        Ranked(
            one,
            _rounded(
                dense_weight * (max(one.dense, 0.0) / meaning if meaning > 0 else 0.0)
                + (1 - dense_weight) * one.bm25 / words
            ),
        )
        for one in candidates
    )


def reranked(ranking: Sequence[Ranked], proximities: Sequence[float], weight: float) -> list[Ranked]:
    """The ranking after a second look at its first; the others count as if it had found nothing in them."""
    seen = [*proximities, *[0.0] * (len(ranking) - len(proximities))]
    return in_order(
        replace(one, fused=_rounded((one.fused + weight * near) / (1 + weight)), proximity=_rounded(near))
        for one, near in zip(ranking, seen, strict=True)
    )


def in_order(ranked: Iterable[Ranked]) -> list[Ranked]:
    """Best first, ties by `passage_id`."""
    return sorted(ranked, key=lambda one: (-one.fused, one.candidate.passage_id))


def lowered(ranked: Sequence[Ranked], now: datetime) -> list[Ranked]:
    """The ranking once each passage has paid for what the quality ledger holds against it. No score rises."""
    return in_order(replace(one, fused=_rounded(one.fused * factor(held(one.candidate.row, now)))) for one in ranked)


def held(row: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    """What the quality ledger holds against a passage at this moment."""
    return held_now(row["findings"] or (), stale=is_stale(row, now))


def is_stale(row: Mapping[str, Any], now: datetime) -> bool:
    """Whether its owner promised to look at it again by a day that is past."""
    return row["review_by"] is not None and row["review_by"] < now


def scores(ranked: Ranked) -> dict[str, float]:
    """Scores by name, rounded."""
    one = ranked.candidate
    return {
        "bm25": _rounded(one.bm25),
        "dense": _rounded(one.dense),
        "fused": ranked.fused,
        "proximity": ranked.proximity,
    }


def normalised(text: str) -> str:
    """What two texts that differ only in case, spacing, punctuation or character width have in common."""
    return _NOISE.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def _rounded(value: float) -> float:
    return round(value, _DIGITS)


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides whether a passage counts, besides its text: who asks, when, and what has been replaced.

    `revoked` are documents that a question about the past must not show: the asker could read them then, not now.
    """

    principals: frozenset[str]
    now: datetime
    superseded: frozenset[str]
    revoked: frozenset[str] = frozenset()

    def objection(self, row: Mapping[str, Any]) -> str | None:
        """Why this passage is left out, or None. Rights come first: nothing is told about what may not be read."""
        if not permits(row["readers"], row["denied"], self.principals):
            return "access"
        if row["document_id"] in self.revoked:
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
