"""Request bodies as they arrive, decompressed."""

import email.message
import email.parser
import email.policy
import importlib
import sys
import zlib
from collections.abc import AsyncIterator, Callable

from answerable_cli.servers.errors import QueryError

_NOT_IMPLEMENTED, _UNKNOWN_COMPRESSION, _CANNOT_DECOMPRESS = 48, 89, 271
_GZIP_OR_ZLIB = 47  # zlib's window bits: 15, plus 32 for "detect the header"


async def decoded(chunks: AsyncIterator[bytes], encoding: str | None) -> AsyncIterator[bytes]:
    """The chunks with their Content-Encoding (gzip, deflate, lz4, zstd) taken off; empty chunks are left out.

    On loopback compression only costs: clients do better with `compress=False`. Raises QueryError.
    """
    name = (encoding or "identity").strip().lower()
    if name == "identity":
        async for chunk in chunks:
            if chunk:
                yield chunk
        return
    decompress, errors = _decompressor(name)
    async for chunk in chunks:
        try:
            plain = decompress(chunk)
        except errors as error:
            raise QueryError(_CANNOT_DECOMPRESS, f"Code: 271. DB::Exception: the body is not {name}.") from error
        if plain:
            yield plain


async def form_fields(body: AsyncIterator[bytes], content_type: str) -> dict[str, str]:
    """The text fields of a multipart form, in which clients send long parameters. Raises QueryError for files."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    content = head + b"".join([chunk async for chunk in body])
    form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(content)
    fields = {}
    for part in form.iter_parts() if isinstance(form, email.message.EmailMessage) else ():
        if part.get_filename() is not None:
            raise QueryError(_NOT_IMPLEMENTED, "Code: 48. DB::Exception: external tables are not supported here.")
        payload = part.get_payload(decode=True)
        fields[str(part.get_param("name", header="content-disposition"))] = bytes(payload or b"").decode()
    return fields


def _decompressor(name: str) -> tuple[Callable[[bytes], bytes], tuple[type[Exception], ...]]:
    if name in {"gzip", "deflate"}:
        return zlib.decompressobj(_GZIP_OR_ZLIB).decompress, (zlib.error,)
    try:
        if name == "lz4":
            return _concatenated(importlib.import_module("lz4.frame").LZ4FrameDecompressor), (RuntimeError, EOFError)
        if name == "zstd":
            zstd = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
            return _concatenated(zstd.ZstdDecompressor), (zstd.ZstdError, EOFError)
    except ImportError:
        pass
    text = f"Code: 89. DB::Exception: Content-Encoding {name!r} is not supported here: send the body uncompressed."
    raise QueryError(_UNKNOWN_COMPRESSION, text)


def _concatenated(make: Callable[[], object]) -> Callable[[bytes], bytes]:
    """A decompressor of frames one after another: clients compress each block by itself."""
    current = [make()]

    def decompress(data: bytes) -> bytes:
        parts = []
        while data:
            frame = current[0]
            parts.append(frame.decompress(data))  # type: ignore[attr-defined]
            if not frame.eof:  # type: ignore[attr-defined]
                break
            data = frame.unused_data or b""  # type: ignore[attr-defined]
            current[0] = make()
        return b"".join(parts)

    return decompress
