"""The same passages in three engines: our index, tantivy's BM25, and LanceDB as its documentation sets it up."""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import tantivy

from answerable_knowledge import indexing, rows
from answerable_knowledge.chunking import Passage
from answerable_knowledge.entries import Addition, IndexedDocument, Query
from answerable_knowledge.index import Index
from answerable_models.embedders import space_of
from answerable_models.static_embedding import StaticEmbedder
from tests.bench.texts import Text
from tests.support.passages import NOW

TENANT = "bench"
ASKER = frozenset({"user:ann", "group:g3", "group:g7", "group:all"})
"""May read about two fifths of the documents."""

DIMENSIONS = 384
_DOCUMENT = 10
_GROUPS = 40
_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Material:
    """Passages with their vectors; ten in a row are a document, and `readers` are those of each document."""

    texts: Sequence[Text]
    vectors: np.ndarray
    readers: Sequence[tuple[str, ...]]

    def permitted(self) -> np.ndarray:
        """Which passages the asker may read."""
        return np.array([bool(ASKER.intersection(self.readers[n // _DOCUMENT])) for n in range(len(self.texts))])


def material(texts: Sequence[Text], kept: Path) -> Material:
    """With vectors of the fast embedder, which are kept in a file between runs."""
    vectors = embedded([text.searched for text in texts], kept)
    dice = random.Random(1)
    readers = [
        tuple({f"group:g{dice.randrange(_GROUPS)}", f"group:g{dice.randrange(_GROUPS)}"})
        + (("group:all",) if dice.random() < 0.3 else ())
        for _ in range(0, len(texts), _DOCUMENT)
    ]
    return Material(texts, vectors, readers)


def embedded(texts: Sequence[str], kept: Path) -> np.ndarray:
    embedder = StaticEmbedder()
    key = hashlib.sha256(embedder.revision.encode())
    for text in texts:
        key.update(hashlib.sha256(text.encode("utf-8", "replace")).digest())
    file = kept / f"bench-vectors-{key.hexdigest()[:16]}.npy"
    if file.is_file():
        return np.asarray(np.load(file), np.float32)
    parts = [embedder.embed(texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)]
    kept.mkdir(exist_ok=True)
    np.save(file, np.concatenate(parts).astype(np.float16))
    return np.asarray(np.load(file), np.float32)


def our_index(material: Material, folder: Path) -> Index:
    """Filled in large commits, which ingestion does not make; then indexed as upkeep does it."""
    index = Index.open(folder, dimensions=DIMENSIONS, embedder=space_of(StaticEmbedder()))
    store = index._store
    table = store.writable(TENANT)
    for batch in _batches(_documents(material, store.schema)):
        table.add(pa.concat_tables(batch), on_bad_vectors="null")
    indexing.keep_up(table)
    return index


def passage_id(number: int) -> str:
    """Of our index, for the passage of this number."""
    document, ordinal = divmod(number, _DOCUMENT)
    return f"{hashlib.sha256(f'd{document}'.encode()).hexdigest()[:24]}.1.{ordinal}"


def query(text: str, vector: np.ndarray, snapshot: str, limit: int = 10) -> Query:
    return Query(TENANT, text, vector, ASKER, snapshot, limit, NOW)


class Tantivy:
    """BM25 alone, with English stems and the same filter."""

    def __init__(self, material: Material, folder: Path) -> None:
        folder.mkdir()
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("text", stored=True, tokenizer_name="en_stem")
        builder.add_text_field("readers", tokenizer_name="raw", index_option="basic")
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema, path=str(folder))
        writer = self._index.writer()
        for number, text in enumerate(material.texts):
            document = tantivy.Document(text=text.searched)
            for reader in material.readers[number // _DOCUMENT]:
                document.add_text("readers", reader)
            writer.add_document(document)
        writer.commit()
        self._index.reload()

    def search(self, text: str) -> list[str]:
        searcher = self._index.searcher()
        readers = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "readers", reader, "basic"))
            for reader in sorted(ASKER)
        ]
        words = self._index.parse_query_lenient(text, ["text"])[0]
        filtered = tantivy.Query.const_score_query(tantivy.Query.boolean_query(readers), 0.0)
        wanted = tantivy.Query.boolean_query([(tantivy.Occur.Must, words), (tantivy.Occur.Must, filtered)])
        return [searcher.doc(address)["text"][0] for _, address in searcher.search(wanted, 10).hits]


class LanceDbDefault:
    """LanceDB with the default index on vectors and on words, its hybrid search and the same filter."""

    def __init__(self, ours: Index, folder: Path) -> None:
        import lancedb  # noqa: PLC0415 - slow

        source: Any = ours._store.newest(TENANT)
        columns = ["passage_id", "readers", "searched_text", "vector"]
        held = source.search().where("ordinal >= 0").select(columns).limit(None).to_arrow().select(columns)
        self._table = lancedb.connect(str(folder)).create_table("passages", held)
        self._table.create_index("cosine")
        self._table.create_fts_index("searched_text")
        self._where = f"array_has_any(readers, [{rows.listed(sorted(ASKER))}])"

    def nearest(self, vector: np.ndarray) -> set[str]:
        search: Any = self._table.search(vector, vector_column_name="vector")
        found = (
            search.distance_type("cosine")
            .where(self._where, prefilter=True)
            .select(["passage_id"])
            .limit(10)
            .to_arrow()
        )
        return set(found.column("passage_id").to_pylist())

    def search(self, text: str, vector: np.ndarray) -> Any:
        words = "".join(character if character.isalnum() else " " for character in text)
        search: Any = self._table.search(query_type="hybrid", vector_column_name="vector", fts_columns="searched_text")
        return search.vector(vector).text(words).where(self._where, prefilter=True).limit(10).to_arrow()


def _documents(material: Material, schema: pa.Schema) -> Iterator[pa.Table]:
    for start in range(0, len(material.texts), _DOCUMENT):
        texts = material.texts[start : start + _DOCUMENT]
        number = start // _DOCUMENT
        document = IndexedDocument(
            tenant=TENANT,
            document_id=f"d{number}",
            version=1,
            title=texts[0].title,
            source=f"d{number}.txt",
            media_type="text/plain",
            readers=material.readers[number],
            content_sha256="0" * 64,
            indexed_at=NOW,
        )
        passages = [
            Passage(n, text.text, f"line {n + 1}", None, 0, len(text.text), text.searched)
            for n, text in enumerate(texts)
        ]
        addition = Addition(document, passages, material.vectors[start : start + len(texts)])
        yield rows.written(rows.rows_of(addition, schema), NOW, None)


def _batches(tables: Iterator[pa.Table]) -> Iterator[list[pa.Table]]:
    batch: list[pa.Table] = []
    for table in tables:
        batch.append(table)
        if len(batch) * _DOCUMENT >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
