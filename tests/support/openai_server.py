"""A small server that speaks the chat completions protocol over a real socket, and misbehaves on request."""

import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

ANSWER = '{"answered": true, "sentences": [{"text": "Employees get 25 days.", "citations": [1]}]}'


@dataclass(frozen=True)
class Reply:
    """What the server does with one request. `drip` sends one byte at a time, that far apart."""

    status: int = 200
    body: str = ""
    delay: timedelta = timedelta()
    drip: timedelta | None = None
    hang_up: bool = False


def completion(content: str | None = ANSWER, *, finish_reason: str = "stop", refusal: str | None = None) -> Reply:
    message = {"role": "assistant", "content": content, "refusal": refusal}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": "tiny",
        "system_fingerprint": "fp_tiny_1",
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason, "logprobs": None}],
        "usage": {"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150},
    }
    return Reply(body=json.dumps(body))


def failure(status: int, message: str = "no") -> Reply:
    return Reply(status=status, body=json.dumps({"error": {"message": message, "type": "test", "code": None}}))


@dataclass
class OpenAiServer:
    """Replies are taken from `script` in order; when it is empty every request gets `usual`."""

    base_url: str = ""
    usual: Reply = field(default_factory=completion)
    script: deque[Reply] = field(default_factory=deque)
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def next_reply(self) -> Reply:
        return self.script.popleft() if self.script else self.usual


@contextmanager
def openai_server(*replies: Reply) -> Iterator[OpenAiServer]:
    state = OpenAiServer(script=deque(replies))
    handler = type("Handler", (_Handler,), {"state": state})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        state.base_url = f"http://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: ClassVar[OpenAiServer]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path != "/v1/chat/completions":
            self._send(failure(404))
            return
        self.state.requests.append(json.loads(body))
        self.state.headers.append({name.lower(): value for name, value in self.headers.items()})
        self._send(self.state.next_reply())

    def _send(self, reply: Reply) -> None:
        time.sleep(reply.delay.total_seconds())
        if reply.hang_up:
            self.close_connection = True
            self.connection.close()
            return
        data = reply.body.encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        try:
            self._write(data, reply.drip)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client gave up, as the test wants

    def _write(self, data: bytes, drip: timedelta | None) -> None:
        if drip is None:
            self.wfile.write(data)
            return
        for byte in data:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(drip.total_seconds())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing: the tests look at `requests`."""
