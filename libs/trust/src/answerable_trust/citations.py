"""Do the citations lead anywhere?"""

from answerable_trust.findings import Finding, cited_passages, unique_spans
from answerable_trust.values import Case, Span


def find_citations(case: Case) -> Finding:
    """Every sentence cites at least one passage, and each label is one that was retrieved."""
    known = {passage.label for passage in case.passages}
    missing = sum(not sentence.citations for sentence in case.sentences)
    unknown = sum(bool(set(sentence.citations) - known) for sentence in case.sentences)
    spans = (
        Span(passage.label, 0, len(passage.text))
        for sentence in case.sentences
        for passage in cited_passages(case, sentence)
    )
    if not case.sentences:
        return Finding(0.0, "citation_missing")
    score = 1.0 - (missing + unknown) / len(case.sentences)
    reason = "citation_unknown" if unknown else "citation_missing" if missing else None
    return Finding(score, reason, unique_spans(spans))
