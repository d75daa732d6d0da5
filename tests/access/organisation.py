"""Random organisations: their facts, each with its time, and who may read what by a rule of twenty lines."""

import random
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

BEGIN = datetime(2026, 11, 24, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CANARY = re.compile(r"canary[a-z]{12}")
"""Stands in the title and in every passage of a version, and nowhere else."""

TENANTS = ("norvik", "acme")
"""Of each organisation; documents, groups and people have the same names in both."""

_OPENING = "The yearly report on leave and pay tells of"
_SHARED_WORDS = ("travel", "budget", "safety", "shop", "north", "south", "rules", "days", "hours", "offices", "cars")


def question_about(codeword: str) -> str:
    """A question that every document answers, and one of them best."""
    return f"What does the yearly report on leave and pay tell of {codeword}?"


@dataclass(frozen=True)
class Submitted:
    """A version of a document."""

    at: int
    tenant: str
    document: str
    version: int
    readers: frozenset[str]
    denied: frozenset[str]
    canary: str
    codeword: str
    texts: tuple[str, ...]
    begins: int | None = None
    ends: int | None = None
    supersedes: str | None = None

    def in_force(self, now: int) -> bool:
        return (self.begins is None or self.begins <= now) and (self.ends is None or self.ends >= now)


@dataclass(frozen=True)
class Changed:
    """Other readers for a document."""

    at: int
    tenant: str
    document: str
    readers: frozenset[str]
    denied: frozenset[str]


@dataclass(frozen=True)
class Withdrawn:
    """A document was taken back."""

    at: int
    tenant: str
    document: str


@dataclass(frozen=True)
class Members:
    """Other members for a group."""

    at: int
    tenant: str
    group: str
    members: frozenset[str]


Fact = Submitted | Changed | Withdrawn | Members


@dataclass(frozen=True)
class Person:
    """Somebody with a verified token."""

    tenant: str
    name: str
    groups: tuple[str, ...]

    @property
    def principals(self) -> frozenset[str]:
        return frozenset({f"user:{self.name}", *(f"group:{group}" for group in self.groups)})


def moment(at: int, begin: datetime = BEGIN) -> datetime:
    return begin + at * MINUTE


# The oracle. It knows facts and nothing of the code that is tested, and looks at the times of facts only.


def closure(principals: Iterable[str], facts: Collection[Fact], tenant: str) -> set[str]:
    """The person and every group that they are in, at any depth."""
    told = sorted((fact for fact in facts if isinstance(fact, Members) and fact.tenant == tenant), key=_time)
    members = {f"group:{fact.group}": fact.members for fact in told}
    mine = set(principals)
    while more := {group for group, inside in members.items() if mine & inside} - mine:
        mine |= more
    return mine


def readable(person: Person, facts: Collection[Fact], now: int) -> dict[str, Submitted]:
    """The documents that the person may read, each with the version that counts."""
    mine = closure(person.principals, facts, person.tenant)
    standing = {document: rule for document, rule in rules(person.tenant, facts).items() if not rule[2]}
    replaced = {
        one.supersedes for name, (one, _, _) in standing.items() if one.in_force(now) and one.supersedes != name
    }
    return {
        document: version
        for document, (version, access, _) in standing.items()
        if mine & access.readers and not mine & access.denied
        and document not in replaced and version.in_force(now)
    }  # fmt: skip


def permitted_at_last(person: Person, facts: Collection[Fact]) -> dict[str, bool]:
    """Documents that access permits, in force or not, and whether they are withdrawn: of those, as it was at last."""
    mine = closure(person.principals, facts, person.tenant)
    return {
        document: withdrawn
        for document, (_, access, withdrawn) in rules(person.tenant, facts).items()
        if mine & access.readers and not mine & access.denied
    }


def rules(tenant: str, facts: Collection[Fact]) -> dict[str, tuple[Submitted, Submitted | Changed, bool]]:
    """For each document: the version that counts, the access that counts, and whether it is withdrawn."""
    found = {}
    for document in {fact.document for fact in facts if isinstance(fact, Submitted) and fact.tenant == tenant}:
        own = [
            one for one in facts if not isinstance(one, Members) and (one.tenant, one.document) == (tenant, document)
        ]
        version = max((one for one in own if isinstance(one, Submitted)), key=_time)
        access = max((one for one in (version, *own) if isinstance(one, Changed) or one is version), key=_time)
        found[document] = version, access, any(isinstance(one, Withdrawn) and one.at > version.at for one in own)
    return found


def _time(fact: Fact) -> int:
    return fact.at


# The organisations.


class Organisation:
    """Makes facts, each later than the one before. Two tenants live beside each other and share every name."""

    def __init__(self, seed: int, *, documents: int, people: int, groups: int) -> None:
        self._random = random.Random(seed)
        self._at = 0
        self._documents = [f"handbook/{number}.md" for number in range(documents)]
        self._groups = [f"team {number}" for number in range(groups)]
        self._names = [f"person {number}" for number in range(people)]
        self._versions: dict[tuple[str, str], int] = {}
        self.people = [
            Person(tenant, name, tuple(self._random.sample(self._groups, self._random.choice((0, 0, 1, 2)))))
            for tenant in TENANTS
            for name in self._names
        ]

    @property
    def now(self) -> int:
        return self._at

    def founding(self) -> list[Fact]:
        """Members of every group and a first version of every document."""
        facts: list[Fact] = [self._members(tenant, group) for tenant in TENANTS for group in self._groups]
        return facts + [self._submitted(tenant, document) for tenant in TENANTS for document in self._documents]

    def changes(self, count: int) -> list[Fact]:
        """What happens next."""
        return [self._change(self._random.choice(TENANTS)) for _ in range(count)]

    def arrival(self, fresh: Sequence[Fact], before: Sequence[Fact]) -> Iterator[Fact]:
        """The facts as they arrive: in any order, some of them twice, some old ones once more."""
        arriving = [*fresh, *self._random.sample(fresh, len(fresh) // 4)]
        arriving += self._random.sample(before, min(len(before), len(fresh) // 4))
        self._random.shuffle(arriving)
        yield from arriving

    def _change(self, tenant: str) -> Fact:
        kind = self._random.choices(("access", "members", "version", "withdrawal"), (5, 4, 2, 1))[0]
        document = self._random.choice(self._documents)
        if kind == "access":
            return Changed(self._tick(), tenant, document, self._names_of(0.4), self._names_of(0.15))
        if kind == "members":
            return self._members(tenant, self._random.choice(self._groups))
        if kind == "version":
            return self._submitted(tenant, document)
        return Withdrawn(self._tick(), tenant, document)

    def _submitted(self, tenant: str, document: str) -> Submitted:
        at, canary = self._tick(), "canary" + self._letters(12)
        codeword = "zq" + self._letters(8)
        self._versions[tenant, document] = version = self._versions.get((tenant, document), 0) + 1
        submitted = Submitted(
            at, tenant, document, version, self._names_of(0.5), self._names_of(0.1), canary, codeword,
            tuple(self._text(canary, codeword) for _ in range(self._random.choice((1, 2, 3)))),
        )  # fmt: skip
        dice = self._random.random()
        if dice < 0.06:
            return replace(submitted, ends=at - 1)
        if dice < 0.12:
            return replace(submitted, begins=at + 1_000_000)
        if dice < 0.2:
            return replace(submitted, supersedes=self._random.choice(self._documents))
        return submitted

    def _members(self, tenant: str, group: str) -> Members:
        """People, and groups: of any kind, so that there are chains, circles and a group in itself."""
        people = self._random.sample(self._names, self._random.choice((0, 1, 2)))
        groups = self._random.sample(self._groups, self._random.choice((0, 0, 1, 1, 2)))
        inside = {f"user:{name}" for name in people} | {f"group:{name}" for name in groups}
        return Members(self._tick(), tenant, group, frozenset(inside))

    def _names_of(self, likely: float) -> frozenset[str]:
        """Some people and groups; nobody, now and then."""
        if self._random.random() > 2 * likely:
            return frozenset()
        groups = self._random.sample(self._groups, self._random.choice((0, 1, 1, 2)))
        people = self._random.sample(self._names, self._random.choice((0, 0, 1)))
        return frozenset({f"group:{name}" for name in groups} | {f"user:{name}" for name in people})

    def _text(self, canary: str, codeword: str) -> str:
        shared = self._random.sample(_SHARED_WORDS, 5)
        own = [self._letters(7) for _ in range(12)]
        return " ".join([_OPENING, *shared, codeword, *own, canary]) + "."

    def _letters(self, count: int) -> str:
        return "".join(self._random.choices("abcdefghijklmnopqrstuvwxyz", k=count))

    def _tick(self) -> int:
        self._at += 1
        return self._at
