"""Distils all-MiniLM-L6-v2 into one vector for each word piece, and prints how near a sum of them comes.

    python -m libs.models.training.train_static ../shared/data [--write] [--lessons build/distillation]

A text's vector in MiniLM is the mean of what its last layer says about each word piece, so the first guess for a piece
is the mean of that over all the contexts it was seen in, weighted by rarity. Then all vectors together are fitted by
gradient steps, until the sum over a text points where MiniLM does. Random choices have a fixed seed: with
OPENBLAS_NUM_THREADS=1 a second run gives the same bytes (another CPU may round differently). What MiniLM said is kept
under `--lessons` and not asked again. Numpy only. `--write` replaces the packaged weights.
"""

import argparse
import hashlib
import json
import sys
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from libs.models.training.lessons import Lessons, alone, take_lessons
from libs.models.training.plain_texts import texts
from numpy.typing import NDArray

import answerable_models
from answerable_models.embedding import MiniLmEmbedder
from answerable_models.static_embedding import FILE, weights_of

Floats = NDArray[np.float32]

HELD_OUT = 1000
TEXTS_A_STEP = 256
PASSES = 4
STEP = 0.003
DECAY, DECAY_SQUARES = 0.9, 0.99
ALONE_COUNTS_AS = 10.0
"""Contexts that the output for a piece alone weighs as much as."""
FREQUENT = 1e-3
"""A piece that makes up this share of all text counts half (smooth inverse frequency, Arora et al., 2017)."""
FIRST_WORD = 1996
"""Pieces before it are markers, unused or single characters; from it on the vocabulary is sorted by frequency."""
MARKERS = (0, 101, 102)  # [PAD] [CLS] [SEP]: in every text, so they say nothing


@dataclass
class Moments:
    """Running means of gradients and of their squares (Adam)."""

    mean: Floats
    square: Floats
    steps: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--lessons", type=Path, default=Path("build/distillation"))
    arguments = parser.parse_args()
    teacher = MiniLmEmbedder(cache_size=0)
    by_itself = alone(teacher, arguments.lessons, say)
    lessons = take_lessons(texts(arguments.data), teacher, arguments.lessons, say)
    vectors = first_guess(lessons, by_itself)
    kept, held_out = split(len(lessons.targets))
    say(f"cosine before {agreement(vectors, lessons, held_out):.4f}")
    fit(vectors, lessons, kept)
    buffer = BytesIO()
    np.save(buffer, weights_of(vectors), allow_pickle=False)
    say(json.dumps(figures(vectors, lessons, held_out, buffer.getvalue()), indent=2))
    if arguments.write:
        path = Path(answerable_models.__file__).parent / "weights" / FILE
        path.write_bytes(buffer.getvalue())
        say(f"written: {path}")


