"""What the quality ledger holds against a document that comes in, alone and beside those that are here. Blocking."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from answerable_knowledge.chunking import Passage
from answerable_knowledge.entries import IndexedDocument
from answerable_knowledge.index import Index
from answerable_knowledge.inventory import Inventory, StoredPassage
from answerable_knowledge.marks import Marks
from answerable_knowledge.noise import is_mojibake, is_ocr_noise
from answerable_knowledge.quality import Card, Ledger, card_findings
from answerable_knowledge.similarity import sketch_of
from answerable_trust.contradictions import Claims, are_comparable, contradictions, read_claims
from answerable_trust.values import Passage as Source

Places = tuple[tuple[tuple[int, int], tuple[int, int]], ...]


@dataclass(frozen=True, slots=True)
class Examined:
    """The entry with its findings, what is stored beside its text, and which passages of others it contradicts."""

    entry: IndexedDocument
    marks: Marks
    contradicted: tuple[str, ...]


def examine_in(index: Index, entry: IndexedDocument, passages: Sequence[Passage]) -> Examined:
    """Look at a document beside those that the index holds now."""
    return examine(entry, passages, index.inventory(entry.tenant))


def hold_conflict(index: Index, tenant: str, passage_ids: Sequence[str]) -> None:
    """Hold against passages that are here that a document which came in contradicts them.

    Raises:
        WriteFailed: try again.
    """
    inventory = index.inventory(tenant) if passage_ids else None
    for amendment in inventory.added(passage_ids, "conflict") if inventory is not None else ():
        index.mark(tenant, amendment)


def examine(entry: IndexedDocument, passages: Sequence[Passage], inventory: Inventory | None) -> Examined:
    """Look at a document as of `indexed_at`. The inventory is that of its tenant; None: nothing is there yet."""
    texts = [passage.text for passage in passages]
    claims = [claims_of(entry.title, text) for text in texts]
    sketch = sketch_of(texts)
    document = set(card_findings(card_of(entry), texts, entry.indexed_at))
    by_passage = {passage.ordinal: _damage(passage.text) for passage in passages}
    contradicted: list[str] = []
    if inventory is not None:
        document |= _beside_others(entry, sketch, inventory)
        ordinals, contradicted = _conflicts(entry, claims, inventory)
        for ordinal in ordinals:
            by_passage[ordinal].add("conflict")
    ledger = Ledger(
        tuple(sorted(document)), {ordinal: tuple(sorted(codes)) for ordinal, codes in by_passage.items() if codes}
    )
    return Examined(
        replace(entry, findings=ledger.codes, quality=ledger.score(len(passages))),
        Marks(ledger, sketch, tuple(one.keys for one in claims)),
        tuple(sorted(set(contradicted))),
    )


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


def _damage(text: str) -> set[str]:
    found = {"mojibake": is_mojibake(text), "ocr_noise": is_ocr_noise(text)}
    return {code for code, holds in found.items() if holds}


def _beside_others(entry: IndexedDocument, sketch: bytes | None, inventory: Inventory) -> set[str]:
    """Whether a document that it says it replaces is here is not asked: in a new collection it may come later."""
    alike = inventory.alike(entry.document_id, entry.content_sha256, sketch)
    found = {one.code for one in alike if one.document_id != entry.supersedes}
    if inventory.superseded([entry.document_id], entry.indexed_at):
        found.add("superseded")
    if inventory.replaces_itself(entry.document_id, entry.supersedes):
        found.add("supersedes_cycle")
    return found


def _conflicts(
    entry: IndexedDocument, claims: Sequence[Claims], inventory: Inventory
) -> tuple[Iterable[int], list[str]]:
    """Which of its passages contradict one of another document, and which those are."""
    ours: set[int] = set()
    theirs: list[str] = []
    by_key = _ordinals_by_key(claims)
    for other in inventory.sharing(entry.document_id, by_key, entry.indexed_at):
        if other.document_id == entry.supersedes or not are_comparable(entry.title, other.title):
            continue
        said = claims_of(other.title, other.text)
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
