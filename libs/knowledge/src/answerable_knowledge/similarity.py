"""Nearly the same text: a sketch of each document, kept in the index, and keys by which alike ones find each other.

Shingles are three words in a row. The sketch holds the least of their hashes under 128 hash functions (MinHash, Broder
1997): the share of equal values estimates the share of shingles that two texts have in common, to within 0.04. Keys
are hashes of 32 bands of four values, of which alike texts share at least one. Pure, deterministic, bounded memory.
"""

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np

from answerable_knowledge.ranking import normalised

ALIKE = 0.55
"""Share of common shingles from which two documents are nearly the same: about one word in ten edited."""

_FUNCTIONS = 128
_BANDS = 32
_SHINGLE = 3
_FEWEST_SHINGLES = 16
"""Of a shorter text a sketch says too little: a form letter and its answer would be the same."""

_BLOCK = 4096
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+"
)


def sketch_of(texts: Iterable[str]) -> bytes | None:
    """The sketch of a document by the texts of its passages; None where there is too little text."""
    least = np.full(_FUNCTIONS, np.iinfo(np.uint32).max, np.uint32)
    factors, terms = _functions()
    count = 0
    for block in _blocks(_shingles(texts)):
        count += len(block)
        # Multiply and shift (Dietzfelbinger et al., 1997): products are meant to overflow.
        hashed = np.array(block, np.uint64)[:, None] * factors + terms >> np.uint64(32)
        least = np.minimum(least, hashed.min(axis=0).astype(np.uint32))
    return least.astype("<u4").tobytes() if count >= _FEWEST_SHINGLES else None


def keys_of(sketch: bytes) -> tuple[int, ...]:
    """Keys of a sketch: documents alike share one with a probability of 0.99 and more."""
    size = len(sketch) // _BANDS
    return tuple(key_of(f"band {band}", sketch[band * size : (band + 1) * size]) for band in range(_BANDS))


def likeness(one: bytes, other: bytes) -> float:
    """The estimated share of shingles that two documents have in common."""
    return float((np.frombuffer(one, "<u4") == np.frombuffer(other, "<u4")).mean())


def key_of(kind: str, value: bytes) -> int:
    """A positive number of 62 bits for a value of some kind; the same on every machine."""
    digest = hashlib.blake2b(value, digest_size=8, person=kind.encode()[:16]).digest()
    return int.from_bytes(digest) >> 2


def _shingles(texts: Iterable[str]) -> Iterator[int]:
    """A hash for every three words in a row; none reaches from one passage into the next."""
    for text in texts:
        words = _WORD.findall(normalised(text))
        for start in range(len(words) - _SHINGLE + 1):
            yield zlib.crc32(" ".join(words[start : start + _SHINGLE]).encode("utf-8", "replace"))


def _blocks(values: Iterator[int]) -> Iterator[list[int]]:
    block: list[int] = []
    for value in values:
        block.append(value)
        if len(block) == _BLOCK:
            yield block
            block = []
    if block:
        yield block


@cache
def _functions() -> tuple[np.ndarray, np.ndarray]:
    """Factors, which are odd, and terms, by a fixed rule: they are part of what is stored."""
    numbers = b"".join(hashlib.sha256(b"sketch %d" % number).digest() for number in range(_FUNCTIONS // 2))
    values = np.frombuffer(numbers, "<u8").reshape(2, _FUNCTIONS)
    return values[0] | np.uint64(1), values[1]
