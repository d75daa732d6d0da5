"""The verifier against published numbers, against every small tree, and against the numbers in its documentation."""

import hashlib
import json
import random
import re
from pathlib import Path

import pytest

from answerable_events.message import Headers, Record
from answerable_trail.identity import identify
from answerable_trail.verify import (
    COSIGNATURE_V1,
    ED25519,
    Checkpoint,
    Ill,
    Key,
    identity,
    is_consistent,
    leaf_hash_of,
    read_record,
    root_from_inclusion,
    same,
)
from tests.support.bundles import MerkleTree
from tests.support.reference_trees import INPUTS, ROOTS

BUNDLE_MD = Path(__file__).parents[3] / "libs" / "trail" / "BUNDLE.md"


def test_the_trees_of_certificate_transparency_have_their_roots() -> None:
    tree = MerkleTree(leaf_hash_of(bytes.fromhex(leaf)) for leaf in INPUTS)
    assert [tree.root(size).hex() for size in range(9)] == list(ROOTS)
    for index, leaf in enumerate(tree.leaves):
        root = root_from_inclusion(leaf, index, 8, tree.path(index, 8))
        assert root is not None
        assert root.hex() == ROOTS[8]


def tree_of(size: int) -> MerkleTree:
    return MerkleTree(hashlib.sha256(bytes([number])).digest() for number in range(size))


@pytest.mark.parametrize("size", range(1, 34))
def test_a_leaf_is_included_at_its_own_index_only(size: int) -> None:
    tree = tree_of(size)
    for index in range(size):
        path = tree.path(index, size)
        found = [
            root_from_inclusion(tree.leaves[index], at, size, path) == tree.root(size) for at in range(-1, size + 2)
        ]
        assert found == [at == index for at in range(-1, size + 2)]
        assert root_from_inclusion(tree.leaves[index], index, size, [*path, bytes(32)]) is None
        assert not path or root_from_inclusion(tree.leaves[index], index, size, path[:-1]) != tree.root(size)


@pytest.mark.parametrize("second", range(34))
def test_a_tree_continues_its_own_beginnings_only(second: int) -> None:
    tree = tree_of(second)
    for first in range(second + 1):
        old, new = (Checkpoint("", "", size, tree.root(size), ()) for size in (first, second))
        other = Checkpoint("", "", first, bytes(32), ())
        proof = tree.proof(first, second)
        assert is_consistent(old, new, proof)
        assert not is_consistent(old, new, [*proof, bytes(32)])
        assert first == 0 or not is_consistent(other, new, proof)
        assert first in {0, second} or not is_consistent(old, Checkpoint("", "", second, bytes(32), ()), proof)
        assert first in {0, second} or not is_consistent(old, new, proof[:-1])
        assert first == second or not is_consistent(new, old, proof)
        too_large = Checkpoint("", "", 4 * second, tree.root(second), ())
        assert first in {0, second} or not is_consistent(old, too_large, proof)


def test_the_example_of_the_signed_note_specification_verifies() -> None:
    key = Key.parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", ED25519)
    signature = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    note = Checkpoint.parse(
        f"x\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\u2014 example.com/foo {signature}\n"
    )
    example = Checkpoint("This is an example message.\n", "", 0, b"", note.signatures)
    assert example.signers([key]) == {"example.com/foo"}
    with pytest.raises(Ill, match="wrong"):
        note.signers([key])


def test_the_example_of_the_checkpoint_specification_is_read() -> None:
    log = "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8="
    witness = "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA=="
    body = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    note = f"{body}\n\u2014 example.com/behind-the-sofa {log}\n\u2014 witness.example.com/w1 {witness}\n"
    read = Checkpoint.parse(note)
    assert (read.body, read.origin, read.size) == (body, "example.com/behind-the-sofa", 20852163)
    assert [(name, len(raw)) for name, raw in read.signatures] == [
        ("example.com/behind-the-sofa", 68),
        ("witness.example.com/w1", 76),
    ]


# --- Identity ---------------------------------------------------------------------------------------------------------

ID = b"0193a1b2-0000-7000-8000-00000000000a"
IDS = (
    ID,
    ID.upper(),
    ID.replace(b"-", b""),
    b"{" + ID + b"}",
    b"urn:uuid:" + ID,
    ID + b"\n",
    ID[:-1],
    b"\xc3\xa9" + ID[2:],
)
TENANTS = (
    b"",
    b"norvik",
    b"Norvik",
    b"-a",
    b"a" * 63,
    b"a" * 64,
    b"a\n",
    b"unknown",
    b"a\xff\xfeb",
    b"\xed\xa0\x80x",
    b"\x00",
)
NAMES = (
    "ce_tenant",
    "ce_correlationid",
    "ce_id",
    "ce_type",
    "CE_ID",
    "Ce_Tenant",
    "ce_tenant ",
    "",
    "\u212ae_id",
    "ce_\u0130d",
)


def test_identity_is_what_the_record_is_filed_under() -> None:
    """By the code that files records, whatever anybody wrote into headers and key."""
    mixed = random.Random(1)
    for number in range(5_000):
        names = mixed.choices(NAMES, k=mixed.randrange(7))
        headers: Headers = tuple((name, mixed.choice((*IDS, *TENANTS, mixed.randbytes(4)))) for name in names)
        key = mixed.choice((None, *IDS, *TENANTS))
        record = Record("questions", 0, number, 0, key, b"", headers)
        assert identity(headers, key or b"") == tuple(identify(record)), record


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [(1, 1.0, True), (1, True, False), (0, False, False), (None, 0, False), ("1", 1, False), ([1], [1, 2], False)],
)
def test_json_values_are_compared_as_values(one: object, other: object, equal: bool) -> None:
    for first, second in ((one, other), ([one], [other]), ({"a": [{"b": one}]}, {"a": [{"b": other}]})):
        assert same(first, second) == same(second, first) == equal


# --- BUNDLE.md --------------------------------------------------------------------------------------------------------


def test_the_example_of_the_documentation_is_true() -> None:
    text = BUNDLE_MD.read_text("utf-8").partition("## An example")[2]
    question, leaf, numbers, note, keys, receipt = re.findall(r"```(?:json)?\n(.*?\n)```", text, re.DOTALL)
    record = read_record(json.loads(question))
    assert record.problems == []
    assert record.leaf.decode() == leaf.rstrip("\n")
    leaves = dict(re.findall(r"^(leaf \d|\(.*?\d\)) +([0-9a-f]{64})", numbers, re.MULTILINE))
    assert leaf_hash_of(record.leaf).hex() == record.leaf_hash == leaves["leaf 1"]
    tree = MerkleTree(bytes.fromhex(leaves[f"leaf {number}"]) for number in range(3))
    assert [tree.root(2).hex(), tree.root(3).hex()] == [leaves["(0 1)"], leaves["((0 1) 2)"]]
    checkpoint = Checkpoint.parse(note)
    assert root_from_inclusion(leaf_hash_of(record.leaf), 1, 3, record.inclusion) == checkpoint.root == tree.root(3)
    log, witness = keys.splitlines()
    assert checkpoint.signers([Key.parse(log, ED25519)]) == {"answerable/dev"}
    assert checkpoint.cosigners([Key.parse(witness, COSIGNATURE_V1)]) == {"witness.example/w1"}
    quoted = Checkpoint.parse(json.loads(receipt)["checkpoint"])
    assert is_consistent(quoted, checkpoint, tree.proof(2, 3))
    assert json.loads(receipt)["leaf_hash"] == record.leaf_hash
