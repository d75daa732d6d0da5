"""The file by which commands find a running instance, and the lock that says whether it runs."""

import fcntl
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from answerable_cli import instance as instances
from answerable_cli.errors import AlreadyRunning, CliError
from answerable_cli.instance import Instance, find_running, held, is_locked, read


def _instance(data: Path) -> Instance:
    return Instance(
        pid=1234,
        version="0.1.0",
        started=datetime(2026, 11, 3, tzinfo=UTC),
        data=data,
        broker="tansu",
        gateway_url="http://127.0.0.1:8080",
        kafka_brokers="127.0.0.1:9092",
        clickhouse_url="http://127.0.0.1:8123",
        redis_url="redis://127.0.0.1:6379/0",
        metrics_url="http://127.0.0.1:9464",
        token="secret",
        log=data / "services.log",
    )


def test_a_written_instance_is_found_while_its_folder_is_held(tmp_path: Path) -> None:
    with held(tmp_path):
        instances.write(_instance(tmp_path))
        assert find_running(tmp_path) == _instance(tmp_path)
        assert stat.S_IMODE((tmp_path / instances.FILE).stat().st_mode) == 0o600
    assert find_running(tmp_path) is None
    assert read(tmp_path) is None


def test_a_second_holder_is_told_who_the_first_is(tmp_path: Path) -> None:
    with held(tmp_path):
        instances.write(_instance(tmp_path))
        with pytest.raises(AlreadyRunning, match=r"process 1234, gateway http://127\.0\.0\.1:8080"), held(tmp_path):
            raise AssertionError("held twice")
        assert find_running(tmp_path) is not None, "the refused one must not remove the file"


def test_what_a_killed_instance_left_behind_is_not_running_and_is_handed_to_the_next(tmp_path: Path) -> None:
    instances.write(_instance(tmp_path))
    assert find_running(tmp_path) is None
    with held(tmp_path) as left_behind:
        assert left_behind == _instance(tmp_path)


def test_a_look_does_not_keep_an_instance_from_starting(tmp_path: Path) -> None:
    with held(tmp_path):
        pass
    with (tmp_path / "answerable.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        assert is_locked(tmp_path) is False, "a look is not a holder"


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / instances.FILE).write_text("{")
    with pytest.raises(CliError, match=r"answerable\.json"):
        read(tmp_path)


def test_writers_get_the_token_and_analysts_do_not(tmp_path: Path) -> None:
    assert _instance(tmp_path).writer_url == "http://answerable:secret@127.0.0.1:8123"
    assert "secret" not in _instance(tmp_path).clickhouse_url
