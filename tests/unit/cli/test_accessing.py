"""Why someone may read a document or not, as an operator is told."""

import json
from datetime import timedelta

import numpy as np
import pytest
from typer.testing import CliRunner

from answerable_cli.accessing import Asked, as_value, lines_of, look_up, open_index
from answerable_cli.errors import UsageRefused
from answerable_cli.main import app
from answerable_knowledge.index import Index
from tests.support import passages as made

DAY = timedelta(days=1)


@pytest.fixture
def index(tmp_path):
    """Readable by staff, denied to leavers; ann is in the shop, which is in the north, which is in staff."""
    index = Index.open(tmp_path / "index")
    put(index, "pay.md", denied=("group:leavers",))
    index.set_members("acme", "staff", ["group:north"], made.NOW)
    index.set_members("acme", "north", ["group:shop"], made.NOW)
    index.set_members("acme", "shop", ["user:ann"], made.NOW)
    return index


def put(index, document_id, **changes):
    index.put(made.document(document_id, **changes), (), np.empty((0, 384), np.float32))


def asked(user="ann", *groups, document="pay.md", tenant="acme", at=None):
    return Asked(tenant, user, groups, document, at)


def told(index, *names, **changes):
    answer = look_up(index, asked(*names, **changes), made.NOW)
    return answer.reason, "\n".join(lines_of(answer))


def test_a_reader_through_groups_is_told_every_group_on_the_way(index):
    reason, text = told(index)
    assert reason is None
    assert text.startswith("ann may read pay.md, version 1 (snapshot acme@")
    assert "granted by group:staff: user:ann is in group:shop is in group:north is in group:staff" in text


def test_a_group_of_the_token_is_where_the_way_begins(index):
    reason, text = told(index, "bob", "north")
    assert (reason, "granted by group:staff: group:north is in group:staff" in text) == (None, True)


def test_a_denial_is_named_beside_what_would_have_granted(index):
    index.set_members("acme", "leavers", ["user:ann"], made.NOW)
    reason, text = told(index)
    assert (reason, "granted by group:staff" in text) == ("denied", True)
    assert "ann may NOT read pay.md" in text
    assert "denied by group:leavers: user:ann is in group:leavers" in text


@pytest.mark.parametrize(
    ("change", "reason", "words"),
    [
        (lambda index: index.set_readers("acme", "pay.md", [], made.NOW), "no_reader", "readers: nobody"),
        (lambda index: index.remove("acme", "pay.md", made.NOW), "removed", "withdrawn"),
        (lambda index: index.erase("acme", "pay.md", made.NOW), "removed", "readers: nobody"),
        (lambda index: put(index, "new.md", supersedes="pay.md"), "superseded", "replaced by: new.md"),
        (
            lambda index: put(index, "pay.md", version=2, valid_until=made.NOW - DAY),
            "expired",
            "valid until 2026-11-23",
        ),
        (lambda index: put(index, "pay.md", version=2, valid_from=made.NOW + DAY), "not_yet_valid", "valid from"),
    ],
)
def test_what_stands_against_it_is_told(index, change, reason, words):
    change(index)
    assert told(index)[0] == reason
    assert words in told(index)[1]


def test_an_unknown_document_and_one_of_another_organisation_look_the_same(index):
    put(index, "theirs.md", tenant="other")
    texts = {told(index, document=name)[1].replace(name, "X") for name in ("nothing.md", "theirs.md")}
    assert len(texts) == 1
    assert "knows no document" in texts.pop()


def test_an_older_snapshot_is_told_as_it_was(index):
    before = index.snapshot("acme")
    index.set_readers("acme", "pay.md", [], made.NOW)
    assert told(index)[0] == "no_reader"
    assert told(index, at=before)[0] is None
    assert told(index, at=before.rpartition("@")[2])[0] is None


@pytest.mark.parametrize(
    "question",
    [
        asked(at="acme@9999"),
        asked(at="other@1"),
        asked(at="yesterday"),
        asked(" ann"),
        asked("*"),
        asked(document="\0"),
    ],
)
def test_what_cannot_be_told_is_refused_as_wrong_usage(index, question):
    with pytest.raises(UsageRefused):
        look_up(index, question, made.NOW)


def test_a_group_that_grants_nothing_because_of_its_name_is_mentioned(index):
    assert "no reader can have this name" in told(index, "bob", "*")[1]


def test_what_a_terminal_would_obey_is_not_shown(index):
    put(index, "a\x1b[2Jb")
    assert "\x1b" not in told(index, document="a\x1b[2Jb")[1]


def test_json_holds_every_chain(index):
    value = json.loads(json.dumps(as_value(look_up(index, asked(), made.NOW)), default=str))
    assert (value["may_read"], value["reason"], value["version"]) == (True, None, 1)
    assert value["granted_by"] == [["user:ann", "group:shop", "group:north", "group:staff"]]
    assert (value["denied"], value["denied_by"]) == (["group:leavers"], [])


@pytest.mark.parametrize(("user", "document", "code"), [("ann", "pay.md", 0), ("eve", "pay.md", 1), ("ann", "x", 1)])
def test_the_exit_code_tells_and_no_server_has_to_run(index, tmp_path, user, document, code):
    arguments = ["access", "explain", user, document, "--tenant", "acme", "--data", str(tmp_path), "--json"]
    done = CliRunner().invoke(app, arguments, env={"ANSWERABLE_INDEX_PATH": None})
    assert done.exit_code == code
    assert json.loads(done.stdout)["may_read"] is (code == 0)


def test_a_folder_without_an_index_is_refused_with_what_to_do_about_it(tmp_path, monkeypatch):
    monkeypatch.delenv("ANSWERABLE_INDEX_PATH", raising=False)
    with pytest.raises(UsageRefused) as refused:
        open_index(tmp_path)
    assert "--data" in str(refused.value.hint)
