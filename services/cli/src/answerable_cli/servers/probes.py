"""One round trip in each server's own protocol: the proof that it serves, not merely that its port is open."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator

from answerable_cli.servers.ports import LOOPBACK

_METADATA_KEY, _METADATA_VERSION = 3, 1
_REPLY_LIMIT_S = 5.0


async def kafka_brokers(port: int) -> int:
    """How many brokers the one on this port knows of (Metadata request, version 1, no topics)."""
    client_id = b"probe"
    body = struct.pack(">hhih", _METADATA_KEY, _METADATA_VERSION, 1, len(client_id)) + client_id + struct.pack(">i", 0)
    async with _connection(port) as (reader, writer):
        writer.write(struct.pack(">i", len(body)) + body)
        size, _correlation, brokers = struct.unpack(">iii", await reader.readexactly(12))
        return int(brokers) if size >= struct.calcsize(">ii") else 0


async def redis_pong(port: int) -> bool:
    """Whether PING is answered; a server that still loads its data answers with an error."""
    async with _connection(port) as (reader, writer):
        writer.write(b"PING\r\n")
        return await reader.readline() == b"+PONG\r\n"


async def http_ok(port: int, path: str) -> bool:
    """Whether GET `path` is answered with 200."""
    async with _connection(port) as (reader, writer):
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\nConnection: close\r\n\r\n".encode())
        return (await reader.readline()).startswith(b"HTTP/1.1 200")


@contextlib.asynccontextmanager
async def _connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    async with asyncio.timeout(_REPLY_LIMIT_S):  # TimeoutError is an OSError: not ready yet
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        try:
            yield reader, writer
        finally:
            writer.close()
