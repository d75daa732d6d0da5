"""What a check found, before it gets the name and version of its row, and what checks share in looking for it."""

from collections.abc import Iterable
from dataclasses import dataclass

from answerable_trust.values import Case, Passage, Sentence, Span


@dataclass(frozen=True, slots=True)
class Finding:
    """The substance of a CheckResult. `reason` is None when the check passed."""

    score: float
    reason: str | None
    evidence: tuple[Span, ...] = ()
    note: str | None = None


def cited_passages(case: Case, sentence: Sentence) -> tuple[Passage, ...]:
    """The passages that a sentence cites, in its order, each once; labels that do not resolve are left out."""
    by_label = {passage.label: passage for passage in case.passages}
    return tuple(by_label[label] for label in dict.fromkeys(sentence.citations) if label in by_label)


def all_cited(case: Case) -> tuple[Passage, ...]:
    """The passages that any sentence cites, each once."""
    found = {passage.label: passage for sentence in case.sentences for passage in cited_passages(case, sentence)}
    return tuple(found.values())


def unique_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans in order, each once."""
    return tuple(dict.fromkeys(spans))


def plain_text(sentence: Sentence) -> str:
    """The sentence without the markers of its own citations, such as [2] or [1, 3]; any other bracket stays."""
    text = sentence.text
    for marker in {f"[{label}]" for label in sentence.citations} | {_listed(sentence.citations)}:
        text = text.replace(f" {marker}", "").replace(marker, "")
    return text


def answer_text(case: Case) -> str:
    """The whole answer without citation markers."""
    return " ".join(plain_text(sentence) for sentence in case.sentences)


def _listed(labels: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, labels))}]"
