"""Witnesses get every checkpoint, can check each against the one before, and their signatures come back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from answerable_audit.sealing import Rhythm, Sealer
from answerable_audit.witnessing import Witnessing, witnesses
from answerable_cli.servers.process import Server
from answerable_runtime.errors import StartUpRefused
from answerable_runtime.metrics import Metrics
from answerable_trail.client import Trail, connect
from answerable_trail.keys import COSIGNATURE_V1, SignerKey
from answerable_trail.notes import LogSigner, origin_of, parse_note, verify
from answerable_trail.trees import Checkpoint
from tests.support.keys import signing_key
from tests.support.requests import flow, place
from tests.support.trail import with_password
from tests.support.witness import StrictWitness, serving

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TREE = ("norvik", 0)
COSIGNER = SignerKey("witness.example/one", COSIGNATURE_V1, bytes(range(32)))


@dataclass
class Writer:
    """Audit's part: seals, stores and signs."""

    trail: Trail
    sealer: Sealer
    written: int = 0

    async def grow(self, count: int) -> None:
        batch = [place(flow(partition=0).question, self.written + n, at=NOW) for n in range(count)]
        await self.trail.append(list(await self.sealer.rows(batch, {})))
        self.sealer.stored()
        self.written += count
        await self.sealer.checkpoints(NOW + timedelta(minutes=self.written))

    async def newest(self) -> Checkpoint:
        return (await self.trail.trees.checkpoints(TREE))[-1]


@pytest.fixture
async def writer(clickhouse: Server) -> AsyncIterator[Writer]:
    async with connect(with_password(clickhouse.url)) as trail:
        await trail.query("DROP DATABASE IF EXISTS trace SYNC")
        await trail.migrate()
        sealer = Sealer(trail.trees, LogSigner.from_file(signing_key()), "one", Rhythm(timedelta(seconds=10)))
        await sealer.load({}, {("questions", 0): 0})
        yield Writer(trail, sealer)


def strict() -> StrictWitness:
    return StrictWitness(COSIGNER, {origin_of(*TREE): LogSigner.from_file(signing_key()).verifiers})


@asynccontextmanager
async def offering(writer: Writer, server: StrictWitness, tmp_path: Path) -> AsyncIterator[Witnessing]:
    file = tmp_path / "witnesses"
    async with serving(server.add_checkpoint) as url:
        file.write_text(f"{url} {COSIGNER.verifier.text}\n")
        async with witnesses(None, file) as known:
            yield Witnessing(writer.sealer, writer.trail.trees, known, Metrics(CollectorRegistry()))


async def test_a_witness_follows_the_tree_and_its_signatures_are_kept(writer: Writer, tmp_path: Path) -> None:
    server = strict()
    async with offering(writer, server, tmp_path) as work:
        for size in (3, 8, 21):
            await writer.grow(size - writer.written)
            await work.round()
            assert server.held[origin_of(*TREE)][0] == size
    newest = await writer.newest()
    assert (newest.size, newest.cosignatures) == (21, 1)
    verify(parse_note(newest.note), [COSIGNER.verifier])


async def test_a_checkpoint_is_offered_once(writer: Writer, tmp_path: Path) -> None:
    server = strict()
    async with offering(writer, server, tmp_path) as work:
        await writer.grow(3)
        await work.round()
        await work.round()
    assert len(server.requests) == 1


async def test_after_a_restart_the_witness_says_where_it_stands(writer: Writer, tmp_path: Path) -> None:
    server = strict()
    async with offering(writer, server, tmp_path) as work:
        await writer.grow(3)
        await work.round()
    async with offering(writer, server, tmp_path) as work:  # remembers nothing
        await writer.grow(4)
        await work.round()
    assert server.held[origin_of(*TREE)][0] == 7
    assert (await writer.newest()).cosignatures == 1


async def test_what_a_witness_did_not_take_is_offered_again(writer: Writer, tmp_path: Path) -> None:
    server, answers = strict(), [503]

    async def moody(request: web.Request) -> web.StreamResponse:
        return web.Response(status=answers.pop()) if answers else await server.add_checkpoint(request)

    file = tmp_path / "witnesses"
    async with serving(moody) as url:
        file.write_text(f"{url} {COSIGNER.verifier.text}\n")
        async with witnesses(None, file) as known:
            work = Witnessing(writer.sealer, writer.trail.trees, known, Metrics(CollectorRegistry()))
            await writer.grow(3)
            await work.round()
            assert (await writer.newest()).cosignatures == 0
            await work.round()
    assert (await writer.newest()).cosignatures == 1


async def test_a_folder_gets_every_checkpoint_as_a_file(writer: Writer, tmp_path: Path) -> None:
    async with witnesses(tmp_path, None) as known:
        work = Witnessing(writer.sealer, writer.trail.trees, known, Metrics(CollectorRegistry()))
        await writer.grow(2)
        await work.round()
        await writer.grow(2)
        await work.round()
    assert files_in(tmp_path) == ["norvik-0-2.note", "norvik-0-4.note"]


async def test_without_witnesses_nothing_is_offered(writer: Writer) -> None:
    await writer.grow(2)
    await Witnessing(writer.sealer, writer.trail.trees, {}, Metrics(CollectorRegistry())).round()
    assert (await writer.newest()).cosignatures == 0


@pytest.mark.parametrize("text", ["https://w.example", "https://w.example no+key", "ftp://w.example KEY KEY", "\x00 x"])
async def test_a_file_of_witnesses_that_says_something_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "witnesses").write_text(text)
    with pytest.raises(StartUpRefused):
        async with witnesses(None, tmp_path / "witnesses"):
            pass


async def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartUpRefused):
        async with witnesses(tmp_path / "nothing", None):
            pass


def files_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())
