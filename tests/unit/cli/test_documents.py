"""Which files become which versions."""

from dataclasses import replace
from pathlib import Path

import pytest

from answerable_cli.documents import LARGEST_FILE, Known, Source, as_readers, find_sources, plan
from answerable_cli.errors import UsageRefused
from answerable_cli.manifest import Details, Manifest, Told

STAFF = Details(readers=("group:staff",))
SOURCE = Source("a.md", Path("a.md"), 3, "abc", STAFF)
IN_FORCE = Known(3, "abc", STAFF)


@pytest.mark.parametrize(
    ("source", "known", "version"),
    [
        (SOURCE, None, 1),
        (replace(SOURCE, version=6), None, 6),
        (SOURCE, IN_FORCE, None),
        (replace(SOURCE, sha256="other"), IN_FORCE, 4),
        (replace(SOURCE, sha256="other", version=9), IN_FORCE, 9),
        (replace(SOURCE, details=Details(readers=("group:hr",))), IN_FORCE, 4),
        (SOURCE, replace(IN_FORCE, withdrawn=True), 4),
        (SOURCE, replace(IN_FORCE, rejected=True), 4),
    ],
    ids=["new", "named", "same", "changed", "changed-named", "readers", "withdrawn", "rejected"],
)
def test_a_version_is_above_every_one_before(source: Source, known: Known | None, version: int | None) -> None:
    found = plan([source], {"a.md": known} if known else {})
    assert [one.version for one in found.submissions] == ([] if version is None else [version])
    assert found.unchanged == ((source,) if version is None else ())


def test_a_file_above_the_limit_is_named_and_not_sent() -> None:
    large = replace(SOURCE, size_bytes=LARGEST_FILE + 1, sha256="")
    assert plan([large], {}).too_large == (large,)


def test_ids_are_paths_below_the_folder_and_dot_files_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "sub" / ".git").mkdir(parents=True)
    for name in ("b.md", "sub/a.md", ".hidden", "sub/.git/config"):
        (tmp_path / name).write_text(name)
    found = find_sources([tmp_path], Manifest(default=STAFF))
    assert [(one.document_id, one.details) for one in found] == [("b.md", STAFF), ("sub/a.md", STAFF)]


@pytest.mark.parametrize("case", ["absent", "empty", "twice", "in the manifest only"])
def test_unusable_paths_are_refused(tmp_path: Path, case: str) -> None:
    for folder in ("one", "two", "none"):
        (tmp_path / folder).mkdir()
    for folder in ("one", "two"):
        (tmp_path / folder / "a.md").write_text("x")
    paths = {"absent": ["three"], "empty": ["none"], "twice": ["one", "two"], "in the manifest only": ["one"]}[case]
    entries = {"b.md": Told(STAFF)} if case == "in the manifest only" else {}
    with pytest.raises(UsageRefused):
        find_sources([tmp_path / path for path in paths], Manifest(entries=entries))


def test_a_plain_name_is_a_group() -> None:
    assert as_readers(["staff, user:ada", "group:hr", "staff"]) == ("group:staff", "user:ada", "group:hr")
