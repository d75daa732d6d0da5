"""The index where many stateless instances share it: on object storage, and at a URL."""

import json
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta

import pytest

from answerable_knowledge.errors import IndexCorrupt, SnapshotGone
from answerable_knowledge.index import Index
from tests.support import passages as made
from tests.support.object_storage import Bucket, make_bucket, s3_server

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def server():
    with s3_server() as url:
        yield url


@pytest.fixture(params=["s3", "file", "folder"])
def place(request, tmp_path):
    """The three kinds of places."""
    if request.param == "s3":
        return make_bucket(request.getfixturevalue("server"))
    folder = tmp_path / "index"
    return Bucket(folder.as_uri() if request.param == "file" else str(folder), {})


def opened(place: Bucket, **more) -> Index:
    return Index.open(place.url, dimensions=made.DIMENSIONS, storage=place.options, **more)


def put(index: Index, document_id: str, text: str, **changes) -> None:
    passages = made.passages(text)
    assert index.put(made.document(document_id, **changes), passages, made.vectors(passages)).applied


def found(index: Index, snapshot: str) -> list[str]:
    hits = index.search(made.query("words", snapshot, limit=200))
    return sorted(f"{hit.document_id}:{hit.document_version}" for hit in hits.hits)


def test_everything_that_an_index_does_it_does_in_every_kind_of_place(place):
    moments = iter([START, START + timedelta(hours=1)])
    index = opened(place, now=lambda: next(moments, START + timedelta(hours=2)))
    index.verify(writable=True)
    put(index, "a", "words a")
    put(index, "b", "words b")
    other = opened(place)
    before = other.snapshot("acme")
    index.set_readers("acme", "a", ["user:bob"], made.NOW)
    index.remove("acme", "b", made.NOW)
    assert found(other, before) == ["a:1", "b:1"]
    assert found(other, other.snapshot("acme")) == []
    assert found(other, other.snapshot_as_of("acme", START + timedelta(minutes=90))) == ["b:1"]
    assert index.erase("acme", "a", made.NOW) == 2
    with pytest.raises(SnapshotGone):
        found(other, before)
    assert [row.document_id for row in other.documents("acme")] == []
    other.verify(writable=True)


def test_a_place_that_cannot_be_reached_is_told_without_its_secrets(server):
    bucket = make_bucket(server)
    wrong = Bucket(bucket.url.replace("bucket-", "absent-"), {**bucket.options, "aws_secret_access_key": "hush"})
    with pytest.raises(IndexCorrupt) as told:
        opened(wrong).verify(writable=True)
    assert "hush" not in repr(told.value) + str(told.value.__cause__)


WRITER = """
    import json, sys
    from answerable_knowledge.errors import WriteFailed
    from answerable_knowledge.index import Index
    from tests.support import passages as made
    url, options, name, count = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    index = Index.open(url, dimensions=made.DIMENSIONS, storage=options)
    for version in (1, 2):
        for number in range(count):
            passages = made.passages(f"words {name} {number}", f"words more {name} {number}")
            document = made.document(f"{name}{number}", version=version)
            while True:
                try:
                    index.put(document, passages, made.vectors(passages))
                    break
                except WriteFailed:  # ingestion tries again later, as often as it takes
                    print("again", file=sys.stderr)
    index.remove("acme", f"{name}0", made.NOW)
"""

READER = """
    import json, sys
    from answerable_knowledge.index import Index
    from tests.support import passages as made
    url, options, rounds = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
    index = Index.open(url, dimensions=made.DIMENSIONS, storage=options)
    newest, sizes = -1, []
    while len(sizes) < rounds:
        snapshot = index.snapshot("acme")
        hits = index.search(made.query("words", snapshot, limit=200))
        assert hits == index.search(made.query("words", snapshot, limit=200))
        by_document = {}
        for hit in hits.hits:
            by_document.setdefault(hit.document_id, []).append(hit.document_version)
        assert all(len(versions) == 2 and len(set(versions)) == 1 for versions in by_document.values()), by_document
        version = int(snapshot.rpartition("@")[2])
        assert version >= newest
        newest = version
        sizes.append(len(by_document))
    print(json.dumps(sizes))
"""


def start(program: str, place: Bucket, *arguments: object) -> "subprocess.Popen[str]":
    code = textwrap.dedent(program)
    return subprocess.Popen(
        [sys.executable, "-c", code, place.url, json.dumps(place.options), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("place", ["s3", "folder"], indirect=True)
def test_instances_that_write_different_documents_of_one_tenant_lose_nothing_while_others_search(place):
    count = 8
    writers = [start(WRITER, place, name, count) for name in ("x", "y")]
    readers = [start(READER, place, 12) for _ in range(2)]
    outputs = {process: process.communicate(timeout=240) for process in (*writers, *readers)}
    assert {process.returncode for process in outputs} == {0}, [errors for _, errors in outputs.values()]
    index = opened(place)
    wanted = sorted(f"{name}{number}:2" for name in ("x", "y") for number in range(1, count) for _ in range(2))
    assert found(index, index.snapshot("acme")) == wanted
    seen = [json.loads(outputs[reader][0]) for reader in readers]
    assert all(max(sizes) <= 2 * count for sizes in seen)
