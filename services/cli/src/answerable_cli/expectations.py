"""The questions of the demo corpus, what a correct system does with each, and whether it did. Pure but for reading."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict

from answerable_cli.gateway import Citation, Outcome

_NUMBERED = re.compile(r"\b(page|line|slide)s? (\d+)(?:-(\d+))?")


class Place(BaseModel):
    """Where an answer should come from; a `page` or `line` is compared, other locators are for people."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    locator: str | None = None


class DemoQuestion(BaseModel):
    """A question and what should come of it; the fields are explained in the file itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    asker: str
    groups: tuple[str, ...]
    text: str
    expect: Literal["released", "withheld", "in_review"]
    reasons: tuple[str, ...] = ()
    must_contain: tuple[str, ...] = ()
    must_not_contain: tuple[str, ...] = ()
    must_cite: tuple[Place, ...] = ()
    consequential: bool = False
    shows: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A question, its outcome, and in what that differs from what was expected."""

    question: DemoQuestion
    outcome: Outcome
    problems: tuple[str, ...]

    @property
    def unsure(self) -> bool:
        """Whether an answer was found and withheld because its confidence does not reach what is proved."""
        withheld = self.outcome.status == "withheld" and self.outcome.reason == "low_confidence"
        return withheld and self.question.expect == "released"


def demo_questions() -> list[DemoQuestion]:
    """In the order in which they are asked."""
    text = (resources.files("answerable_cli") / "corpus" / "questions.toml").read_text("utf-8")
    return [DemoQuestion.model_validate(entry) for entry in tomllib.loads(text)["question"]]


def judge(question: DemoQuestion, outcome: Outcome) -> Judged:
    """Compare an outcome with what was expected of it."""
    problems = []
    unsure = Judged(question, outcome, ()).unsure  # the price of a bound, counted and not wrong
    if outcome.status != question.expect and not unsure:
        problems.append(f"expected {question.expect}")
    if outcome.status == "withheld" and question.expect == "withheld" and outcome.reason not in question.reasons:
        problems.append(f"expected a reason among {', '.join(question.reasons)}")
    if outcome.answer is not None and question.expect == "released":
        problems += [f"lacks “{part}”" for part in question.must_contain if part not in flat(outcome.answer.text)]
        if question.must_cite and not _cites(outcome.answer.citations, question.must_cite):
            wanted = " or ".join(f"{place.file} {place.locator or ''}".strip() for place in question.must_cite)
            problems.append(f"should cite {wanted}")
    problems += [f"gives away “{part}”" for part in forbidden(question, outcome)]
    return Judged(question, outcome, tuple(problems))


def forbidden(question: DemoQuestion, outcome: Outcome) -> list[str]:
    """What the outcome holds and must not, the words of the question aside."""
    told = flat(f"{outcome.answer.text if outcome.answer else ''} {outcome.explanation or ''}")
    return [part for part in question.must_not_contain if part in told]


def flat(text: str) -> str:
    """With single spaces: where a line of a page ends is not part of what was said."""
    return " ".join(text.split())


def _cites(citations: Sequence[Citation], places: Iterable[Place]) -> bool:
    return any(
        citation.document_id == place.file and _within(place.locator, citation.locator)
        for place in places
        for citation in citations
    )


def _within(expected: str | None, locator: str) -> bool:
    """Whether a locator covers the page or line that was expected."""
    wanted = _NUMBERED.search(expected or "")
    if wanted is None or wanted[1] == "slide":
        return True
    return any(
        found[1] == wanted[1] and int(found[2]) <= int(wanted[2]) <= int(found[3] or found[2])
        for found in _NUMBERED.finditer(locator)
    )
