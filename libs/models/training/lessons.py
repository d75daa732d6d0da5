"""What the teacher says about texts: a target for each, and how each word piece looks in context. Kept on disk."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from answerable_models.embedding import MiniLmEmbedder

TEXTS_A_FILE = 4000
_CLS, _SEP = 101, 102

Say = Callable[[str], None]


@dataclass(frozen=True)
class Lessons:
    """Text `i` has the pieces `pieces[starts[i]:starts[i + 1]]` and the unit vector `targets[i]`.

    `seen[p]` counts piece `p`, and `sums[p]` adds up its outputs in all those contexts.
    """

    pieces: NDArray[np.int64]
    starts: NDArray[np.int64]
    targets: NDArray[np.float32]
    seen: NDArray[np.float64]
    sums: NDArray[np.float64]

    def pieces_of(self, text: int) -> NDArray[np.int64]:
        return self.pieces[self.starts[text] : self.starts[text + 1]]


def take_lessons(texts: Sequence[str], teacher: MiniLmEmbedder, folder: Path, say: Say) -> Lessons:
    """Ask the teacher about every text, once: answers are kept in the folder, by the texts they are about."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for at in range(0, len(texts), TEXTS_A_FILE):
        some = texts[at : at + TEXTS_A_FILE]
        file = folder / f"{hashlib.sha256(chr(0).join([teacher.revision, *some]).encode()).hexdigest()[:24]}.npz"
        if not file.exists():
            _write(file, _ask(some, teacher))
            say(f"{at + len(some)} of {len(texts)} texts")
        with np.load(file, allow_pickle=False) as part:
            parts.append(dict(part))
    return _joined(parts, teacher)


def alone(teacher: MiniLmEmbedder, folder: Path, say: Say) -> NDArray[np.float32]:
    """The output for each word piece in a text of its own: all there is for those that no text contains."""
    file = folder / f"alone-{teacher.revision}.npz"
    if not file.exists():
        vocabulary = teacher.vocabulary_size
        _write(file, {"outputs": np.stack([teacher.outputs([_CLS, piece, _SEP])[1] for piece in range(vocabulary)])})
        say(f"{vocabulary} word pieces alone")
    with np.load(file, allow_pickle=False) as kept:
        outputs: NDArray[np.float32] = kept["outputs"]
    return outputs


def _ask(texts: Sequence[str], teacher: MiniLmEmbedder) -> dict[str, NDArray[Any]]:
    sums = np.zeros((teacher.vocabulary_size, teacher.dimensions), dtype=np.float32)
    seen = np.zeros(teacher.vocabulary_size, dtype=np.int64)
    pieces, targets = [], []
    for text in texts:
        ids = teacher.pieces(text)
        outputs = teacher.outputs(ids)
        np.add.at(sums, ids, outputs)
        np.add.at(seen, ids, 1)
        pieces.append(ids)
        targets.append(outputs.mean(axis=0))
    used = np.flatnonzero(seen)
    return {
        "used": used,
        "sums": sums[used],
        "seen": seen[used],
        "targets": np.array(targets),
        "pieces": np.concatenate(pieces).astype(np.uint16),
        "lengths": np.array([len(ids) for ids in pieces]),
    }


def _joined(parts: Sequence[dict[str, NDArray[Any]]], teacher: MiniLmEmbedder) -> Lessons:
    sums = np.zeros((teacher.vocabulary_size, teacher.dimensions))
    seen = np.zeros(teacher.vocabulary_size)
    for part in parts:
        sums[part["used"]] += part["sums"]
        seen[part["used"]] += part["seen"]
    targets = np.concatenate([part["targets"] for part in parts])
    lengths = np.concatenate([part["lengths"] for part in parts])
    return Lessons(
        pieces=np.concatenate([part["pieces"] for part in parts]).astype(np.int64),
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        targets=targets / np.linalg.norm(targets, axis=1, keepdims=True),
        seen=seen,
        sums=sums,
    )


def _write(file: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """All or nothing: an interrupted run must not leave half an answer."""
    beside = file.with_suffix(".part")
    with beside.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)
    beside.rename(file)
