"""From questions whose answers are known, and what the system did with them, to a certificate. Pure."""

import hashlib
import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid5

from answerable_events.governance import Certificate
from answerable_events.identity import governance_correlation
from answerable_events.requests import STANDARD_RISK, DraftGenerated, VerdictDecided
from answerable_trust.risk import Judged, bound_risk

FORM = '{"id": "q1", "question": "How many days of leave?", "answerable": true, "answers": ["27 days"]}'

SIMILARITY = "dense"
"""Name of the score that says how near in meaning a passage is."""

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True, slots=True)
class Known:
    """A question with every wording of its answer; none where the documents do not answer it."""

    id: str
    question: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """An answer that only its confidence decides about, and whether it was right."""

    id: str
    confidence: float
    correct: bool

    @property
    def judged(self) -> Judged:
        return Judged(self.confidence, self.correct)


@dataclass(frozen=True, slots=True)
class Aim:
    """What is to be proved, of what, and for how long."""

    tenant: str
    alpha: float
    delta: float
    risk_class: str = STANDARD_RISK
    valid_for: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of the questions. `abstained`: how many were not answered, or failed a check."""

    labels: tuple[Label, ...]
    abstained: int
    configuration: Mapping[str, str]
    similarities: tuple[float, ...] = ()
    released_from: float = 0.0
    """Labels are of released answers only: nothing is known of what lies below."""


def known(row: Mapping[str, Any]) -> Known:
    """A line of the file. Raises ValueError, KeyError, TypeError: it is none."""
    answers = tuple(str(answer) for answer in row.get("answers", ()) if str(answer).strip())
    answerable = row.get("answerable", bool(answers))
    if not isinstance(row["question"], str) or not row["question"].strip() or not isinstance(answerable, bool):
        raise ValueError("no question")
    if answerable != bool(answers):
        raise ValueError("answerable, but no answer is given; or the other way round")
    return Known(str(row["id"]), row["question"], answers)


def label_of(question: Known, verdict: VerdictDecided) -> Label | None:
    """None where confidence does not decide: nothing was answered, a check failed, or a person has to look anyway."""
    checked = bool(verdict.checks) and all(check.passed for check in verdict.checks)
    if not verdict.sentences or not checked or verdict.question.consequential:
        return None
    text = normalised(" ".join(sentence.text for sentence in verdict.sentences))
    correct = any(f" {normalised(answer)} " in f" {text} " for answer in question.answers)
    return Label(question.id, verdict.confidence, correct)


def normalised(text: str) -> str:
    """As SQuAD compares answers: small letters, no punctuation, no articles, single spaces."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def propose(seen: Seen, aim: Aim, now: datetime) -> Certificate | None:
    """The certificate that the labels prove; None where they prove none."""
    labels, configuration = seen.labels, seen.configuration
    bound = bound_risk([label.judged for label in labels], aim.alpha, aim.delta)
    if bound is None:
        return None
    threshold = max(bound.threshold, seen.released_from)
    above = [label for label in labels if label.confidence >= threshold]
    digest = set_sha256(labels)
    made_of = "\n".join([digest, repr((aim.alpha, aim.delta)), *(f"{k} {v}" for k, v in sorted(configuration.items()))])
    return Certificate(
        certificate_id=uuid5(governance_correlation(aim.tenant, f"certificate/{aim.risk_class}"), made_of),
        alpha=aim.alpha,
        delta=aim.delta,
        labelled=len(labels),
        threshold=threshold,
        set_sha256=digest,
        expires_at=now + aim.valid_for,
        risk_class=aim.risk_class,
        released=len(above),
        wrong=sum(not label.correct for label in above),
        configuration=dict(configuration),
        confidences=() if seen.released_from else tenths(label.confidence for label in labels),
        similarities=() if seen.released_from else tenths(seen.similarities),
        abstained=seen.abstained,
    )


def set_sha256(labels: Iterable[Label]) -> str:
    """Of the labelled answers, whatever their order."""
    lines = sorted(f"{label.id}\t{label.confidence!r}\t{int(label.correct)}\n" for label in labels)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def tenths(shares: Iterable[float]) -> tuple[int, ...]:
    """How many lie in each tenth of what goes from 0 to 1; what lies outside belongs to the next one."""
    counts = [0] * 10
    for share in shares:
        counts[max(0, min(9, int(share * 10)))] += 1
    return tuple(counts)


def similarity_of(draft: DraftGenerated) -> float:
    """Of the best passage, which drift is seen by before anybody has labelled anything."""
    return max((passage.scores.get(SIMILARITY, 0.0) for passage in draft.passages), default=0.0)
