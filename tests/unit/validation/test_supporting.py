"""What the support scorer may change about a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from answerable_events.requests import DraftSentence
from answerable_models.support.port import Use
from answerable_models.support.scorers import load_scorer
from answerable_trust.values import Policy, Support
from answerable_validation.judging import judge
from answerable_validation.rules import Rules
from answerable_validation.supporting import supports
from tests.support.drafts import NOW, draft
from tests.support.requests import PASSAGE, SENTENCE

RULES = Rules(Policy(0.0))
REWORDED = DraftSentence(text="Annual leave is 27 days, for everyone.", citations=(1,))
NOTHING: frozenset[int] = frozenset()


@dataclass
class Scripted:
    """Says what it is told, and remembers what it was asked."""

    says: float
    name: str = "scripted"
    revision: str = "1"
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def threshold(self, use: Use) -> float:
        return {"prose": 0.6, "summary": 0.1, "answer": 0.1, "table": 0.1}[use]

    async def score(self, claim: str, evidence: Sequence[str], use: Use) -> float:
        self.asked.append((claim, tuple(evidence)))
        return self.says


async def test_what_is_quoted_is_not_asked_about() -> None:
    scorer = Scripted(0.0)
    uncited = DraftSentence(text="Everyone likes it.", citations=())
    assert await supports(scorer, draft((SENTENCE, uncited))) == (None, None)
    assert scorer.asked == []


async def test_anything_else_is_scored_against_the_texts_that_it_cites() -> None:
    scorer = Scripted(0.4)
    assert await supports(scorer, draft((SENTENCE, REWORDED))) == (None, Support(0.4, 0.6))
    assert scorer.asked == [(REWORDED.text, (PASSAGE.text,))]


@pytest.mark.parametrize(("probability", "action"), [(0.61, "release"), (0.59, "withhold")])
def test_a_scorer_that_doubts_withholds_what_the_rules_would_release(probability: float, action: str) -> None:
    verdict = judge(draft((REWORDED,)), RULES, NOW, NOTHING, support=(Support(probability, 0.6),))
    assert (verdict.action, verdict.reason) == (action, None if action == "release" else "unsupported")


def test_a_scorer_that_is_sure_raises_nothing() -> None:
    invented = DraftSentence(text="Everyone has 27 days of annual leave and a company car.", citations=(1,))
    verdict = judge(draft((invented,)), RULES, NOW, NOTHING, support=(Support(1.0, 0.6),))
    assert (verdict.action, verdict.reason) == ("withhold", "unsupported")


def test_a_quotation_is_out_of_its_reach() -> None:
    assert judge(draft(), RULES, NOW, NOTHING, support=(Support(0.0, 0.6),)).action == "release"


async def test_the_packaged_scorer_tells_a_supported_sentence_from_an_invented_one() -> None:
    scorer = load_scorer()
    invented = DraftSentence(text="Everyone has a company car with a parking space at the harbour.", citations=(1,))
    supported, other = await supports(scorer, draft((REWORDED, invented)))
    assert supported is not None
    assert other is not None
    assert other.probability < other.needed
    assert other.probability < supported.probability
