"""Where commands look for the index."""

from pathlib import Path

import pytest

from answerable_cli.addresses import Addresses
from answerable_cli.index_place import IndexPlace, index_place
from answerable_cli.settings import ClientSettings


@pytest.mark.parametrize(
    ("location", "folder"),
    [
        ("data/index", Path("data/index")),
        ("/srv/index", Path("/srv/index")),
        ("file:///srv/my%20index", Path("/srv/my index")),
        ("s3://bucket/index", None),
        ("gs://bucket/index", None),
    ],
)
def test_only_what_is_on_this_machine_has_a_folder(location: str, folder: Path | None) -> None:
    assert IndexPlace(location).folder == folder


def test_the_environment_says_where_it_is_and_its_secrets_are_not_shown(monkeypatch, tmp_path) -> None:
    nowhere = Addresses(tmp_path, ClientSettings(data=tmp_path), None)
    monkeypatch.delenv("ANSWERABLE_INDEX_PATH", raising=False)
    assert index_place(nowhere) is None
    monkeypatch.setenv("ANSWERABLE_INDEX_PATH", "s3://bucket/index")
    monkeypatch.setenv("ANSWERABLE_INDEX_STORAGE", '{"aws_secret_access_key": "hush"}')
    place = index_place(nowhere)
    assert place is not None
    assert (place.location, place.options) == ("s3://bucket/index", {"aws_secret_access_key": "hush"})
    assert "hush" not in repr(place)
