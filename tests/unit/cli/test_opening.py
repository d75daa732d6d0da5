"""Which kind of source an argument names, and what it is called."""

from pathlib import Path

import pytest

from answerable_cli.errors import UsageRefused
from answerable_cli.manifest import Manifest
from answerable_cli.sources.folder import FolderSource
from answerable_cli.sources.mailbox import MailboxSource
from answerable_cli.sources.opening import checked_name, name_of, open_source
from answerable_cli.sources.storage import StorageSource


def test_a_folder_a_mailbox_and_a_url_are_told_apart(tmp_path: Path) -> None:
    box = tmp_path / "inbox"
    box.write_text("From ada@acme.example Tue Nov 24 12:00:00 2026\nSubject: x\n\nx\n")
    kinds = [type(open_source(place, "", Manifest())) for place in (str(tmp_path), f"file://{tmp_path}", str(box))]
    assert kinds == [FolderSource, FolderSource, MailboxSource]
    assert isinstance(open_source("memory://bucket", "", Manifest()), StorageSource)


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("s3://bucket/docs/", "docs"),
        ("s3://key:secret@bucket", "bucket"),
        ("/srv/Our Documents", "Our-Documents"),
        ("/srv/.hidden", "hidden"),
        ("/", "documents"),
    ],
)
def test_a_source_is_called_by_the_last_part_of_its_place(place: str, name: str) -> None:
    assert checked_name(name_of(place)) == name


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", "a\n", "x" * 64])
def test_a_name_that_could_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(UsageRefused):
        checked_name(name)
