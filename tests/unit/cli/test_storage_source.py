"""Objects behind a URL as documents, with those of fsspec that are in memory."""

from collections.abc import Iterator
from datetime import UTC, datetime

import fsspec  # type: ignore[import-untyped]
import pytest

from answerable_cli.errors import UsageRefused
from answerable_cli.manifest import Manifest
from answerable_cli.rules import RULES_FILE, Details
from answerable_cli.sources.storage import StorageSource, without_password
from tests.support.sources import items, texts

SECRET = "correct-horse"


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    """An empty storage in this process."""
    files = fsspec.filesystem("memory")
    files.store.clear()
    yield files
    files.store.clear()


def _source(url: str) -> StorageSource:
    return StorageSource(url, "wiki/", Manifest(default=Details()))


def test_objects_below_the_url_are_documents_under_the_rules_among_them(memory: fsspec.AbstractFileSystem) -> None:
    for path, content in {
        f"/bucket/docs/{RULES_FILE}": b"readers = ['staff']",
        "/bucket/docs/a.md": b"one",
        f"/bucket/docs/pay/{RULES_FILE}": b"readers = ['hr']\nreview_every_days = 30",
        "/bucket/docs/pay/b.md": b"two",
        "/bucket/docs/.git/config": b"x",
        "/bucket/other/c.md": b"x",
    }.items():
        memory.pipe_file(path, content)
    source = _source("memory://bucket/docs")
    assert texts(source) == {"wiki/a.md": "one", "wiki/pay/b.md": "two"}
    found = items(source.items())
    assert found["wiki/a.md"].details.readers == ("group:staff",)
    assert found["wiki/pay/b.md"].details.readers == ("group:hr",)
    due = found["wiki/pay/b.md"].details.review_by
    assert due is not None
    assert (due - datetime.now(UTC)).days in {29, 30}


def test_one_object_is_one_document(memory: fsspec.AbstractFileSystem) -> None:
    memory.pipe_file("/bucket/a.md", b"one")
    assert texts(_source("memory://bucket/a.md")) == {"wiki/a.md": "one"}


def test_an_object_that_went_away_is_one_trouble(memory: fsspec.AbstractFileSystem) -> None:
    memory.pipe_file("/bucket/a.md", b"one")
    memory.pipe_file("/bucket/b.md", b"two")
    found = items(_source("memory://bucket").items())
    memory.rm("/bucket/a.md")
    with pytest.raises(Exception, match="unreadable"):
        found["wiki/a.md"].read()
    assert found["wiki/b.md"].read() == b"two"


def test_a_url_that_leads_nowhere_is_refused(memory: fsspec.AbstractFileSystem) -> None:
    del memory
    with pytest.raises(UsageRefused, match="nothing is at memory://nowhere"):
        _source("memory://nowhere").items()
    with pytest.raises(UsageRefused, match="cannot be opened"):
        _source("nosuch://nowhere")


def test_what_may_be_secret_in_a_url_is_not_shown() -> None:
    assert without_password(f"s3://key:{SECRET}@bucket/docs?token={SECRET}") == "s3://bucket/docs"
