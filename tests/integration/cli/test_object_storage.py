"""Documents in a bucket of an S3 server."""

from collections.abc import Iterator

import fsspec  # type: ignore[import-untyped]
import pytest

from answerable_cli.errors import CliError
from answerable_cli.manifest import Manifest
from answerable_cli.rules import RULES_FILE, Details
from answerable_cli.sources.storage import StorageSource
from tests.support.object_storage import make_bucket, s3_server
from tests.support.sources import items, texts

pytest.importorskip("moto", reason="no S3 server: moto is not installed")
obstore = pytest.importorskip("obstore.fsspec", reason="no client of S3: obstore is not installed")
pytestmark = pytest.mark.integration

SECRET = "correct-horse"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of an empty bucket on an S3 server, with credentials in the environment as its own tools take them."""
    with s3_server() as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        yield make_bucket(address).url


def _bucket(url: str) -> StorageSource:
    return StorageSource(url, "wiki/", Manifest(default=Details()))


def _put(url: str, content: bytes) -> None:
    files, path = fsspec.core.url_to_fs(url)
    files.pipe_file(path, content)


def test_objects_in_s3_are_documents_and_their_marker_changes_with_them(s3: str) -> None:
    obstore.register("s3")
    for path, content in {RULES_FILE: b"readers = ['staff']", "a.md": b"one", "deep/b c.md": b"two"}.items():
        _put(f"{s3}/{path}", content)
    assert texts(_bucket(s3)) == {"wiki/a.md": "one", "wiki/deep/b c.md": "two"}
    before = items(_bucket(s3).items())
    assert before["wiki/deep/b c.md"].details.readers == ("group:staff",)
    _put(f"{s3}/a.md", b"new")
    after = items(_bucket(s3).items())
    assert None is not before["wiki/a.md"].marker != after["wiki/a.md"].marker
    assert before["wiki/deep/b c.md"].marker == after["wiki/deep/b c.md"].marker


def test_a_bucket_that_is_not_there_is_told_without_the_secret(s3: str) -> None:
    del s3
    with pytest.raises(CliError) as caught:
        _bucket("s3://no-such-bucket/docs").items()
    assert "s3://no-such-bucket/docs" in str(caught.value)
    assert SECRET not in f"{caught.value}{caught.value.hint}"
