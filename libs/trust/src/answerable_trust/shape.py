"""Is the answer something that can be shown?"""

import unicodedata

from answerable_trust.findings import Finding
from answerable_trust.values import Case

MOST_SENTENCES = 12
LONGEST_SENTENCE = 1_000  # characters
LONGEST_ANSWER = 4_000  # characters
_ALLOWED_CONTROLS = frozenset("\n\t\u200d\u200c\u00ad")  # line ends, joiners that some scripts need, soft hyphens
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})  # controls, direction marks, surrogates, private use, unassigned


def find_shape(case: Case) -> Finding:
    """The answer has words in every sentence, keeps the limits, and holds no character that hides or reorders text."""
    texts = [sentence.text for sentence in case.sentences]
    fits = (
        0 < len(texts) <= MOST_SENTENCES
        and all(len(text) <= LONGEST_SENTENCE for text in texts)
        and sum(map(len, texts)) <= LONGEST_ANSWER
        and all(any(map(str.isalnum, text)) for text in texts)
        and not any(_is_refused(char) for text in texts for char in text)
    )
    return Finding(float(fits), None if fits else "malformed_answer")


def _is_refused(char: str) -> bool:
    return char == "\ufffd" or (char not in _ALLOWED_CONTROLS and unicodedata.category(char) in _REFUSED)
