"""`answerable knowledge sync` and `groups` against a running Answerable: what reaches the record, and how often."""

import asyncio
import json
import mailbox
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from answerable_cli.rules import RULES_FILE
from answerable_trail.client import connect
from tests.support.command import COMMAND, Done, run, up, without_ours
from tests.support.sources import write_files

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

STAFF = "readers = ['staff']\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a running Answerable."""
    folder = tmp_path_factory.mktemp("answerable") / "data"
    with up(folder):
        yield folder


def _sync(data: Path, *arguments: str | Path) -> Done:
    return run("knowledge", "sync", *arguments, "--json", data=data)


def _outcomes(done: Done) -> dict[str, str]:
    return {each["document_id"]: each["outcome"] for each in done.json["documents"]}


def _published(data: Path, prefix: str) -> dict[str, list[str]]:
    """What was published about the documents whose ids begin so, in order."""
    state = json.loads((data / "answerable.json").read_text())
    statement = (
        "SELECT subject, splitByChar('.', type)[3] || '.' || splitByChar('.', type)[4] FROM trace.events "
        "WHERE topic = 'documents' AND startsWith(subject, {prefix:String}) ORDER BY log_time, offset"
    )

    async def ask() -> list[tuple[str, str]]:
        async with connect(state["clickhouse_url"]) as trail:
            return [
                (str(row[0]), str(row[1])) for row in (await trail.query(statement, parameters={"prefix": prefix})).rows
            ]

    published: dict[str, list[str]] = {}
    for subject, what in asyncio.run(ask()):
        published.setdefault(subject, []).append(what)
    return published


