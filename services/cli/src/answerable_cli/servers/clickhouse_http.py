"""ClickHouse's HTTP interface over the engine in this process.

What ordinary clients (clickhouse-connect, curl, Grafana) send works: statement in URL or body, inserts of any format,
settings and `param_*` in the URL, errors as ClickHouse words them. Not there, and refused by name: session state,
roles, ClickHouse's own block compression, external tables.
"""

import asyncio
import base64
import binascii
import contextlib
import hmac
import json
import queue
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from answerable_cli.servers.clickhouse_body import decoded, form_fields
from answerable_cli.servers.clickhouse_engine import STREAMED_FORMATS, Engine, Outcome, Statement
from answerable_cli.servers.clickhouse_sql import Insert, first_keyword, output_format, split_insert
from answerable_cli.servers.errors import QueryError

WRITER = "answerable"
_READERS = frozenset({"", "default", "analyst"})
_WRITER_THREADS, _READER_THREADS = 8, 4
_HEAD_BYTES = 65_536  # in which the statement of an INSERT must end and its data begin
_WAITING_CHUNKS = 64
_AUTHENTICATION_FAILED, _NOT_IMPLEMENTED, _READONLY, _ACCESS_DENIED, _SYNTAX_ERROR, _TIMEOUT = (
    516,
    48,
    164,
    497,
    62,
    159,
)
# URL parameters that the HTTP interface keeps for itself; any other is a setting.
_TRANSPORT = frozenset(
    {
        "query", "database", "default_format", "user", "password", "query_id", "wait_end_of_query", "buffer_size",
        "quota_key", "session_id", "session_timeout", "session_check", "close_session", "client_protocol_version",
        "stacktrace", "send_progress_in_http_headers", "http_headers_progress_interval_ms", "enable_http_compression",
        "cancel_http_readonly_queries_on_client_close",
    }
)  # fmt: skip
_UNSUPPORTED = ("compress", "decompress", "role")
_MEDIA_TYPES = {
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "TSV": "text/tab-separated-values; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8",
    "JSON": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
}
_NOT_FOUND = frozenset({46, 47, 50, 56, 60, 63, 73, 78, 81, 115})
_BAD_REQUEST = frozenset({6, 8, 16, 27, 36, 38, 41, 43, 53, 62, 69, 117, 456, 457})
_STATUSES = {
    **dict.fromkeys(_NOT_FOUND, 404),
    **dict.fromkeys(_BAD_REQUEST, 400),
    _READONLY: 403,
    _ACCESS_DENIED: 403,
    _AUTHENTICATION_FAILED: 401,
    _NOT_IMPLEMENTED: 501,
    _TIMEOUT: 408,
}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Pools:
    """Readers and writers wait in different queues: slow analyses cannot hold up an insert."""

    writers: ThreadPoolExecutor
    readers: ThreadPoolExecutor

    async def run(self, statement: Statement, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(
            self.writers if statement.writer else self.readers, work
        )


def endpoint(engine: Engine, token: str) -> Starlette:
    """The application. Writers are user `answerable` with `token`; everybody else reads.

    Requests whose Host is not loopback are refused, so that a web page cannot reach it through a rebound name.
    """
    pools = _Pools(
        ThreadPoolExecutor(_WRITER_THREADS, "clickhouse-w"), ThreadPoolExecutor(_READER_THREADS, "clickhouse-r")
    )

    async def ping(_http: Request) -> Response:
        return PlainTextResponse("Ok.\n")

    async def query(http: Request) -> Response:
        query_id = http.query_params.get("query_id") or str(uuid.uuid4())
        try:
            response = await _answer(http, engine, pools, token)
        except QueryError as error:
            response = _error_response(error, engine.version)
        except UnicodeDecodeError:
            response = _error_response(_refused(_SYNTAX_ERROR, "the statement is not UTF-8"), engine.version)
        response.headers["X-ClickHouse-Query-Id"] = query_id
        response.headers["X-ClickHouse-Server-Display-Name"] = "answerable"
        response.headers["X-ClickHouse-Timezone"] = engine.timezone
        return response

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        for pool in (pools.writers, pools.readers):
            pool.shutdown(wait=False, cancel_futures=True)

    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/ping", ping, methods=["GET", "HEAD"]),
            Route("/replicas_status", ping, methods=["GET", "HEAD"]),
            Route("/", query, methods=["GET", "POST"]),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"], www_redirect=False)],
    )


async def _answer(http: Request, engine: Engine, pools: _Pools, token: str) -> Response:
    parameters: dict[str, str] = dict(http.query_params)
    if http.method == "GET" and "query" not in parameters:
        return PlainTextResponse("Ok.\n")
    writer = _may_write(http, token)
    body = decoded(http.stream(), http.headers.get("content-encoding"))
    if http.headers.get("content-type", "").startswith("multipart/form-data"):
        parameters |= await form_fields(body, http.headers["content-type"])
    head = parameters.get("query", "").encode()
    if head:
        head += b"\n"
    head += await _up_to(body, _HEAD_BYTES)
    statement = _statement(http, parameters, writer=writer)
    insert = split_insert(head)
    if insert is not None:
        outcome = await _insert(engine, pools, replace(statement, sql=head), insert, body)
        return _result(outcome)
    rest = b"".join([chunk async for chunk in body])
    statement = replace(statement, sql=(head + rest).strip())
    wanted = output_format(statement.sql) or statement.default_format
    streamed = wanted in STREAMED_FORMATS and first_keyword(statement.sql) in {b"SELECT", b"WITH"}
    if not streamed or parameters.get("wait_end_of_query") == "1":
        return _result(await pools.run(statement, lambda: engine.run(statement)))
    chunks = engine.stream(statement)
    first = await pools.run(statement, lambda: next(chunks, b""))
    return StreamingResponse(
        _chain(first, chunks), media_type=_media_type(wanted), headers={"X-ClickHouse-Format": wanted}
    )


