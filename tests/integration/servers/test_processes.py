"""Ports are chosen so that servers can come back, and servers never outlive the process that started them."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from answerable_cli.servers.errors import NotReadyError, PortInUseError
from answerable_cli.servers.ports import claim_port, free_port
from answerable_cli.servers.process import serving, spawn, stop
from answerable_cli.servers.valkey import valkey

pytestmark = pytest.mark.integration

PARENT = """
import asyncio, sys
from pathlib import Path
from answerable_cli.servers.clickhouse import clickhouse_endpoint
from answerable_cli.servers.tansu import tansu
from answerable_cli.servers.valkey import valkey

async def main(folder):
    async with (
        tansu(None, folder / "tansu.log") as a,
        valkey(None, None) as b,
        clickhouse_endpoint(folder / "clickhouse", None, token="t", in_thread=False) as c,
    ):
        print(*(s.process.pid for s in (a, b, c)), flush=True)
        await asyncio.sleep(60)

asyncio.run(main(Path(sys.argv[1])))
"""


def test_a_kill_of_the_parent_ends_its_servers(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        children = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
        assert len(children) == 3
        os.kill(parent.pid, signal.SIGKILL)
    gone, alive = psutil.wait_procs(children, timeout=5)
    assert not alive
    assert len(gone) == 3


async def test_a_process_that_ends_early_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    command = [sys.executable, "-c", "print('the disk is full'); raise SystemExit(3)"]
    with pytest.raises(NotReadyError, match=r"Thing ended with status 3(?s:.*)the disk is full"):
        async with serving("Thing", command, never, tmp_path / "thing.log", timedelta(seconds=10)):
            pass


async def test_a_process_that_does_not_serve_in_time_is_stopped(tmp_path: Path) -> None:
    async def never() -> bool:
        raise ConnectionRefusedError

    began = time.monotonic()
    with pytest.raises(NotReadyError, match="did not serve within 1 s"):
        async with serving("Thing", ["sleep", "60"], never, tmp_path / "thing.log", timedelta(seconds=1)):
            pass
    assert time.monotonic() - began < 10


async def test_a_process_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    process = await spawn([sys.executable, "-c", code], tmp_path / "stubborn.log")
    while not (tmp_path / "stubborn.log").read_text():
        await asyncio.sleep(0.05)
    await stop(process, timedelta(seconds=0.5))
    assert process.returncode == -signal.SIGKILL


def test_free_ports_are_outside_the_range_of_outgoing_connections_and_differ() -> None:
    ports = [free_port() for _ in range(50)]
    assert max(ports) < 32_768
    assert len(set(ports)) == 50


def test_a_port_that_somebody_listens_on_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortInUseError, match=str(port)):
            claim_port(port)


def redis_command(url: str, *words: str) -> bytes:
    """One command in Redis's inline protocol, and the first line of its reply."""
    host, port = url.removeprefix("redis://").removesuffix("/0").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(" ".join(words).encode() + b"\r\n")
        return connection.makefile("rb").readline().strip()


async def test_valkey_with_a_data_folder_keeps_keys_over_a_stop(tmp_path: Path) -> None:
    async with valkey(tmp_path, None) as first:
        assert redis_command(first.url, "SET", "key", "value") == b"+OK"
    async with valkey(tmp_path, None) as second:
        assert redis_command(second.url, "EXISTS", "key") == b":1"


async def test_valkey_without_a_data_folder_writes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with valkey(None, None) as server:
        assert redis_command(server.url, "SET", "key", "value") == b"+OK"
        assert redis_command(server.url, "CONFIG", "GET", "save") == b"*2"
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240 - an empty folder
