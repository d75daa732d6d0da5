"""May the asker still read what the answer was made from?"""

from answerable_trust.findings import Finding
from answerable_trust.values import Case, Span


def find_revoked(case: Case) -> Finding:
    """Nothing that the model was given has been taken from the asker since, cited or not; evidence is what has."""
    revoked = [passage for passage in case.passages if passage.label in case.revoked]
    score = 1.0 - len(revoked) / len(case.passages) if case.passages else 1.0
    spans = tuple(Span(passage.label, 0, len(passage.text)) for passage in revoked)
    return Finding(score, "access_changed" if revoked else None, spans)
