"""Every person asks for every document, in every way that the index can be asked; the oracle says what may come."""

import hashlib
import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import numpy as np

from answerable_cli.accessing import Asked, lines_of, look_up
from answerable_knowledge import indexing
from answerable_knowledge.access import principals_of
from answerable_knowledge.entries import Hits, IndexedDocument, Query
from answerable_knowledge.errors import KnowledgeError
from answerable_knowledge.index import Index
from tests.access.findings import Findings
from tests.access.organisation import (
    TENANTS,
    Changed,
    Fact,
    Members,
    Organisation,
    Person,
    Submitted,
    Withdrawn,
    moment,
    permitted_at_last,
    question_about,
    readable,
    rules,
)
from tests.support.passages import passages

DIMENSIONS = 16
LIMIT = 8
_A_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True)
class Size:
    """How much is tried."""

    organisations: int = 2
    indexed: int = 1
    """Of them: in tables with every index that large ones have, some rows in it and some not yet."""
    documents: int = 36
    people: int = 10
    groups: int = 10
    rounds: int = 4
    changes: int = 24
    targets: int = 3
    """Documents that a person asks for by name in each round."""


def try_searching(folder: Path, seed: int, size: Size, findings: Findings) -> None:
    """Organisation after organisation, each in an index of its own; and a person in a crowd."""
    for number in range(size.organisations):
        with _every_index() if number < size.indexed else nullcontext():
            Trial(folder / str(number), seed + number, size, findings).run()
    try_crowd(folder / "crowd", findings)


def try_crowd(folder: Path, findings: Findings) -> None:
    """Who may read one passage among hundreds that fit better finds it: rights narrow the search, not its result."""
    index, document = Index.open(folder, dimensions=DIMENSIONS), "rare.md"
    aim = vector_of("crowd")
    crowd = passages(*("crowd " + "of people " * number for number in range(1, 121)))
    near = np.array([aim + 0.01 * vector_of(passage.text) for passage in crowd])
    index.put(_entry("crowd.md", "group:crowd"), crowd, near)
    index.put(_entry(document, "user:ann"), passages("A crowd, once, among much else."), np.array([-aim]))
    for way, text, vector in (("by words", "crowd", -aim), ("by meaning", "", aim), ("by both", "crowd", aim)):
        query = Query(TENANTS[0], text, vector, frozenset({"user:ann"}), index.snapshot(TENANTS[0]), LIMIT, moment(0))
        findings.hidden[f"in a crowd, {way}"] += found(index.search(query)) != {document}


@contextmanager
def _every_index() -> Iterator[None]:
    with patch.object(indexing, "LARGE", 1), patch.object(indexing, "_FRESH_ROWS", 24):
        yield


def _entry(document: str, reader: str) -> IndexedDocument:
    return entry_of(Submitted(0, TENANTS[0], document, 1, frozenset({reader}), frozenset(), document, "", ()))


