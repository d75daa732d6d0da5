"""The support port: how probable it is that passages support a claim."""

from collections.abc import Sequence
from typing import Literal, Protocol

Use = Literal["prose", "summary", "answer", "table"]
"""Kinds of text, each with its own calibration and threshold: a sentence in somebody's own words about running text;
one that condenses the text and mostly keeps its words; a question with its short answer (`claims.answer_claim`); a
sentence or an answer about rows of a table."""

USES: tuple[Use, ...] = ("prose", "summary", "answer", "table")


class SupportScorer(Protocol):
    """Judges whether texts support a sentence. `name` and `revision` together identify what judged."""

    @property
    def name(self) -> str: ...

    @property
    def revision(self) -> str: ...

    def threshold(self, use: Use) -> float:
        """From here on a sentence of that kind passes. Thresholds of two kinds, or two scorers, are not comparable."""

    async def score(self, claim: str, evidence: Sequence[str], use: Use) -> float:
        """A probability, 0 to 1, that the evidence, which is the texts of the passages cited, supports the claim.

        Without evidence or without words in the claim it is 0. Raises ModelError where the scorer calls a model.
        """


async def support_scores(
    scorer: SupportScorer, sentences: Sequence[tuple[str, Sequence[str]]], use: Use = "prose"
) -> tuple[float, ...]:
    """The score of each sentence against the texts that it cites, in order."""
    return tuple([await scorer.score(claim, evidence, use) for claim, evidence in sentences])