def split(count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Texts to learn from and texts to judge by."""
    order = np.random.default_rng(1).permutation(count)
    return np.sort(order[HELD_OUT:]), np.sort(order[:HELD_OUT])


def first_guess(lessons: Lessons, by_itself: Floats) -> Floats:
    """Mean output of each piece in context, its distance from the mean of all, weighted by rarity."""
    seen = lessons.seen[:, None]
    context = (lessons.sums - seen * lessons.sums.sum(axis=0) / lessons.seen.sum()) / np.maximum(seen, 1)
    isolated = by_itself.astype(np.float64) - by_itself[FIRST_WORD:].mean(axis=0, dtype=np.float64)
    common = lessons.seen > 5 * ALONE_COUNTS_AS
    isolated *= np.linalg.norm(context[common], axis=1).mean() / np.linalg.norm(isolated[common], axis=1).mean()
    share = seen / (seen + ALONE_COUNTS_AS)
    guess = share * context + (1 - share) * isolated
    guess *= (FREQUENT / (FREQUENT + frequency(lessons.seen)))[:, None]
    guess[list(MARKERS)] *= 1e-3
    vectors: Floats = guess.astype(np.float32)
    return vectors


def frequency(seen: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of each piece in all text: five parts what was counted, one part Zipf's law for what was not."""
    rank = np.maximum(np.arange(len(seen)) - FIRST_WORD, 0)
    zipf = 1 / (rank + 1.0)
    mixed: NDArray[np.float64] = (5 * seen / seen.sum() + zipf / zipf.sum()) / 6
    return mixed


def fit(vectors: Floats, lessons: Lessons, kept: NDArray[np.int64]) -> None:
    """Turn the vectors, in place, so that sums over texts point where the teacher does."""
    random = np.random.default_rng(0)
    moments = Moments(np.zeros_like(vectors), np.zeros_like(vectors))
    steps = PASSES * (len(kept) // TEXTS_A_STEP)
    for number in range(1, PASSES + 1):
        order = random.permutation(kept)
        lost = 0.0
        for start in range(0, len(order) - TEXTS_A_STEP + 1, TEXTS_A_STEP):
            lost += step(
                vectors, lessons, order[start : start + TEXTS_A_STEP], moments, STEP * (1 - moments.steps / steps)
            )
        say(f"pass {number} of {PASSES}: cosine {1 - lost / (len(order) // TEXTS_A_STEP):.4f}")


def step(vectors: Floats, lessons: Lessons, some: NDArray[np.int64], moments: Moments, size: float) -> float:
    """One step down the gradient of the mean of 1 - cosine over some texts; that mean before the step."""
    counts, used = occurrences(lessons, some)
    sums = counts @ vectors[used]
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    unit, targets = sums / lengths, lessons.targets[some]
    cosines = (unit * targets).sum(axis=1, keepdims=True)
    slope = counts.T @ ((cosines * unit - targets) / lengths / len(some))
    moments.steps += 1
    mean = moments.mean[used] = DECAY * moments.mean[used] + (1 - DECAY) * slope
    square = moments.square[used] = DECAY_SQUARES * moments.square[used] + (1 - DECAY_SQUARES) * slope * slope
    mean = mean / np.float32(1 - DECAY**moments.steps)
    square = square / np.float32(1 - DECAY_SQUARES**moments.steps)
    vectors[used] -= np.float32(size) * mean / (np.sqrt(square) + np.float32(1e-8))
    return float(1 - cosines.mean())


def occurrences(lessons: Lessons, some: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64]]:
    """How often each text (row) has each of the pieces that any of them has (column), and which pieces these are."""
    of_each = [lessons.pieces_of(text) for text in some]
    used, column = np.unique(np.concatenate(of_each), return_inverse=True)
    counts = np.zeros((len(some), len(used)), dtype=np.float32)
    np.add.at(counts, (np.repeat(np.arange(len(some)), [len(pieces) for pieces in of_each]), column), 1)
    return counts, used


def agreement(vectors: Floats, lessons: Lessons, some: NDArray[np.int64]) -> float:
    return float((sums_of(vectors, lessons, some) * lessons.targets[some]).sum(axis=1).mean())


def sums_of(vectors: Floats, lessons: Lessons, some: NDArray[np.int64]) -> Floats:
    sums = np.stack([vectors[lessons.pieces_of(text)].sum(axis=0) for text in some])
    unit: Floats = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return unit


def figures(vectors: Floats, lessons: Lessons, held_out: NDArray[np.int64], content: bytes) -> dict[str, float | str]:
    """How near texts that taught nothing come to the teacher, and how much of their neighbourhood is the teacher's."""
    targets, ours = lessons.targets[held_out], sums_of(vectors, lessons, held_out)
    near = [np.argsort(-(each @ each.T), axis=1, kind="stable")[:, 1:11] for each in (targets, ours)]
    shared = [len(set(theirs) & set(mine)) / 10 for theirs, mine in zip(*(rows.tolist() for rows in near), strict=True)]
    return {
        "texts": len(lessons.targets),
        "word_pieces": len(lessons.pieces),
        "held_out_cosine": round(agreement(vectors, lessons, held_out), 4),
        "held_out_neighbours_shared": round(float(np.mean(shared)), 4),
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
