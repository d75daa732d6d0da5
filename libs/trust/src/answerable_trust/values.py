"""The values that go into the checks and come out of the gate."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from answerable_trust.errors import InvalidPolicyError

Action = Literal["release", "withhold", "review"]
Handling = Literal["allow", "mask", "withhold"]
"""What happens with an answer that holds something of a kind."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved passage under the label by which the answer cites it. `score` is the retrieval's and has no fixed
    scale; `quality` is 1 less what is held against the source; `similarity` to the question is None where unknown.
    """

    label: int
    passage_id: str
    document_id: str
    title: str
    text: str
    stale: bool
    score: float
    quality: float = 1.0
    similarity: float | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the answer with the labels of the passages that it cites."""

    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Support:
    """What a scorer says: how probable it is that what a sentence cites supports it, and what it asks for."""

    probability: float
    needed: float


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that a check may look at. `answered` is False where the model itself said that it does not know.

    `revoked` are the labels of passages that the asker may not read any more. `source_quality` is what an answer must
    not rest below. `support`: of each sentence what a scorer says, None where it was not asked; empty without a scorer.
    """

    question: str
    answered: bool
    sentences: tuple[Sentence, ...]
    passages: tuple[Passage, ...]
    model_probability: float | None
    consequential: bool
    now: datetime
    revoked: frozenset[int] = frozenset()
    source_quality: float = 0.0
    support: tuple[Support | None, ...] = ()
    personal_data: Handling = "allow"
    secrets: Handling = "withhold"


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` (included) to `end` (excluded) of the text of the passage with this label."""

    label: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found. `score` is in [0, 1]; `reason` is a short code without any document text, None when
    passed.
    """

    name: str
    version: int
    passed: bool
    score: float
    reason: str | None
    evidence: tuple[Span, ...]
    note: str | None = None
    """What was found, in words, for a reader; None where the evidence says it all."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to the answer. `reason` is None exactly when it is released. `threshold`: None where nothing could
    be confident enough.
    """

    action: Action
    reason: str | None
    confidence: float
    threshold: float | None


@dataclass(frozen=True, slots=True)
class Policy:
    """How sure a tenant wants to be.

    An answer below `threshold` is not released; None means that nothing is proved of any threshold, and every answer
    goes the way of `uncertified`. From `review_below` up to the threshold a person looks at it, under that it is
    withheld; None means that nobody reviews and all of it is withheld.
    An answer with a sentence that rests only on sources of a quality under `source_quality` is withheld.
    `personal_data` (that have a form) and `secrets` in an answer are allowed, masked, or withhold it.
    Raises InvalidPolicyError unless threshold, review_below and source_quality lie between 0 and 1.
    """

    threshold: float | None
    review_below: float | None = None
    source_quality: float = 0.0
    uncertified: Literal["review", "withhold"] = "withhold"
    personal_data: Handling = "allow"
    secrets: Handling = "withhold"

    def __post_init__(self) -> None:
        if self.threshold is not None and not 0.0 <= self.threshold <= 1.0:  # refuses NaN, which compares as neither
            raise InvalidPolicyError("the threshold is not a probability")
        if self.review_below is not None and not 0.0 <= self.review_below <= 1.0:
            raise InvalidPolicyError("review_below does not lie between 0 and 1")
        if not 0.0 <= self.source_quality <= 1.0:
            raise InvalidPolicyError("source_quality does not lie between 0 and 1")