def vector_of(text: str) -> np.ndarray:
    """A direction for each text: whoever has the text has the vector."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    return np.random.default_rng(seed).normal(size=DIMENSIONS).astype(np.float32)


class Trial:
    """One organisation: facts arrive, and after every round everybody asks."""

    def __init__(self, folder: Path, seed: int, size: Size, findings: Findings) -> None:
        self._index = Index.open(folder, dimensions=DIMENSIONS, now=lambda: moment(self._organisation.now))
        self._elsewhere = Index.open(folder, dimensions=DIMENSIONS)
        self._organisation = Organisation(seed, documents=size.documents, people=size.people, groups=size.groups)
        self._random = random.Random(seed)
        self._size = size
        self._findings = findings
        self._facts: list[Fact] = []

    def run(self) -> None:
        past: list[tuple[list[Fact], dict[str, str], int]] = []
        for number in range(self._size.rounds):
            fresh = self._organisation.changes(self._size.changes) if number else self._organisation.founding()
            for fact in self._organisation.arrival(fresh, self._facts):
                self._apply(fact)
            self._facts += fresh
            snapshots = {tenant: self._index.snapshot(tenant) for tenant in TENANTS}
            self._everybody_asks(self._facts, snapshots, self._organisation.now)
            self._explain_all(snapshots)
            for facts, earlier, then in past[-1:]:
                self._ask_about_the_past(facts, earlier, then)
            past.append((list(self._facts), snapshots, self._organisation.now))
        self._ask_what_is_refused()

    def _apply(self, fact: Fact) -> None:
        match fact:
            case Submitted():
                cut = passages(*fact.texts, title=fact.canary)
                vectors = np.array([vector_of(text) for text in fact.texts])
                self._index.put(entry_of(fact), cut, vectors)
            case Changed():
                readers, denied = sorted(fact.readers), sorted(fact.denied)
                self._index.set_readers(fact.tenant, fact.document, readers, moment(fact.at), denied)
            case Withdrawn():
                self._index.remove(fact.tenant, fact.document, moment(fact.at))
            case Members():
                self._index.set_members(fact.tenant, fact.group, sorted(fact.members), moment(fact.at))

    def _everybody_asks(self, facts: Sequence[Fact], snapshots: dict[str, str], now: int) -> None:
        for person in self._organisation.people:
            may = readable(person, facts, now)
            standing = rules(person.tenant, facts)
            for document in self._random.sample(sorted(standing), min(self._size.targets, len(standing))):
                target = standing[document][0]
                for way, text, vector in ways_of(target):
                    query = self._query(person, text, vector, snapshots[person.tenant], now)
                    self._judge(way, query, may, target, len(standing))

    def _judge(self, way: str, query: Query, may: dict[str, Submitted], target: Submitted, documents: int) -> None:
        index = self._random.choice((self._index, self._elsewhere))
        hits = index.search(query)
        self._findings.searches += 1
        self._findings.triples += documents
        self._findings.judge(way, f"{hits!r}", {version.canary for version in may.values()})
        wrong = [hit for hit in hits.hits if not _is(may.get(hit.document_id), hit.document_version)]
        self._findings.leaks[way] += len(wrong)
        if target.document in may and target.document not in found(hits):
            self._findings.hidden[way] += 1
        if len(may) == documents and hits.left_out["access"]:
            self._findings.leaks["counts"] += 1

    def _query(self, person: Person, text: str, vector: np.ndarray, snapshot: str, now: int) -> Query:
        principals = principals_of(person.name, person.groups)
        return Query(person.tenant, text, vector, principals, snapshot, LIMIT, moment(now))

    def _ask_about_the_past(self, facts: Sequence[Fact], snapshots: dict[str, str], then: int) -> None:
        """An earlier snapshot says what it said; a question about that time only what is permitted now, too."""
        self._everybody_asks(facts, snapshots, then)
        for person in self._organisation.people:
            before = readable(person, facts, then)
            still = permitted_at_last(person, self._facts)
            may = {document: version for document, version in before.items() if document in still}
            # The trial's clock stands still while a round is written, and the index keeps writes of one document apart.
            snapshot = self._index.snapshot_as_of(person.tenant, moment(then) + _A_MOMENT)
            standing = rules(person.tenant, facts)
            for document in self._random.sample(sorted(standing), 1):
                target = standing[document][0]
                for way, text, vector in ways_of(target):
                    query = self._query(person, text, vector, snapshot, then)
                    self._judge(f"as of, {way}", query, may, target, len(standing))

    def _explain_all(self, snapshots: dict[str, str]) -> None:
        """What an operator is told agrees with the oracle, and quotes no document."""
        now = self._organisation.now
        for person in self._organisation.people:
            may = readable(person, self._facts, now)
            last = permitted_at_last(person, self._facts)
            documents = rules(person.tenant, self._facts)
            told = self._index.permissions(
                person.tenant, principals_of(person.name, person.groups), list(documents), moment(now)
            )
            for document in documents:
                self._findings.explained += 1
                permission = told[document]
                if (permission.objection(moment(now)) is None) != (document in may):
                    self._findings.leaks["permissions"] += 1
                if permission.granted != (document in last):
                    self._findings.leaks["permissions"] += 1
            document = self._random.choice(sorted(documents))
            asked = Asked(person.tenant, person.name, person.groups, document, snapshots[person.tenant])
            answer = look_up(self._index, asked, moment(now))
            self._findings.leaks["explain"] += (answer.reason is None) != (document in may)
            self._findings.judge("explain", "\n".join(lines_of(answer)), ())

    def _ask_what_is_refused(self) -> None:
        """Snapshots of others, of nobody and of no kind: the refusal says nothing of what is there."""
        person = self._organisation.people[0]
        theirs = next(self._index.snapshot(tenant) for tenant in TENANTS if tenant != person.tenant)
        for snapshot in (theirs, f"{person.tenant}@99999", "x", f"{person.tenant}@", f"{theirs}/1", "../x@1"):
            query = self._query(person, "report", vector_of("report"), snapshot, 0)
            try:
                self._findings.judge("refusals", f"{self._index.search(query)!r}", ())
            except (KnowledgeError, ValueError) as error:
                self._findings.judge("refusals", f"{error!r} {error.__cause__!r}", ())
            else:
                self._findings.leaks["refusals"] += 1


def entry_of(fact: Submitted) -> IndexedDocument:
    return IndexedDocument(
        tenant=fact.tenant,
        document_id=fact.document,
        version=fact.version,
        title=fact.canary,
        source=fact.document,
        media_type="text/markdown",
        readers=tuple(fact.readers),
        denied=tuple(fact.denied),
        content_sha256=hashlib.sha256(fact.canary.encode()).hexdigest(),
        indexed_at=moment(fact.at),
        submitted_at=moment(fact.at),
        valid_from=None if fact.begins is None else moment(fact.begins),
        valid_until=None if fact.ends is None else moment(fact.ends),
        supersedes=fact.supersedes,
    )


def ways_of(target: Submitted) -> Iterable[tuple[str, str, np.ndarray]]:
    """By words that stand in the target only, by its exact meaning, and by both."""
    elsewhere = vector_of("something else")
    exact = vector_of(target.texts[0])
    return (
        ("by words", target.codeword, elsewhere),
        ("by meaning", "", exact),
        ("by both", question_about(target.codeword), exact),
    )


def found(hits: Hits) -> set[str]:
    return {hit.document_id for hit in hits.hits}


def _is(version: Submitted | None, number: int) -> bool:
    return version is not None and version.version == number
