"""What the quality ledger holds against documents that come in, alone and beside those that are here. Blocking."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from answerable_knowledge.chunking import Passage
from answerable_knowledge.entries import IndexedDocument
from answerable_knowledge.index import Index
from answerable_knowledge.marks import Marks
from answerable_knowledge.noise import is_mojibake, is_ocr_noise
from answerable_knowledge.quality import Card, Ledger, card_findings
from answerable_knowledge.rows import passage_id
from answerable_knowledge.similarity import keys_of, sketch_of
from answerable_knowledge.surroundings import HEAD_COLUMNS, PASSAGE_COLUMNS, Row, StoredPassage, Surroundings
from answerable_trust.contradictions import Claims, are_comparable, contradictions, read_claims
from answerable_trust.values import Passage as Source

Places = tuple[tuple[tuple[int, int], tuple[int, int]], ...]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A document that was read and cut. Its index entry says nothing yet about its findings."""

    entry: IndexedDocument
    passages: Sequence[Passage]


@dataclass(frozen=True, slots=True)
class Examined:
    """The entry with its findings, what is stored beside its text, and which passages of others it contradicts."""

    entry: IndexedDocument
    marks: Marks
    contradicted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """What a document says, before it is looked at beside others."""

    incoming: Incoming
    texts: Sequence[str]
    claims: Sequence[Claims]
    head: Row
    """Its head row."""

    @property
    def passages(self) -> Iterator[Row]:
        """Its passage rows."""
        entry = self.incoming.entry
        for passage, said in zip(self.incoming.passages, self.claims, strict=True):
            own = {"passage_id": passage_id(entry, passage.ordinal), "text": passage.text, "locator": passage.locator}
            yield own | {"keys": said.keys} | _named(entry, PASSAGE_COLUMNS)


def examine_in(index: Index, incoming: Sequence[Incoming]) -> list[Examined]:
    """Look at documents of one tenant beside those that the index holds now, and each beside those before it."""
    read = [_read(one) for one in incoming]
    inventory = index.inventory(incoming[0].entry.tenant)
    keys = [key for one in read for said in one.claims for key in said.keys]
    around = Surroundings() if inventory is None else inventory.around([one.head for one in read], keys)
    examined = []
    said_by = lru_cache(maxsize=None)(lambda other: claims_of(other.title, other.text))  # several may touch the same
    for one in read:
        examined.append(_examine(one, around, said_by))
        around.add(one.head, one.passages)
    return examined


def hold_conflict(index: Index, tenant: str, passage_ids: Sequence[str]) -> None:
    """Hold against passages that are here that a document which came in contradicts them.

    Raises:
        WriteFailed: try again.
    """
    inventory = index.inventory(tenant) if passage_ids else None
    for amendment in inventory.added(passage_ids, "conflict") if inventory is not None else ():
        index.mark(tenant, amendment)


def _examine(read: _Read, around: Surroundings, said_by: Callable[[StoredPassage], Claims]) -> Examined:
    entry, passages = read.incoming.entry, read.incoming.passages
    document = {*card_findings(card_of(entry), read.texts, entry.indexed_at), *_beside_others(read, around)}
    by_passage = {passage.ordinal: _damage(passage.text) for passage in passages}
    ordinals, contradicted = _conflicts(read, around, said_by)
    for ordinal in ordinals:
        by_passage[ordinal].add("conflict")
    ledger = Ledger(
        tuple(sorted(document)), {ordinal: tuple(sorted(codes)) for ordinal, codes in by_passage.items() if codes}
    )
    return Examined(
        replace(entry, findings=ledger.codes, quality=ledger.score(len(passages))),
        Marks(ledger, read.head["sketch"], tuple(one.keys for one in read.claims)),
        tuple(sorted(set(contradicted))),
    )


def _read(incoming: Incoming) -> _Read:
    texts = [passage.text for passage in incoming.passages]
    claims = [claims_of(incoming.entry.title, text) for text in texts]
    sketch = sketch_of(texts)
    keys = keys_of(sketch) if sketch else ()
    head = {"sketch": sketch, "keys": keys} | _named(incoming.entry, HEAD_COLUMNS)
    return _Read(incoming, texts, claims, head)


def claims_of(title: str, text: str) -> Claims:
    """What a passage says that another one could contradict."""
    return read_claims(Source(1, "", "", title, text, stale=False, score=0.0))


class Comparison:
    """Finds where passages contradict each other; keeps what the last few of them say."""

    def __init__(self) -> None:
        self._claims = lru_cache(maxsize=1024)(claims_of)

    def __call__(self, ours: StoredPassage, theirs: StoredPassage) -> Places:
        """Characters from and to, of ours and of theirs."""
        if not are_comparable(ours.title, theirs.title):
            return ()
        said = (self._claims(one.title, one.text) for one in (ours, theirs))
        return tuple(((one.start, one.end), (other.start, other.end)) for one, other in contradictions(*said))


def card_of(entry: IndexedDocument) -> Card:
    return Card(entry.title, entry.source, entry.owner, entry.readers, entry.review_by, entry.valid_until)


def _named(entry: IndexedDocument, columns: Iterable[str]) -> dict[str, object]:
    return {name: getattr(entry, name) for name in columns if hasattr(entry, name)}


def _damage(text: str) -> set[str]:
    found = {"mojibake": is_mojibake(text), "ocr_noise": is_ocr_noise(text)}
    return {code for code, holds in found.items() if holds}


def _beside_others(read: _Read, around: Surroundings) -> Iterator[str]:
    """Whether a document that it says it replaces is here is not asked: in a new collection it may come later."""
    entry = read.incoming.entry
    yield from (one.code for one in around.alike(read.head))
    if around.superseded([entry.document_id], entry.indexed_at):
        yield "superseded"
    if around.replaces_itself(entry.document_id, entry.supersedes):
        yield "supersedes_cycle"


def _conflicts(
    read: _Read, around: Surroundings, said_by: Callable[[StoredPassage], Claims]
) -> tuple[Iterable[int], list[str]]:
    """Which of its passages contradict one of another document, and which those are."""
    entry, claims = read.incoming.entry, read.claims
    ours: set[int] = set()
    theirs: list[str] = []
    by_key = _ordinals_by_key(claims)
    for other in around.sharing(entry.document_id, by_key, entry.indexed_at):
        if other.document_id == entry.supersedes or not are_comparable(entry.title, other.title):
            continue
        said = said_by(other)
        near = sorted({ordinal for key in said.keys for ordinal in by_key.get(key, ())})
        against = [ordinal for ordinal in near if contradictions(claims[ordinal], said)]
        ours.update(against)
        theirs += [other.passage_id] if against else []
    return ours, theirs


def _ordinals_by_key(claims: Sequence[Claims]) -> Mapping[int, Sequence[int]]:
    found: dict[int, list[int]] = {}
    for ordinal, one in enumerate(claims):
        for key in one.keys:
            found.setdefault(key, []).append(ordinal)
    return found