async def _insert(
    engine: Engine, pools: _Pools, statement: Statement, insert: Insert, body: AsyncIterator[bytes]
) -> Outcome:
    """Insert while the body still arrives; after a failure the rest of the body is read and dropped."""
    feed = _Feed()
    work = asyncio.ensure_future(pools.run(statement, lambda: engine.insert(statement, insert, iter(feed))))
    try:
        async for chunk in body:
            if work.done():
                continue
            await feed.put(chunk)
    except BaseException as error:
        feed.end(error)
        await asyncio.wait([work])
        raise
    feed.end()
    return await work


class _Feed:
    """Carries chunks from the event loop to one thread, at most _WAITING_CHUNKS ahead of it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Semaphore(_WAITING_CHUNKS)
        self._chunks: queue.SimpleQueue[bytes | BaseException | None] = queue.SimpleQueue()

    async def put(self, chunk: bytes) -> None:
        await self._room.acquire()
        self._chunks.put(chunk)

    def end(self, error: BaseException | None = None) -> None:
        self._chunks.put(error)

    def __iter__(self) -> Iterator[bytes]:
        while (chunk := self._chunks.get()) is not None:
            if isinstance(chunk, BaseException):
                raise QueryError(_TIMEOUT, "Code: 159. DB::Exception: the request ended before its data did.")
            self._loop.call_soon_threadsafe(self._room.release)
            yield chunk


def _statement(http: Request, parameters: Mapping[str, str], *, writer: bool) -> Statement:
    for name in _UNSUPPORTED:
        if parameters.get(name, "0") != "0":
            raise _refused(_NOT_IMPLEMENTED, f"the parameter {name!r} is not supported here")
    settings = {
        k: v for k, v in parameters.items() if k not in _TRANSPORT | {*_UNSUPPORTED} and not k.startswith("param_")
    }
    return Statement(
        sql=b"",
        writer=writer,
        database=parameters.get("database") or http.headers.get("x-clickhouse-database"),
        default_format=http.headers.get("x-clickhouse-format") or parameters.get("default_format") or "TabSeparated",
        settings=settings,
        parameters={k.removeprefix("param_"): v for k, v in parameters.items() if k.startswith("param_")},
        only_reads=http.method == "GET",
    )


def _may_write(http: Request, token: str) -> bool:
    """Whether the caller is the writer. Raises QueryError for credentials that are neither writer's nor reader's."""
    user, password = _credentials(http)
    if user == WRITER and hmac.compare_digest(password.encode(), token.encode()):
        return True
    if user in _READERS and not password:
        return False
    raise _refused(
        _AUTHENTICATION_FAILED, f"{user}: Authentication failed: password is incorrect, or there is no such user"
    )


def _credentials(http: Request) -> tuple[str, str]:
    headers = http.headers
    if "x-clickhouse-user" in headers or "x-clickhouse-key" in headers:
        return headers.get("x-clickhouse-user", ""), headers.get("x-clickhouse-key", "")
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise _refused(_AUTHENTICATION_FAILED, "the Authorization header cannot be read") from None
        return user, password
    return http.query_params.get("user", ""), http.query_params.get("password", "")


async def _up_to(body: AsyncIterator[bytes], size: int) -> bytes:
    parts, length = [], 0
    async for chunk in body:
        parts.append(chunk)
        length += len(chunk)
        if length >= size:
            break
    return b"".join(parts)


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _result(outcome: Outcome) -> Response:
    summary = {
        "read_rows": outcome.read_rows,
        "read_bytes": outcome.read_bytes,
        "written_rows": outcome.written_rows,
        "written_bytes": outcome.written_bytes,
        "elapsed_ns": outcome.elapsed_ns,
    }
    headers = {
        "X-ClickHouse-Summary": json.dumps({k: str(v) for k, v in summary.items()}),
        "X-ClickHouse-Format": outcome.format,
    }
    return Response(outcome.body, media_type=_media_type(outcome.format), headers=headers)


def _media_type(format_name: str) -> str:
    return _MEDIA_TYPES.get(format_name, "application/octet-stream")


def _refused(code: int, text: str) -> QueryError:
    return QueryError(code, f"Code: {code}. DB::Exception: {text}.")


def _error_response(error: QueryError, version: str) -> Response:
    headers = {"X-ClickHouse-Exception-Code": str(error.code)}
    if error.code == _AUTHENTICATION_FAILED:
        headers["WWW-Authenticate"] = 'Basic realm="ClickHouse server HTTP API"'
    return PlainTextResponse(
        f"{error.text} (version {version})\n", status_code=_STATUSES.get(error.code, 500), headers=headers
    )