@contextmanager
def _ctrl_c_works() -> Iterator[None]:
    """Also where the tests run in the background of a shell, which lets children ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_folder_is_kept_in_step_and_only_what_differs_is_published(data: Path, tmp_path: Path) -> None:
    files = {
        RULES_FILE: STAFF,
        "leave.md": "27 days of leave.",
        "sub/pay.md": "Pay day is the 25th.",
        "bad.pdf": "%PDF-",
    }
    folder = write_files(tmp_path / "intranet", files)
    first = _sync(data, folder)
    assert _outcomes(first) == {
        "intranet/leave.md": "indexed",
        "intranet/sub/pay.md": "indexed",
        "intranet/bad.pdf": "rejected",
    }
    assert first.code == 1
    again = _sync(data, folder)
    assert (again.code, again.json["documents"]) == (1, [])
    assert [one["document_id"] for one in again.json["kept_out"]] == ["intranet/bad.pdf"]

    write_files(folder, {"sub/" + RULES_FILE: "readers = ['hr']\ndenied = ['user:bob']"})
    (folder / "bad.pdf").unlink()
    (folder / "leave.md").write_text("28 days of leave.")
    planned = _sync(data, folder, "--delete", "--dry-run").json["planned"]
    assert {each["document_id"]: each["action"] for each in planned} == {
        "intranet/leave.md": "submit",
        "intranet/sub/pay.md": "change_access",
        "intranet/bad.pdf": "withdraw",
    }
    second = _sync(data, folder, "--delete")
    assert second.code == 0, second
    assert _outcomes(second) == {
        "intranet/leave.md": "indexed",
        "intranet/sub/pay.md": "access_changed",
        "intranet/bad.pdf": "withdrawn",
    }
    third = _sync(data, folder, "--delete")
    assert (third.code, third.json["documents"]) == (0, [])
    assert _published(data, "intranet/") == {
        "intranet/leave.md": ["document.submitted", "document.submitted"],
        "intranet/sub/pay.md": ["document.submitted", "access.changed"],
        "intranet/bad.pdf": ["document.submitted", "document.withdrawn"],
    }


def test_an_empty_folder_withdraws_nothing_unless_forced(data: Path, tmp_path: Path) -> None:
    folder = write_files(tmp_path / "mounted", {RULES_FILE: STAFF, "a.md": "One.", "b.md": "Two."})
    assert _sync(data, folder).code == 0
    for file in folder.glob("*.md"):
        file.unlink()
    refused = _sync(data, folder, "--delete")
    assert (refused.code, refused.json["documents"]) == (1, [])
    assert "2 of 2" in refused.json["refused"]
    assert _outcomes(_sync(data, folder, "--delete", "--force")) == {
        "mounted/a.md": "withdrawn",
        "mounted/b.md": "withdrawn",
    }
    write_files(folder, {"a.md": "One."})
    kept = _sync(data, folder)
    assert [(one["document_id"], one["reason"]) for one in kept.json["kept_out"]] == [("mounted/a.md", "withdrawn")]
    assert _outcomes(_sync(data, folder, "--again")) == {"mounted/a.md": "indexed"}


def test_without_rules_nobody_may_read_and_the_command_says_so(data: Path, tmp_path: Path) -> None:
    done = run("knowledge", "sync", write_files(tmp_path / "bare", {"a.md": "Nobody reads this."}), data=data)
    assert done.code == 0
    assert "nobody may read 1 of them: bare/a.md" in done.err
    assert RULES_FILE in done.err


def test_two_places_cannot_share_a_name_by_accident(data: Path, tmp_path: Path) -> None:
    first, second = (write_files(tmp_path / place / "wiki", {"a.md": place}) for place in ("one", "two"))
    assert _sync(data, first, "--readers", "staff").code == 0
    refused = _sync(data, second, "--readers", "staff")
    assert (refused.code, str(first) in refused.err) == (2, True)
    assert _sync(data, second, "--readers", "staff", "--name", "wiki two").code == 0
    assert _sync(data, second, "--readers", "staff", "--moved").code == 0


def test_rows_of_a_table_follow_their_watermark(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "crm.db"

    def change(*statements: str) -> None:
        with closing(sqlite3.connect(file)) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    def sync(*arguments: str) -> Done:
        query = ("--query", "SELECT id, content, readers, changed FROM t", "--watermark", "changed")
        return _sync(data, "--sql", f"sqlite:///{file}", "--name", "crm", *query, *arguments)

    change(
        "CREATE TABLE t (id, content, readers, changed)",
        "INSERT INTO t VALUES (1, 'Pump 1 leaks.', 'staff', 1), (2, 'Pump 2 leaks.', 'staff', 2), (3, '', 'staff', 3)",
    )
    first = sync()
    assert (first.code, _outcomes(first)) == (1, {"crm/1": "indexed", "crm/2": "indexed"})
    assert [(one["document_id"], one["reason"]) for one in first.json["not_taken"]] == [("crm/3", "no_text")]
    change(
        "UPDATE t SET readers = 'hr', changed = 4 WHERE id = 2",
        "UPDATE t SET content = 'Pump 1 leaks again.'",  # without a new mark, so not seen
        "DELETE FROM t WHERE id = 3",
        "INSERT INTO t VALUES (4, 'Pump 4 leaks.', 'staff', 4)",
    )
    change("UPDATE t SET content = 'Pump 2 leaks.' WHERE id = 2", "UPDATE t SET content = 'Pump 4 leaks.' WHERE id = 4")
    assert _outcomes(sync()) == {"crm/2": "access_changed", "crm/4": "indexed"}
    assert _outcomes(sync("--full")) == {"crm/1": "indexed"}
    change("DELETE FROM t WHERE id = 1")
    assert _outcomes(sync("--delete")) == {"crm/1": "withdrawn"}
    assert _outcomes(sync("--delete")) == {}


def test_a_mailbox_grows_by_its_new_messages(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "inbox.mbox"

    def receive(number: int) -> None:
        message = EmailMessage()
        message["Subject"], message["Message-ID"] = f"Plan {number}", f"<m{number}@acme.example>"
        message.set_content(f"In plan {number} we meet at noon.")
        message.add_attachment(b"room,seats\nOslo,8\n", maintype="text", subtype="csv", filename="rooms.csv")
        with closing(mailbox.mbox(file)) as box:
            filed = mailbox.mboxMessage(message)
            filed.set_from("ada@acme.example Tue Nov 24 12:00:00 2026")
            box.add(filed)

    receive(1)
    assert _outcomes(_sync(data, file, "--readers", "staff")) == {"inbox/m1@acme.example": "indexed"}
    receive(2)
    assert _outcomes(_sync(data, file, "--readers", "staff")) == {"inbox/m2@acme.example": "indexed"}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_broken_off_is_finished_by_the_next_with_nothing_twice(
    data: Path, tmp_path: Path, number: signal.Signals
) -> None:
    name = f"broken-{number.name.lower()}"
    files = {f"{n:03}.md": f"Rule {n} says that machine {n} stops at {n} o'clock." for n in range(40)}
    folder = write_files(tmp_path / name, {RULES_FILE: STAFF, **files})
    command = [str(COMMAND), "knowledge", "sync", str(folder), "--data", str(data)]
    with (
        _ctrl_c_works(),
        subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=without_ours({})
        ) as first,
    ):
        while len(_published(data, f"{name}/")) < 5:
            assert first.poll() is None, first.communicate()
        first.send_signal(number)
        _, said = first.communicate(timeout=30)
    assert first.returncode == (130 if number == signal.SIGINT else -number)
    assert number == signal.SIGKILL or "the same command goes on from there" in said
    second = _sync(data, folder)
    assert second.code == 0, second
    published = _published(data, f"{name}/")
    assert _outcomes(second), "the first run was broken off before its end"
    assert published == {f"{name}/{file}": ["document.submitted"] for file in files}
    assert _sync(data, folder).json["unchanged"] == sorted(published)


def test_groups_are_published_when_they_differ(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "groups.toml"
    file.write_text("[groups]\nhr = ['user:ada']\nboard = ['group:hr']\n")

    def apply(*arguments: str) -> dict[str, Any]:
        done = run("knowledge", "groups", "apply", file, *arguments, "--json", data=data)
        assert done.code == 0, done
        changed: dict[str, Any] = done.json["changed"]
        return changed

    assert apply("--dry-run") == apply() == {"hr": ["user:ada"], "board": ["group:hr"]}
    assert apply() == {}
    assert run("knowledge", "groups", "set", "hr", "user:eve", data=data).code == 0
    assert apply() == {"hr": ["user:ada"]}
    file.write_text("[groups]\nhr = ['user:ada']\n")
    assert apply("--delete") == {"board": []}
    assert run("knowledge", "groups", "list", "--json", data=data).json == {"board": [], "hr": ["user:ada"]}


def test_documents_that_wait_in_ingestion_are_waited_for_and_not_sent_again(data: Path, tmp_path: Path) -> None:
    text = "\n\n".join(f"Notice {number} says word {number * 7}." for number in range(9_000))
    folder = write_files(tmp_path / "slow", {RULES_FILE: STAFF, "a.md": text})
    command = [str(COMMAND), "knowledge", "sync", str(folder), "--data", str(data)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=without_ours({})) as first:
        while not _published(data, "slow/"):
            time.sleep(0.05)
        assert first.poll() is None
        os.kill(first.pid, signal.SIGKILL)
    second = _sync(data, folder)
    assert _outcomes(second) == {"slow/a.md": "indexed"}, json.dumps(second.json)
    assert _published(data, "slow/") == {"slow/a.md": ["document.submitted"]}
