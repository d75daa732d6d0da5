"""Documents, changes of them, and questions: made up, the same for the same seed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from answerable_events.message import Message
from answerable_events.requests import Asker
from tests.support import documents as made
from tests.support.questions import asked

GROUPS = ("staff", "hr", "board", "field", "lab")
PEOPLE = ("ada", "bob", "cyn", "dee", "eli", "fay")
_SYLLABLES = ("ka", "lo", "mi", "ren", "tu", "sol", "ve", "dar", "ni", "pos", "gra", "el", "um", "ti", "cha")
_WORDS = 4_000
_PARTITIONS = 6


@dataclass
class Corpus:
    """What the documents are now; each call makes the next message."""

    seed: int
    chance: Random = field(init=False)
    words: list[str] = field(init=False)
    versions: dict[str, int] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    clock: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(days=1))

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.words = sorted({self._word() for _ in range(3 * _WORDS)})[:_WORDS]

    def filled(self, large: int, small: int, words_each: int) -> Iterator[Message]:
        """The documents that are there from the beginning."""
        for number in range(large):
            yield self._submit(f"large/{number}.md", words_each)
        for number in range(small):
            yield self._submit(f"small/{number}.md", 120)

    def changes(self, count: int) -> Iterator[Message]:
        """New versions, new documents, withdrawals, other readers, other members of groups."""
        for number in range(count):
            self.clock += timedelta(seconds=1)
            kind = self.chance.choices(("version", "new", "withdraw", "access", "group"), (60, 10, 5, 20, 5))[0]
            known = self.chance.choice(sorted(self.versions))
            if kind == "version":
                yield self._submit(known if known.startswith("small/") else f"small/{number % 50}.md", 120)
            elif kind == "new":
                yield self._submit(f"small/new-{number}.md", 120)
            elif kind == "withdraw":
                yield made.withdrawn(known, self.clock)
            elif kind == "access":
                denied = (f"user:{self.chance.choice(PEOPLE)}",) if self.chance.random() < 0.3 else ()
                yield made.access(*self._readers(), document_id=known, at=self.clock, denied=denied)
            else:
                members = [f"user:{self.chance.choice(PEOPLE)}", f"group:{self.chance.choice(GROUPS)}"]
                yield made.group(self.chance.choice(GROUPS), *members, at=self.clock)

    def questions(self, count: int, as_of: datetime) -> Iterator[Message]:
        """Words out of documents, asked by various people; every tenth is about the past."""
        names = sorted(self.texts)
        for number in range(count):
            words = self.chance.choice(self.texts[self.chance.choice(names)]).split()
            at = self.chance.randrange(max(1, len(words) - 7))
            asker = Asker(subject=self.chance.choice(PEOPLE), groups=tuple(self.chance.sample(GROUPS, 2)))
            yield asked(
                " ".join(words[at : at + 7]),
                asker=asker,
                partition=number % _PARTITIONS,
                as_of=as_of if number % 10 == 9 else None,
                deadline=datetime.now(UTC) + timedelta(days=1),
            )

    def _submit(self, name: str, words: int) -> Message:
        version = self.versions.get(name, 0) + 1
        self.versions[name] = version
        paragraphs = [self._text(min(120, words - start)) for start in range(0, words, 120)]
        self.texts.setdefault(name, paragraphs)
        days = self.chance.choice((None, None, None, -1, 30))
        valid_until = None if days is None else datetime.now(UTC) + timedelta(days=days)
        return made.submitted(
            name,
            "\n\n".join(paragraphs),
            version=version,
            readers=self._readers(),
            valid_until=valid_until,
            submitted_at=self.clock,
        )

    def _readers(self) -> tuple[str, ...]:
        groups = self.chance.sample(GROUPS, self.chance.randrange(1, 4))
        return (*(f"group:{name}" for name in groups), f"user:{self.chance.choice(PEOPLE)}")

    def _text(self, words: int) -> str:
        """The commoner a word, the earlier in the list."""
        ranks = (min(int(self.chance.paretovariate(0.6)), _WORDS) - 1 for _ in range(words))
        return " ".join(self.words[rank % len(self.words)] for rank in ranks).capitalize() + "."

    def _word(self) -> str:
        return "".join(self.chance.choices(_SYLLABLES, k=self.chance.randrange(2, 5)))
