"""Merkle trees: roots, growing edges, and proofs that need a few stored hashes rather than the tree.

RFC 6962 section 2.1, RFC 9162 section 2.1; SHA-256. Pure.

A tree is cut into complete subtrees: `(level, index)` holds the 2**level leaves that begin at leaf index * 2**level.
Their hashes never change as the tree grows, so whoever stores them can prove any leaf in any later tree.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from answerable_trail.errors import ProofInvalid

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

Place = tuple[int, int]
"""Level and index of a complete subtree; level 0 is the leaves."""

Node = tuple[int, int, bytes]
"""Level, index and hash of a complete subtree."""

Hashes = Callable[[int, int], bytes]
"""The hash of the complete subtree at (level, index)."""

_LEAF, _NODE = b"\x00", b"\x01"
_SIZE_BYTES = 8


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(_LEAF + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(_NODE + left + right).digest()


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root over these leaves; EMPTY_ROOT when there are none."""
    return Frontier().extend(leaf_hashes)[0].root()


def root_at(size: int, hashes: Hashes) -> bytes:
    """The root of the first `size` leaves."""
    return _range_hash(0, size, hashes) if size else EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree, which is all that it takes to go on: how many leaves, and the hashes of the complete
    subtrees that they make up, largest first. A value: growing gives another one, so a write that failed is repeated.
    """

    size: int = 0
    edge: tuple[bytes, ...] = ()

    @classmethod
    def at(cls, size: int, hashes: Hashes) -> "Frontier":
        """The edge of the first `size` leaves, from stored hashes."""
        return cls(size, tuple(hashes(*place) for place in _places(0, size)))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Frontier":
        """What `to_bytes` gave. Raises ProofInvalid."""
        size, hashes = int.from_bytes(data[:_SIZE_BYTES], "big"), data[_SIZE_BYTES:]
        if len(data) < _SIZE_BYTES or len(hashes) != size.bit_count() * HASH_BYTES:
            raise ProofInvalid("not the edge of a tree")
        return cls(size, tuple(hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)))

    def to_bytes(self) -> bytes:
        """The size in 8 bytes, big-endian, and the hashes."""
        return self.size.to_bytes(_SIZE_BYTES, "big") + b"".join(self.edge)

    def append(self, leaf_hash: bytes) -> "Frontier":
        return self.extend((leaf_hash,))[0]

    def extend(self, leaf_hashes: Iterable[bytes]) -> tuple["Frontier", list[Node]]:
        """The edge after these leaves, and every subtree of two or more leaves that they complete, children first."""
        size, edge, completed = self.size, list(self.edge), list[Node]()
        for leaf in leaf_hashes:
            newest, level, index = leaf, 0, size
            while index & 1:  # a right child: its parent is complete
                newest = sha256(_NODE + edge.pop() + newest).digest()
                level, index = level + 1, index >> 1
                completed.append((level, index, newest))
            edge.append(newest)
            size += 1
        return Frontier(size, tuple(edge)), completed

    def root(self) -> bytes:
        return _folded(self.edge) if self.edge else EMPTY_ROOT


class Tree:
    """A whole tree in memory; `hashes` is what the functions that make proofs take."""

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        self._frontier = Frontier()
        self._levels: list[list[bytes]] = [[]]
        self.extend(leaf_hashes)

    @property
    def size(self) -> int:
        return self._frontier.size

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        leaves = list(leaf_hashes)
        self._levels[0] += leaves
        self._frontier, completed = self._frontier.extend(leaves)
        for level, _, digest in completed:
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(digest)

    def hashes(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree. Raises IndexError when the tree has none there."""
        return self._levels[level][index]

    def root(self) -> bytes:
        return self._frontier.root()


def inclusion_proof(index: int, size: int, hashes: Hashes) -> list[bytes]:
    """What proves the leaf at `index` to those who know the root of `size` leaves (RFC 9162, 2.1.3.1).

    Raises ValueError unless 0 <= index < size.
    """
    return [_range_hash(start, end, hashes) for start, end in _inclusion_ranges(index, size)]


def consistency_proof(old_size: int, size: int, hashes: Hashes) -> list[bytes]:
    """What proves that `size` leaves begin with the `old_size` leaves whose root is known (RFC 9162, 2.1.4.1).

    Empty for equal sizes, and from the empty tree, which is the beginning of any. Raises ValueError unless
    0 <= old_size <= size.
    """
    return [_range_hash(start, end, hashes) for start, end in _consistency_ranges(old_size, size)]


