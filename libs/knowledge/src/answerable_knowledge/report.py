"""What a survey found: scores by collection, the worst documents, evidence. Read from its file, a part at a time."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from answerable_knowledge.inventory import Amendment, Held
from answerable_knowledge.quality import Ledger, score


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents of one source. `name` is None for those that name none; `quality` is the mean of theirs."""

    name: str | None
    documents: int
    with_findings: int
    quality: float
    worst: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for a finding: another document, and the places of both where there are any."""

    code: str
    place: str
    said: str
    other_id: str
    other_place: str
    other_said: str


@dataclass(frozen=True, slots=True)
class Assessed:
    """A document with what is held against it. `findings` counts passages; 0: the whole document."""

    document_id: str
    version: int
    title: str
    collection: str | None
    owner: str | None
    passages: int
    quality: float
    findings: Mapping[str, int]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """The ledger of one document; `numbers` says which passage is which of its ordinals."""

    document_id: str
    passages: int
    ledger: Ledger
    numbers: Mapping[str, int]


class Report:
    """The findings of a survey, while its context lasts."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file

    def counts(self, collection: str | None = None) -> dict[str, int]:
        """How many documents, of a collection or of all, have each finding; most first."""
        rows = self._file.execute(
            "SELECT code, count(DISTINCT document_id) FROM findings JOIN documents USING (document_id)"
            " WHERE :collection IS NULL OR collection = :collection GROUP BY code ORDER BY 2 DESC, 1",
            {"collection": collection},
        )
        return dict(rows.fetchall())

    def collections(self) -> list[Collection]:
        """Scores by collection, worst first."""
        rows = self._file.execute(
            "SELECT collection, count(*), sum(document_id IN (SELECT document_id FROM findings)),"
            " round(avg(quality), 4), min(quality) FROM documents JOIN scores USING (document_id)"
            " GROUP BY collection ORDER BY 4, 1"
        )
        return [Collection(*row) for row in rows]

    def worst(self, limit: int, evidence: int, collection: str | None = None) -> Iterator[Assessed]:
        """Documents with findings, worst first; of each so many pieces of evidence."""
        rows = self._file.execute(
            "SELECT document_id, version, title, collection, owner, passages, quality FROM documents"
            " JOIN scores USING (document_id) WHERE document_id IN (SELECT document_id FROM findings)"
            " AND (:collection IS NULL OR collection = :collection) ORDER BY quality, document_id LIMIT :limit",
            {"limit": limit, "collection": collection},
        )
        for row in rows.fetchall():
            yield self._assessed(row, evidence)

    def _assessed(self, row: tuple[Any, ...], evidence: int) -> Assessed:
        document_id, version, title, collection, owner, passages, quality = row
        return Assessed(
            document_id=document_id,
            version=version,
            title=title,
            collection=collection,
            owner=owner,
            passages=passages,
            quality=quality,
            findings=self._findings(document_id),
            evidence=self._evidence(document_id, evidence),
        )

    def renewed(self) -> Iterator[Amendment]:
        """What the index is to hold against each document and its passages, where it holds something else."""
        for row in ledgers(self._file):
            held = {
                passage_id: Held(codes, score(codes))
                for passage_id, stored in self._file.execute(
                    "SELECT passage_id, stored FROM passages WHERE document_id = ?", [row.document_id]
                )
                if (codes := row.ledger.of_passage(row.numbers.get(passage_id, -1))) != tuple(stored.split())
            }
            head_id, version, stored, quality = self._file.execute(
                "SELECT head_id, version, stored, stored_quality FROM documents WHERE document_id = ?",
                [row.document_id],
            ).fetchone()
            of_all = Held(row.ledger.codes, row.ledger.score(row.passages))
            if of_all != Held(tuple(stored.split()), -1.0 if quality is None else quality):
                held[head_id] = of_all
            if held:
                yield Amendment(row.document_id, version, held)

    def _findings(self, document_id: str) -> dict[str, int]:
        rows = self._file.execute(
            "SELECT code, sum(passage_id != '') FROM findings WHERE document_id = ? GROUP BY code ORDER BY code",
            [document_id],
        )
        return dict(rows.fetchall())

    def _evidence(self, document_id: str, limit: int) -> tuple[Evidence, ...]:
        rows = self._file.execute(
            "SELECT DISTINCT code, place, said, other_id, other_place, other_said FROM evidence WHERE document_id = ?"
            " ORDER BY 1, 4, 2, 5 LIMIT ?",
            [document_id, limit],
        )
        return tuple(Evidence(*row) for row in rows)


def ledgers(file: sqlite3.Connection) -> Iterator[LedgerRow]:
    """The ledger of each document, in the order of their ids."""
    rows = file.execute(
        "SELECT d.document_id, d.passages, f.passage_id, f.code FROM documents d"
        " LEFT JOIN findings f USING (document_id) ORDER BY 1, 3, 4"
    )
    for (document_id, passages), mine in groupby(rows, key=lambda row: (row[0], row[1])):
        found: dict[str, list[str]] = {}
        for _, _, passage_id, code in mine:
            if code is not None:
                found.setdefault(passage_id, []).append(code)
        document = tuple(found.pop("", ()))
        numbers = {passage_id: number for number, passage_id in enumerate(found)}
        by_number = {number: tuple(found[passage_id]) for passage_id, number in numbers.items()}
        yield LedgerRow(document_id, passages, Ledger(document, by_number), numbers)
