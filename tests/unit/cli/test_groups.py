"""Groups from a file, and which of them differ from the record."""

from pathlib import Path

import pytest

from answerable_cli.errors import UsageRefused
from answerable_cli.groups import Groups, changes, read_groups_file

KNOWN: Groups = {"hr": ("user:ada", "user:bob"), "board": ("group:hr",), "past": ()}


def _read(tmp_path: Path, name: str, text: str) -> Groups:
    file = tmp_path / name
    file.write_text(text)
    return read_groups_file(file)


def test_groups_stand_in_toml_or_in_csv(tmp_path: Path) -> None:
    wanted = {"hr": ("user:ada", "user:bob"), "board": ("group:hr",), "past": ()}
    toml = "[groups]\nhr = ['user:bob', 'user:ada', 'user:bob']\n'group:board' = ['group:hr']\npast = []"
    assert _read(tmp_path, "groups.toml", toml) == wanted
    csv = "member,group\nuser:bob,hr\nuser:ada,hr\ngroup:hr,group:board\n,past\n"
    assert _read(tmp_path, "groups.csv", csv) == wanted


def test_the_same_again_changes_nothing() -> None:
    assert changes(KNOWN, KNOWN, delete=False) == {}
    assert changes({"hr": ("user:bob", "user:ada")}, KNOWN, delete=False) == {}


def test_a_group_that_is_not_named_is_emptied_only_when_asked() -> None:
    wanted: Groups = {"hr": ("user:ada",), "new": ("user:eve",)}
    assert changes(wanted, KNOWN, delete=False) == wanted
    assert changes(wanted, KNOWN, delete=True) == wanted | {"board": ()}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", "[groups]\nhr = ['ada']"),
        ("a.toml", "[groups]\nhr = ['group:*']"),
        ("a.toml", "[groups]\n'*' = ['user:ada']"),
        ("a.toml", "hr = ['user:ada']"),
        ("a.toml", "[groups]\nhr = ['user:ada']\n'group:hr' = ['user:bob']"),
        ("a.toml", "= 1"),
        ("a.csv", "who,where\nuser:ada,hr"),
        ("a.csv", "group,member\n,user:ada"),
    ],
)
def test_a_file_that_could_mean_something_else_is_refused(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(UsageRefused):
        _read(tmp_path, name, text)
