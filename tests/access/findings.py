"""What was tried, and what was found."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from tests.access.organisation import CANARY


@dataclass
class Findings:
    """Counts by the way on which something came out; never a text."""

    triples: int = 0
    """A person, a document and a question: may the document come up?"""
    searches: int = 0
    explained: int = 0
    leaks: Counter[str] = field(default_factory=Counter)
    hidden: Counter[str] = field(default_factory=Counter)
    """What somebody may read and was not given, though they asked for it by a word that stands nowhere else."""

    def judge(self, way: str, text: str, permitted: Collection[str]) -> None:
        """Each canary of a text that must not stand there is a leak."""
        self.leaks[way] += len(set(CANARY.findall(text)).difference(permitted))
