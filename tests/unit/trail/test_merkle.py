from collections.abc import Iterator, Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_trail.errors import ProofInvalid
from answerable_trail.merkle import (
    EMPTY_ROOT,
    Frontier,
    Tree,
    consistency_places,
    consistency_proof,
    inclusion_places,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from tests.support import reference_trees

SIZES = range(131)
LEAVES = [leaf_hash(b"leaf %d" % number) for number in range(max(SIZES))]
TREE = Tree(LEAVES)
ROOTS = [root(LEAVES[:size]) for size in SIZES]
INCLUSIONS = [(index, size) for size in SIZES for index in range(size)]
CONSISTENCIES = [(old, size) for size in SIZES for old in range(size + 1)]

# Proofs of the trees of tests/support/reference_trees.py, from the same source.
REFERENCE_INCLUSIONS = {
    (0, 1): (),
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
    (1, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
REFERENCE_CONSISTENCIES = {
    (1, 1): (),
    (1, 8): REFERENCE_INCLUSIONS[0, 8],
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
    (3, 7): (
        "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
        "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "837dbb152e9b079010717e84e865da4ebc0fa198a806d59d31bf15accef22d0e",
    ),
}


def reference_tree(size: int = 8) -> Tree:
    return Tree(leaf_hash(bytes.fromhex(text)) for text in reference_trees.INPUTS[:size])


def defined_root(leaf_hashes: Sequence[bytes]) -> bytes:
    """RFC 9162, 2.1.1, word for word."""
    if not leaf_hashes:
        return sha256(b"").digest()
    if len(leaf_hashes) == 1:
        return leaf_hashes[0]
    half = max(1 << bit for bit in range(len(leaf_hashes).bit_length()) if 1 << bit < len(leaf_hashes))
    return node_hash(defined_root(leaf_hashes[:half]), defined_root(leaf_hashes[half:]))


def flipped(value: bytes, bit: int) -> bytes:
    return (int.from_bytes(value, "big") ^ 1 << bit).to_bytes(len(value), "big")


def with_wrong_bits(proof: list[bytes], bits: Sequence[int]) -> Iterator[list[bytes]]:
    for place, value in enumerate(proof):
        for bit in bits:
            yield [*proof[:place], flipped(value, bit), *proof[place + 1 :]]


def sides(index: int, size: int) -> str:
    """On which side the sibling of each level stands, from the root down: what a proof's hashes do not say."""
    if size == 1:
        return ""
    half = 1 << (size - 1).bit_length() - 1
    return "l" + sides(index, half) if index < half else "r" + sides(index - half, size - half)


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], claimed_root: bytes) -> bool:
    try:
        verify_inclusion(leaf, index, size, proof, claimed_root)
    except ProofInvalid:
        return False
    return True


def is_consistent(old: int, old_root: bytes, size: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    try:
        verify_consistency(old, old_root, size, new_root, proof)
    except ProofInvalid:
        return False
    return True


@pytest.mark.parametrize(("size", "expected"), list(enumerate(reference_trees.ROOTS)))
def test_roots_are_those_of_certificate_transparency(size: int, expected: str) -> None:
    assert reference_tree(size).root().hex() == expected


@pytest.mark.parametrize(("place", "expected"), list(REFERENCE_INCLUSIONS.items()))
def test_inclusion_proofs_are_those_of_certificate_transparency(
    place: tuple[int, int], expected: tuple[str, ...]
) -> None:
    assert [step.hex() for step in inclusion_proof(*place, reference_tree().hashes)] == list(expected)


@pytest.mark.parametrize(("sizes", "expected"), list(REFERENCE_CONSISTENCIES.items()))
def test_consistency_proofs_are_those_of_certificate_transparency(
    sizes: tuple[int, int], expected: tuple[str, ...]
) -> None:
    assert [step.hex() for step in consistency_proof(*sizes, reference_tree().hashes)] == list(expected)


def test_roots_of_all_sizes_are_as_the_rfc_defines_them() -> None:
    assert [defined_root(LEAVES[:size]) for size in SIZES] == ROOTS
    assert [root_at(size, TREE.hashes) for size in SIZES] == ROOTS
    assert ROOTS[0] == EMPTY_ROOT


def test_every_leaf_of_every_tree_is_proved() -> None:
    for index, size in INCLUSIONS:
        verify_inclusion(LEAVES[index], index, size, inclusion_proof(index, size, TREE.hashes), ROOTS[size])


def test_every_tree_is_proved_to_continue_every_smaller_one() -> None:
    for old, size in CONSISTENCIES:
        verify_consistency(old, ROOTS[old], size, ROOTS[size], consistency_proof(old, size, TREE.hashes))


def test_an_inclusion_proof_holds_at_no_other_index() -> None:
    for index, size in INCLUSIONS:
        proof = inclusion_proof(index, size, TREE.hashes)
        accepted = [
            other for other in range(-1, size + 2) if is_included(LEAVES[index], other, size, proof, ROOTS[size])
        ]
        assert accepted == [index]


def test_an_inclusion_proof_holds_for_another_size_only_where_the_path_has_the_same_shape() -> None:
    for index, size in INCLUSIONS:
        proof, shape = inclusion_proof(index, size, TREE.hashes), sides(index, size)
        for other in (*range(max(0, size - 9), size), *range(size + 1, size + 9), 2 * size, 4096, 1 << 62):
            accepted = is_included(LEAVES[index], index, other, proof, ROOTS[size])
            assert accepted == (index < other and sides(index, other) == shape)


def test_an_inclusion_proof_holds_for_no_other_leaf_or_root() -> None:
    for index, size in INCLUSIONS:
        proof = inclusion_proof(index, size, TREE.hashes)
        assert not is_included(LEAVES[(index + 1) % len(LEAVES)], index, size, proof, ROOTS[size])
        assert not is_included(LEAVES[index], index, size, proof, ROOTS[size - 1])


def test_no_bit_of_an_inclusion_proof_can_be_wrong() -> None:
    for index, size in INCLUSIONS:
        bits = range(256) if size in {7, 8, 13} else [(index * 131 + size) % 256]
        for proof in with_wrong_bits(inclusion_proof(index, size, TREE.hashes), bits):
            assert not is_included(LEAVES[index], index, size, proof, ROOTS[size])


def test_no_bit_of_a_consistency_proof_can_be_wrong() -> None:
    for old, size in CONSISTENCIES:
        bits = range(256) if size in {7, 8, 13} else [(old * 131 + size) % 256]
        for proof in with_wrong_bits(consistency_proof(old, size, TREE.hashes), bits):
            assert not is_consistent(old, ROOTS[old], size, ROOTS[size], proof)


def test_no_bit_of_a_root_can_be_wrong() -> None:
    for old, size in CONSISTENCIES:
        proof, bit = consistency_proof(old, size, TREE.hashes), (old + size) % 256
        assert not is_consistent(old, flipped(ROOTS[old], bit), size, ROOTS[size], proof)
        assert not is_consistent(old, ROOTS[old], size, flipped(ROOTS[size], bit), proof) or old == 0


def test_a_consistency_proof_does_not_hold_between_the_roots_of_other_sizes() -> None:
    for old, size in CONSISTENCIES:
        if 0 < old < size:
            proof = consistency_proof(old, size, TREE.hashes)
            assert not is_consistent(old, ROOTS[old - 1], size, ROOTS[size], proof)
            assert not is_consistent(old, ROOTS[old], size, ROOTS[size - 1], proof)
            assert not is_consistent(size, ROOTS[size], old, ROOTS[old], proof)
            assert not is_consistent(old, ROOTS[old], 4096, ROOTS[size], proof)
            assert not is_consistent(old, ROOTS[old], 1 << 62, ROOTS[size], proof)


def test_a_tree_cannot_shrink() -> None:
    for old, size in CONSISTENCIES:
        if old < size:
            assert not is_consistent(size, ROOTS[size], old, ROOTS[size], [])
            assert not is_consistent(-size, ROOTS[size], old, ROOTS[size], [])


def test_a_rewritten_leaf_breaks_consistency() -> None:
    for old, size in CONSISTENCIES:
        if old:
            changed = old * 7 % old if old > 1 else 0
            forged = Tree([*LEAVES[:changed], leaf_hash(b"forged"), *LEAVES[changed + 1 : size]])
            proof = consistency_proof(old, size, forged.hashes)
            assert not is_consistent(old, ROOTS[old], size, forged.root(), proof)


def test_proofs_that_are_too_long_or_too_short_are_refused() -> None:
    for index, size in INCLUSIONS:
        proof = inclusion_proof(index, size, TREE.hashes)
        for wrong in (proof[1:], proof[:-1], [*proof, LEAVES[0]], [LEAVES[0], *proof]):
            assert wrong == proof or not is_included(LEAVES[index], index, size, wrong, ROOTS[size])
    for old, size in CONSISTENCIES:
        proof = consistency_proof(old, size, TREE.hashes)
        for wrong in (proof[1:], proof[:-1], [*proof, LEAVES[0]], [LEAVES[0], *proof]):
            assert wrong == proof or not is_consistent(old, ROOTS[old], size, ROOTS[size], wrong)


@pytest.mark.parametrize("wrong", [b"", b"\x00" * 31, b"\x00" * 33])
def test_a_hash_of_another_length_is_refused(wrong: bytes) -> None:
    assert not is_included(wrong, 0, 1, [], wrong)
    assert not is_included(LEAVES[0], 0, 2, [wrong], ROOTS[2])
    assert not is_consistent(3, wrong, 3, wrong, [])
    assert not is_consistent(1, ROOTS[1], 2, ROOTS[2], [wrong])


def test_an_empty_tree_has_one_root_and_begins_every_tree() -> None:
    verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
    verify_consistency(0, EMPTY_ROOT, 5, ROOTS[5], [])
    assert not is_consistent(0, ROOTS[1], 5, ROOTS[5], [])
    assert not is_consistent(0, EMPTY_ROOT, 0, ROOTS[1], [])
    assert not is_consistent(0, EMPTY_ROOT, 5, ROOTS[5], [LEAVES[0]])
    assert not is_included(LEAVES[0], 0, 0, [], EMPTY_ROOT)


def test_a_leaf_and_a_node_of_the_same_bytes_differ() -> None:
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != node_hash(LEAVES[0], LEAVES[1])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_a_leaf_that_is_not_there_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(index, size, TREE.hashes)


@pytest.mark.parametrize(("old", "size"), [(4, 3), (-1, 3)])
def test_a_tree_that_shrank_has_no_proof(old: int, size: int) -> None:
    with pytest.raises(ValueError, match="shrink"):
        consistency_proof(old, size, TREE.hashes)


def test_proofs_need_exactly_the_places_that_they_announce() -> None:
    asked: list[tuple[int, int]] = []

    def hashes(level: int, index: int) -> bytes:
        asked.append((level, index))
        return TREE.hashes(level, index)

    for index, size in INCLUSIONS:
        asked.clear()
        inclusion_proof(index, size, hashes)
        assert asked == inclusion_places(index, size)
    for old, size in CONSISTENCIES:
        asked.clear()
        consistency_proof(old, size, hashes)
        assert asked == consistency_places(old, size)


def test_a_frontier_has_the_root_of_the_tree_whichever_way_it_grew() -> None:
    one_by_one = Frontier()
    for size in SIZES:
        at_once, _ = Frontier().extend(LEAVES[:size])
        assert at_once == one_by_one == Frontier.at(size, TREE.hashes)
        assert at_once.root() == ROOTS[size]
        assert at_once.size == size
        if size < len(LEAVES):
            one_by_one = one_by_one.append(LEAVES[size])


def test_a_frontier_names_every_subtree_that_it_completes() -> None:
    first, completed = Frontier().extend(LEAVES[:77])
    _, more = first.extend(LEAVES[77:])
    places = [(level, index) for level, index, _ in completed + more]
    assert len(set(places)) == len(places)
    assert set(places) == {(level, i) for level in range(1, 8) for i in range(len(LEAVES) >> level)}
    assert all(TREE.hashes(level, index) == digest for level, index, digest in completed + more)


def test_growing_leaves_the_frontier_that_was_there_alone() -> None:
    before, _ = Frontier().extend(LEAVES[:7])
    before.append(LEAVES[7])
    assert before == Frontier.at(7, TREE.hashes)


def test_a_frontier_comes_back_from_its_bytes() -> None:
    for size in SIZES:
        frontier = Frontier.at(size, TREE.hashes)
        assert Frontier.from_bytes(frontier.to_bytes()) == frontier
        assert len(frontier.to_bytes()) == 8 + 32 * size.bit_count()


def test_bytes_that_are_no_frontier_are_refused() -> None:
    data = Frontier.at(5, TREE.hashes).to_bytes()
    for wrong in (data[:-1], data + b"\x00", b"", data[:8], data[:7]):
        with pytest.raises(ProofInvalid):
            Frontier.from_bytes(wrong)


def test_a_place_that_a_tree_does_not_have_has_no_hash() -> None:
    with pytest.raises(IndexError):
        Tree(LEAVES[:3]).hashes(1, 1)


def test_a_tree_that_grows_in_steps_is_the_tree_that_grew_at_once() -> None:
    tree = Tree()
    for start in range(0, len(LEAVES), 13):
        tree.extend(LEAVES[start : start + 13])
    assert (tree.size, tree.root()) == (len(LEAVES), ROOTS[-1])
    assert inclusion_proof(40, 100, tree.hashes) == inclusion_proof(40, 100, TREE.hashes)


@given(data=st.data(), leaves=st.lists(st.binary(max_size=8), min_size=1, max_size=300))
def test_random_trees_prove_what_they_hold_and_nothing_else(data: st.DataObject, leaves: list[bytes]) -> None:
    hashed = [leaf_hash(leaf) for leaf in leaves]
    tree, size = Tree(hashed), len(hashed)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    proof = inclusion_proof(index, size, tree.hashes)
    verify_inclusion(hashed[index], index, size, proof, tree.root())
    verify_consistency(old, root(hashed[:old]), size, tree.root(), consistency_proof(old, size, tree.hashes))
    assert not is_included(leaf_hash(b"another leaf"), index, size, proof, tree.root())


@given(
    st.integers(-1, 1 << 70),
    st.integers(-1, 1 << 70),
    st.lists(st.binary(max_size=40), max_size=70),
    st.binary(max_size=40),
)
def test_nothing_but_proof_invalid_comes_of_any_proof(
    index: int, size: int, proof: list[bytes], some_root: bytes
) -> None:
    padded = [step.ljust(32, b"\x00")[:32] for step in proof]
    for steps in (proof, padded):
        is_included(LEAVES[0], index, size, steps, some_root)
        is_consistent(index, some_root, size, some_root, steps)
        is_consistent(index, LEAVES[0], size, LEAVES[1], steps)
