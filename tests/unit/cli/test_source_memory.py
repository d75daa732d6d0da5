"""What is remembered of a source between runs."""

from pathlib import Path

import pytest

from answerable_cli.errors import CliError
from answerable_cli.sources.memory import memory_of


def test_what_has_another_marker_is_read_again(tmp_path: Path) -> None:
    names = {f"{number}.md": "then" for number in range(1200)}
    with memory_of(tmp_path, "acme", "wiki") as memory:
        memory.remember([(name, marker, f"sha of {name}") for name, marker in names.items()])
    with memory_of(tmp_path, "acme", "wiki") as memory:
        assert memory.digests(names) == {name: f"sha of {name}" for name in names}
        assert memory.digests({"1.md": "now", "new.md": "then"}) == {}


def test_each_source_of_each_organisation_has_its_own(tmp_path: Path) -> None:
    with memory_of(tmp_path, "acme", "wiki") as memory:
        memory.set_fact("watermark", "7")
    with memory_of(tmp_path, "acme", "wiki") as memory:
        assert memory.fact("watermark") == "7"
    for tenant, name in (("acme", "crm"), ("norvik", "wiki")):
        with memory_of(tmp_path, tenant, name) as memory:
            assert memory.fact("watermark") is None


def test_names_of_documents_are_not_in_the_file(tmp_path: Path) -> None:
    with memory_of(tmp_path, "acme", "wiki") as memory:
        memory.remember([("the-case-of-ada.md", "marker", "sha")])
    (file,) = tmp_path.rglob("memory.sqlite3")
    assert b"marker" in file.read_bytes()
    assert b"ada" not in file.read_bytes()


def test_one_run_at_a_time_has_it(tmp_path: Path) -> None:
    with (
        memory_of(tmp_path, "acme", "wiki"),
        pytest.raises(CliError, match="being synchronised"),
        memory_of(tmp_path, "acme", "wiki"),
    ):
        pass


def test_one_that_is_damaged_is_named_and_can_be_removed(tmp_path: Path) -> None:
    with memory_of(tmp_path, "acme", "wiki"):
        pass
    (file,) = tmp_path.rglob("memory.sqlite3")
    file.write_bytes(b"no database" * 100)
    with pytest.raises(CliError, match=r"acme\.wiki"), memory_of(tmp_path, "acme", "wiki"):
        pass
    file.unlink()
    with memory_of(tmp_path, "acme", "wiki") as memory:
        assert memory.digests({"a.md": "marker"}) == {}
