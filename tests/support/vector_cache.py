"""Vectors kept between runs, because MiniLM makes ten a second: an embedder in front of another one."""

import hashlib
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from answerable_models.embedding import Embedder, Vectors


class CachedEmbedder:
    """The same vectors as the embedder behind it; each text is embedded once per file, model and revision."""

    def __init__(self, behind: Embedder, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._behind = behind
        self._lock = threading.Lock()
        self._kept = sqlite3.connect(file, check_same_thread=False, timeout=60)
        self._kept.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")
        self.name, self.revision, self.dimensions = behind.name, behind.revision, behind.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        found = np.empty((len(texts), self.dimensions), dtype=np.float32)
        with self._lock:
            for row, text in enumerate(texts):
                found[row] = self._one(text)
            self._kept.commit()
        return found

    def _one(self, text: str) -> Vectors:
        key = hashlib.sha256(f"{self.name}\0{self.revision}\0{text}".encode("utf-8", "surrogatepass")).digest()
        kept = self._kept.execute("SELECT vector FROM vectors WHERE key = ?", (key,)).fetchone()
        if kept is not None:
            known: Vectors = np.frombuffer(kept[0], dtype=np.float32)
            return known
        vector: Vectors = self._behind.embed([text])[0]
        self._kept.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?)", (key, vector.tobytes()))
        return vector
