"""How closely together a passage has the words of a question: a second look at the best candidates. Pure.

BM25 counts words wherever they stand, and a vector blurs them; a passage that has them within one sentence more often
holds the answer. Words count by how few of the candidates have them, so no statistics of the corpus are needed.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from answerable_knowledge.ranking import normalised

_WINDOW = 30
"""Words in a row, about a long sentence."""

_STEM = 6
"""Words that begin with the same six letters count as the same."""

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")


def proximity(question: str, texts: Sequence[str]) -> list[float]:
    """For each text, the share of the question's words in its best window: 0 to 1.

    A word weighs the more, the fewer of these texts have it; one that none has weighs nothing.
    """
    stems = [_stems(text) for text in texts]
    weights = _weights(_stems(question), stems)
    total = sum(weights.values())
    return [_best_window(each, weights) / total if total else 0.0 for each in stems]


def _stems(text: str) -> list[str]:
    return [word[:_STEM] for word in _WORD.findall(normalised(text))]


def _weights(asked: Iterable[str], texts: Sequence[Sequence[str]]) -> dict[str, float]:
    having = Counter(word for text in texts for word in set(text))
    return {word: math.log((len(texts) + 1) / (having[word] + 0.5)) for word in sorted(set(asked)) if having[word]}


def _best_window(text: Sequence[str], weights: Mapping[str, float]) -> float:
    """The largest weight of different words within `_WINDOW` words in a row."""
    found = [(place, word) for place, word in enumerate(text) if word in weights]
    best = 0.0
    first = 0
    inside: Counter[str] = Counter()
    for place, word in found:
        inside[word] += 1
        while found[first][0] <= place - _WINDOW:
            inside[found[first][1]] -= 1
            first += 1
        best = max(best, math.fsum(weights[each] for each, count in inside.items() if count))
    return best
