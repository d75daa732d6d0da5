"""Reading documents in processes of their own, with limits on time and memory and without a network.

A process is started once and reads one document after another; what kills it costs the document that did, not the
service. Documents come as bytes and go back as JSON (`wire`), so nothing that a taken-over reader says is run.
"""

import queue
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from answerable_knowledge import wire
from answerable_knowledge.blocks import ParsedDocument
from answerable_knowledge.chunking import Passage
from answerable_knowledge.errors import ParserUnavailable, Reason, Unreadable

_START = timedelta(seconds=60)  # loading the libraries takes half a second; a busy machine may need long
_DOCUMENTS_PER_PROCESS = 1000  # then it makes room for a fresh one: what libraries leak stays bounded
ENVIRONMENT = {"MALLOC_ARENA_MAX": "2", "RAYON_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}  # and none of our secrets

# What the kernel, or a library that ran out of memory, ends a process with; anything else is a crash.
_REASON_BY_SIGNAL: dict[int, Reason] = {
    signal.SIGXCPU: Reason.TIMEOUT,
    signal.SIGABRT: Reason.TOO_LARGE,
    signal.SIGKILL: Reason.TOO_LARGE,
}


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """What one document may use. `timeout` bounds the clock and, over all threads together, the processors."""

    timeout: timedelta = timedelta(seconds=30)
    memory_bytes: int = 1024**3
    max_bytes: int = 10 * 1024**2
    max_passages: int = 10_000


@dataclass(frozen=True, slots=True)
class File:
    """A file to read, and what is known of it. A `title` given here takes the place of the document's own."""

    data: bytes
    filename: str
    media_type: str | None = None
    encoding_hint: str | None = None
    title: str | None = None


class Parsers:
    """Up to `count` reading processes, started when needed. Safe to use from several threads; close it at the end."""

    def __init__(self, count: int = 1, limits: ParseLimits | None = None) -> None:
        self.limits = limits or ParseLimits()
        self._count = count
        self._idle: queue.LifoQueue[_Process | None] = queue.LifoQueue()
        for _ in range(count):
            self._idle.put(None)

    def read(self, file: File) -> tuple[ParsedDocument, tuple[Passage, ...]]:
        """Read a document as `parsing.parse` does, and cut it into passages. Blocks while every process is busy.

        Raises:
            Unreadable: not a document that can be read within the limits.
            ParserUnavailable: no process could be started.
        """
        if len(file.data) > self.limits.max_bytes:
            raise Unreadable(Reason.TOO_LARGE)
        with self._process() as process:
            return process.read(file)

    def close(self) -> None:
        """Wait for running work, then end the processes."""
        for _ in range(self._count):
            process = self._idle.get()
            if process:
                process.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _process(self) -> "Iterator[_Process]":
        process = self._idle.get()
        try:
            process = process or _Process(self.limits)
            yield process
        finally:
            if process and process.is_spent:
                process.end()
                process = None
            self._idle.put(process)


class _Process:
    """A reading process and the link to it."""

    def __init__(self, limits: ParseLimits) -> None:
        self._limits = limits
        self._left = _DOCUMENTS_PER_PROCESS
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-I", "-m", "answerable_knowledge.worker"]
        try:
            with theirs:
                self._child = subprocess.Popen(  # noqa: S603 - our own module
                    [*command, str(theirs.fileno()), str(limits.memory_bytes)],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=ENVIRONMENT,
                    start_new_session=True,  # ctrl-C is for the service, which then ends its readers
                )
        except OSError as error:
            ours.close()
            raise ParserUnavailable from error
        self._link = wire.Link(ours)
        self._expect_ready()

    @property
    def is_spent(self) -> bool:
        """Whether it has read its share, or is of no more use."""
        return self._left <= 0

    def read(self, file: File) -> tuple[ParsedDocument, tuple[Passage, ...]]:
        """Raises Unreadable; afterwards the process may be spent."""
        deadline = time.monotonic() + self._limits.timeout.total_seconds()
        left, self._left = self._left, 0  # spent unless an answer comes
        try:
            self._link.send(wire.pack(self._request(file)), deadline)
            self._link.send(file.data, deadline)
            answer = wire.unpack(self._link.receive(deadline, at_most=self._limits.memory_bytes))
            if "crash" in answer:
                raise Unreadable(Reason.CRASHED, str(answer["crash"]))
            if answer["peak_bytes"] <= self._limits.memory_bytes // 2:
                self._left = left - 1
            if "reason" in answer:
                raise Unreadable(answer["reason"])
            return wire.from_json(answer["document"])
        except TimeoutError:
            raise Unreadable(Reason.TIMEOUT) from None
        except EOFError:
            raise self._death() from None
        except (ValueError, KeyError, TypeError) as error:
            raise Unreadable(Reason.CRASHED, "no answer of ours") from error

    def end(self) -> None:
        """Kill it, if it still runs, and leave nothing of it behind."""
        self._link.close()
        self._child.kill()
        self._child.wait()

    def _request(self, file: File) -> dict[str, Any]:
        return {
            "filename": file.filename,
            "media_type": file.media_type,
            "encoding_hint": file.encoding_hint,
            "title": file.title,
            "max_bytes": self._limits.max_bytes,
            "max_passages": self._limits.max_passages,
            "cpu_seconds": -(-self._limits.timeout // timedelta(seconds=1)),
        }

    def _expect_ready(self) -> None:
        try:
            ready = wire.unpack(self._link.receive(time.monotonic() + _START.total_seconds(), at_most=1000))
        except (EOFError, ValueError, TimeoutError) as error:
            self.end()
            raise ParserUnavailable from error
        if "ready" not in ready:
            self.end()
            raise ParserUnavailable(str(ready.get("crash", "")))

    def _death(self) -> Unreadable:
        """Why it ended by itself."""
        code = self._child.wait(timeout=10)
        return Unreadable(_REASON_BY_SIGNAL.get(-code, Reason.CRASHED), f"ended with {code}")
