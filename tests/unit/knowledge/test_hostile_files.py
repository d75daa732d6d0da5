"""Files made to harm end as a reason or are read safely, in time and memory; the process pool goes on."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from answerable_knowledge.blocks import ParsedDocument
from answerable_knowledge.errors import Unreadable
from answerable_knowledge.isolation import File, Parsers
from tests.support.hostile_files import HOSTILE, SECRET_FILE

GIB = 1024**3
SECRET = Path(SECRET_FILE).read_text().split("\n")[0]


class MemoryOfChildren(threading.Thread):
    """Watches how much memory the processes that this one started have."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most_bytes = 0
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.02):
            for child in psutil.Process().children():
                try:
                    self.most_bytes = max(self.most_bytes, child.memory_info().rss)
                except psutil.NoSuchProcess:
                    continue


@pytest.fixture(scope="module", autouse=True)
def memory() -> Iterator[MemoryOfChildren]:
    watch = MemoryOfChildren()
    watch.start()
    yield watch
    watch.done.set()
    watch.join()


@pytest.fixture(scope="module")
def parsers() -> Iterator[Parsers]:
    with Parsers() as pool:
        yield pool


@pytest.mark.timeout(90)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_rejected_for_the_right_reason_or_read_safely(parsers, name):
    hostile = HOSTILE[name]
    file = File(hostile.make(), hostile.filename)
    started = time.monotonic()
    document, reason = outcome(parsers, file)
    assert time.monotonic() - started < parsers.limits.timeout.total_seconds() + 10
    if document is None:
        assert reason in hostile.reasons
    else:
        assert hostile.reads is not None
        assert hostile.reads in document.text
        assert hostile.note is None or hostile.note in document.notes
        assert SECRET not in document.text
        assert ".." not in " ".join(str(block.locator) for block in document.blocks)
    following, _ = outcome(parsers, File(b"The service lives on.", "next.txt"))
    assert following is not None


def outcome(parsers: Parsers, file: File) -> tuple[ParsedDocument | None, str | None]:
    try:
        return parsers.read(file)[0], None
    except Unreadable as error:
        return None, error.reason


def test_no_reader_took_more_memory_than_it_was_given(memory):
    assert 0 < memory.most_bytes < GIB
