"""`answerable up` and the commands around it, as processes on a folder of their own."""

import os
import signal
import stat
import time
from pathlib import Path

import pytest

from tests.support import servers
from tests.support.command import await_end, run, up

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

QUESTION = "How many days of annual leave does every employee have?"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "handbook").mkdir(parents=True)
    (folder / "handbook" / "leave.md").write_text(
        "# Annual leave\n\nEvery employee has 27 days of annual leave per calendar year.\n\n"
        "# Sick leave\n\nA doctor's note is needed from the fourth day of illness.\n"
    )
    (folder / "prices.csv").write_text("product,price\nTern 300,3480 EUR\nTern 200,2150 EUR\n")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 this is not a PDF")
    return folder


def test_documents_answers_and_record_survive_a_clean_stop_and_a_new_start(tmp_path: Path, files: Path) -> None:
    data = tmp_path / "data"
    with up(data) as first:
        assert stat.S_IMODE((data / "answerable.json").stat().st_mode) == 0o600
        added = run("knowledge", "add", files, "--readers", "staff", "--json", data=data)
        assert added.code == 1, "one of the files is broken"
        assert {each["document_id"]: each["outcome"] for each in added.json["documents"]} == {
            "broken.pdf": "rejected",
            "handbook/leave.md": "indexed",
            "prices.csv": "indexed",
        }
        asked = run("ask", QUESTION, "--as", "ada", "--groups", "staff", "--json", data=data)
        assert asked.code == 0, asked
        assert "27 days" in asked.json["answer"]["text"]
        refused = run("ask", QUESTION, "--as", "bob", "--groups", "guests", data=data)
        assert refused.code == 3
        assert "not_known" in refused.out
        _assert_explained(data, asked.json["request_id"])
        counted = run(
            "sql", "SELECT outcome, count() AS n FROM trace.answers GROUP BY 1 ORDER BY 1", "--json", data=data
        )
        assert counted.json == [{"outcome": "released", "n": 1}, {"outcome": "withheld", "n": 1}]
        checked = run("audit", "check", "--json", data=data)
        assert checked.code == 0, checked
        assert checked.json["records_in_log"] == checked.json["rows_in_trace"] > 0
        servers = first.server_pids()
        ended = first.end(signal.SIGTERM)
        assert ended.code == 0, ended
        await_end(servers)
        assert not (data / "answerable.json").exists()
    with up(data):
        _assert_explained(data, asked.json["request_id"])
        (files / "broken.pdf").unlink()
        again = run("knowledge", "add", files, "--readers", "staff", "--json", data=data)
        assert again.code == 0, again
        assert again.json["unchanged"] == ["handbook/leave.md", "prices.csv"]
        assert run("ask", QUESTION, "--as", "ada", "--groups", "staff", data=data).code == 0


def test_after_kill_9_a_new_start_works_and_a_dead_server_ends_it_by_name(tmp_path: Path, files: Path) -> None:
    data = tmp_path / "data"
    with up(data) as first:
        assert run("knowledge", "add", files / "handbook", "--readers", "user:ada", data=data).code == 0
        second = run("up", data=data)
        assert second.code == 1
        assert str(first.process.pid) in second.err
        servers = first.server_pids()
        first.end(signal.SIGKILL)
        await_end(servers)
        assert (data / "answerable.json").exists(), "nobody was left to remove it"
        nobody = run("ask", QUESTION, "--as", "ada", data=data)
        assert nobody.code == 1
        assert "answerable up" in nobody.err
    with up(data) as next_one:
        assert run("ask", QUESTION, "--as", "ada", data=data).code == 0
        (tansu,) = next_one.server_pids("Tansu")
        others = [pid for pid in next_one.server_pids() if pid != tansu]
        os.kill(tansu, signal.SIGKILL)
        ended = next_one.wait()
        assert ended.code == 1, ended
        assert "Tansu ended by itself" in ended.err
        assert "tansu.log" in ended.err
        await_end(others)


@pytest.mark.kafka
@pytest.mark.skipif(not servers.can_run_kafka(), reason="no Kafka: needs Java and Maven")
def test_on_kafka_the_log_itself_survives_kill_9(tmp_path: Path, files: Path) -> None:
    data = tmp_path / "data"
    with up(data, "--broker", "kafka") as first:
        assert run("knowledge", "add", files / "handbook", "--readers", "staff", data=data).code == 0
        assert run("ask", QUESTION, "--as", "ada", "--groups", "staff", data=data).code == 0
        before = run("audit", "check", "--json", data=data).json
        first.end(signal.SIGKILL)
    with up(data, "--broker", "kafka"):
        after = run("audit", "check", "--json", data=data)
        assert after.code == 0, after
        assert after.json["records_in_log"] >= before["records_in_log"] > 0  # checkpoints may have come since
        assert run("ask", QUESTION, "--as", "ada", "--groups", "staff", data=data).code == 0