def inclusion_places(index: int, size: int) -> list[Place]:
    """The subtrees that `inclusion_proof` will ask for: what to load from a store in one go."""
    return [place for start, end in _inclusion_ranges(index, size) for place in _places(start, end)]


def consistency_places(old_size: int, size: int) -> list[Place]:
    """The subtrees that `consistency_proof` will ask for."""
    return [place for start, end in _consistency_ranges(old_size, size) for place in _places(start, end)]


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """That `leaf_hash` is the leaf at `index` under this root of `size` leaves (RFC 9162, 2.1.3.2).

    Raises ProofInvalid.
    `size` has to come with the root from a signed checkpoint: trees of some other sizes have paths of the same shape.
    """
    _require_hashes(leaf_hash, root, *proof)
    if not 0 <= index < size:
        raise ProofInvalid("no leaf has this index in a tree of this size")
    place, last, digest = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise ProofInvalid("the inclusion proof is too long")
        if place & 1 or place == last:
            digest = node_hash(sibling, digest)
            place, last = _past_lone_nodes(place, last)
        else:
            digest = node_hash(digest, sibling)
        place, last = place >> 1, last >> 1
    if last or digest != root:
        raise ProofInvalid("the inclusion proof does not lead to the root")


def verify_consistency(old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """That the tree under `root` begins with the tree under `old_root` (RFC 9162, 2.1.4.2). Raises ProofInvalid.

    Sizes have to come with their roots from signed checkpoints, see `verify_inclusion`.
    """
    _require_hashes(old_root, root, *proof)
    if not 0 <= old_size <= size:
        raise ProofInvalid("a tree cannot shrink")
    if old_size in {0, size}:
        if proof or old_root != (root if old_size else EMPTY_ROOT) or (size == 0 and root != EMPTY_ROOT):
            raise ProofInvalid("equal sizes have equal roots, the empty tree has its own, and neither needs a proof")
        return
    # A tree of 2**n leaves is itself a node of the larger one: its root is known, so no proof repeats it.
    path = [old_root, *proof] if old_size.bit_count() == 1 else list(proof)
    place, last = _past_right_children(old_size - 1, size - 1)
    old = new = path[0] if path else b""
    for sibling in path[1:]:
        if last == 0:
            raise ProofInvalid("the consistency proof is too long")
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            place, last = _past_lone_nodes(place, last)
        else:
            new = node_hash(new, sibling)
        place, last = place >> 1, last >> 1
    if last or old != old_root or new != root:
        raise ProofInvalid("the consistency proof does not lead to both roots")


def _past_lone_nodes(place: int, last: int) -> tuple[int, int]:
    """A last node without a sibling moves up unchanged until it is a right child."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _past_right_children(place: int, last: int) -> tuple[int, int]:
    while place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _require_hashes(*values: bytes) -> None:
    if any(len(value) != HASH_BYTES for value in values):
        raise ProofInvalid("a hash has 32 bytes")


def _inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The siblings of a leaf, as ranges of leaves, from the leaf upwards."""
    if not 0 <= index < size:
        raise ValueError("no leaf has this index in a tree of this size")
    start, end, siblings = 0, size, list[tuple[int, int]]()
    while end - start > 1:
        middle = start + _left_leaves(end - start)
        if index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    return siblings[::-1]


def _consistency_ranges(old_size: int, size: int) -> list[tuple[int, int]]:
    if not 0 <= old_size <= size:
        raise ValueError("a tree cannot shrink")
    start, end, ranges = 0, size, list[tuple[int, int]]()
    while old_size not in {0, end}:
        middle = start + _left_leaves(end - start)
        if old_size <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:  # else what is left is the whole old tree, whose root is known
        ranges.append((start, end))
    return ranges[::-1]


def _left_leaves(size: int) -> int:
    """How many of two or more leaves stand to the left: the largest power of two below their number."""
    return 1 << ((size - 1).bit_length() - 1)


def _places(start: int, end: int) -> list[Place]:
    """The complete subtrees that make up a range, largest first; `start` is where a subtree of that size may begin."""
    places = []
    while start < end:
        level = (end - start).bit_length() - 1
        places.append((level, start >> level))
        start += 1 << level
    return places


def _range_hash(start: int, end: int, hashes: Hashes) -> bytes:
    return _folded([hashes(*place) for place in _places(start, end)])


def _folded(subtrees: Sequence[bytes]) -> bytes:
    digest = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        digest = node_hash(left, digest)
    return digest