def test_a_changed_document_becomes_a_new_version_and_a_withdrawn_one_comes_back_above_its_tombstone(
    tmp_path: Path, files: Path
) -> None:
    data, leave = tmp_path / "data", files / "handbook" / "leave.md"
    with up(data):
        add = ("knowledge", "add", leave, "--readers", "staff", "--json")
        assert [each["version"] for each in run(*add, data=data).json["documents"]] == [1]
        leave.write_text(leave.read_text().replace("27", "28"))
        assert [each["version"] for each in run(*add, data=data).json["documents"]] == [2]
        assert run("knowledge", "withdraw", "leave.md", data=data).code == 0
        time.sleep(1.5)  # a snapshot serves for a second
        ask = ("ask", QUESTION, "--as", "ada", "--groups", "staff")
        assert run(*ask, data=data).code == 3
        assert [each["version"] for each in run(*add, data=data).json["documents"]] == [3]
        assert run("knowledge", "access", "set", "leave.md", "--readers", "hr", data=data).code == 0
        time.sleep(1.5)
        assert run(*ask, data=data).code == 3
        assert run("ask", QUESTION, "--as", "ada", "--groups", "hr", data=data).code == 0
        listed = run("knowledge", "list", "--json", data=data).json
        assert [(e["document_id"], e["version"], e["state"], e["readers"]) for e in listed] == [
            ("leave.md", 3, "indexed", ["group:hr"])
        ]


def test_a_stop_during_the_start_leaves_nothing_running(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with up(data, wait=False) as starting:
        while not (data / "clickhouse" / "folder.lock").exists():
            assert starting.process.poll() is None
            time.sleep(0.02)
        assert starting.end(signal.SIGINT).code == 0
        assert not (data / "answerable.json").exists()
    time.sleep(0.2)
    assert _commands_naming(str(data)) == []


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("up", "--broker", "rabbit"), 2, "rabbit"),
        (("nonsense",), 2, "nonsense"),
        (("run", "nonsense"), 2, "audit, ingestion"),
        (("knowledge", "add", "."), 2, "no readers"),
        (("explain", "not-an-id"), 2, "not a request id"),
        (("ask", "Why?"), 2, "--as"),
        (("sql", "SELECT 1"), 1, "answerable up"),
        (("knowledge", "add", ".", "--readers", "staff", "--nobody"), 2, "contradict"),
    ],
)
def test_wrong_use_ends_with_one_clear_line(tmp_path: Path, arguments: tuple[str, ...], code: int, says: str) -> None:
    done = run(*arguments, ANSWERABLE_DATA=str(tmp_path / "nothing"))
    assert done.code == code, done
    assert says in done.err
    assert "Traceback" not in done.err


def test_a_misspelt_setting_is_refused_by_name(tmp_path: Path) -> None:
    done = run("up", data=tmp_path / "data", ANSWERABLE_KAFKA_BROKER="127.0.0.1:1")
    assert done.code == 1
    assert "ANSWERABLE_KAFKA_BROKER" in done.err


def _assert_explained(data: Path, request_id: str) -> None:
    told = run("explain", request_id, "--json", data=data).json
    assert told["question"]["asker"] == {"subject": "ada", "groups": ["staff"]}
    assert told["context"]["passages"][0]["readers_matched"] == ["group:staff"]
    assert told["outcome"]["citations"][0]["document_id"] == "handbook/leave.md"
    assert all(check["passed"] for check in told["verdict"]["checks"])
    assert [entry["position"][1] for entry in told["log"]] == ["questions", "contexts", "drafts", "verdicts", "answers"]
    assert {entry["seal"]["holds"] for entry in told["log"]} == {True}
    assert told["receipt"]["agrees"]
    assert {event["state"] for event in told["rests_on"]["events"]} == {"recorded"}
    page = data.parent / "explanation.html"
    assert run("explain", request_id, "--html", page, data=data).code == 0
    assert "27 days" in page.read_text("utf-8")
    shown = run("explain", request_id, data=data).out
    assert "may read it: group:staff" in shown
    assert "27 days" in shown


def _commands_naming(text: str) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if text in command and int(entry.name) != os.getpid():
                found.append(command)
    return found
