"""Documents are read in a process that cannot harm the service."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import psutil
import pytest

from answerable_knowledge import isolation
from answerable_knowledge.chunking import split
from answerable_knowledge.errors import ParserUnavailable, Unreadable
from answerable_knowledge.isolation import File, ParseLimits, Parsers
from answerable_knowledge.parsing import parse
from tests.support import office_files
from tests.support.hostile_files import HOSTILE

MIB = 1024**2

# What the process of a test runs in place of the parser: it tries what a taken-over parser would.
ATTEMPTS = {
    "open a connection": "import socket; socket.create_connection(('127.0.0.1', 9), 1)",
    "run a program": "import subprocess; subprocess.run(['/bin/true'])",
    "write a file": "import tempfile; tempfile.TemporaryFile(buffering=0).write(b'x')",
    "stop the service": "import os; os.kill(os.getppid(), 15)",
    "see a secret of the service": "import os; os.environ['ANSWERABLE_SECRET']",
}

REFUSED = ("PermissionError", "OSError", "FileNotFoundError", "KeyError")


def in_a_reader(code: str) -> str:
    """How code ends that runs confined like a reader: the name of its error, or `done`."""
    program = (
        "from answerable_knowledge import sandbox; sandbox.confine(2**30)\n"
        f"try:\n    {code}\nexcept BaseException as error: print(type(error).__name__)\nelse: print('done')"
    )
    import subprocess  # noqa: PLC0415 - only here
    import sys  # noqa: PLC0415 - only here

    done = subprocess.run(
        [sys.executable, "-I", "-c", program], env=isolation.ENVIRONMENT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_reader_cannot(attempt, monkeypatch):
    monkeypatch.setenv("ANSWERABLE_SECRET", "s")
    assert in_a_reader(ATTEMPTS[attempt]) in REFUSED


def test_a_reader_can_do_what_reading_needs():
    assert in_a_reader("open('/etc/passwd').read()") == "done"


def test_a_document_comes_back_as_it_was_read_with_its_passages():
    data = office_files.word([("Leave", ["25 days a year."] * 40)], [["Grade", "Days"], ["A", "30"]], "Handbook")
    with Parsers() as parsers:
        document, passages = parsers.read(File(data, "h.docx"))
    assert document == parse(data, filename="h.docx")
    assert passages == split(document)


def test_a_title_that_is_given_stands_in_every_passage():
    with Parsers() as parsers:
        document, [passage] = parsers.read(File(b"Words.", "a.txt", title=" Given "))
    assert (document.title, passage.embedded_text) == ("Given", "Given\nWords.")


def test_one_process_reads_many_documents_and_is_gone_at_the_end():
    with Parsers() as parsers:
        parsers.read(File(b"one", "a.txt"))
        [first] = psutil.Process().children()
        parsers.read(File(b"two", "a.txt"))
        assert psutil.Process().children() == [first]
    assert not first.is_running()


def test_several_documents_are_read_at_once():
    with Parsers(2) as parsers, ThreadPoolExecutor(6) as pool:
        texts = [read[0].text for read in pool.map(lambda n: parsers.read(File(b"%d" % n, "a.txt")), range(12))]
        assert len(psutil.Process().children()) <= 2
    assert texts == [str(number) for number in range(12)]


def test_a_document_that_takes_too_long_is_given_up_and_the_next_one_is_read():
    slow = File(b"<p>word " * 900_000, "slow.html")
    with Parsers(1, ParseLimits(timeout=timedelta(milliseconds=300))) as parsers:
        with pytest.raises(Unreadable, match="timeout"):
            parsers.read(slow)
        assert parsers.read(File(b"next", "a.txt"))[0].text == "next"


def test_a_document_that_takes_too_much_memory_is_too_large():
    data = HOSTILE["word file of 200 MB"].make()
    with Parsers(1, ParseLimits(memory_bytes=550 * MIB)) as parsers:
        with pytest.raises(Unreadable, match="too_large"):
            parsers.read(File(data, "a.docx"))
        assert parsers.read(File(b"next", "a.txt"))[0].text == "next"


def test_a_process_that_is_killed_costs_its_document_only():
    with Parsers(1, ParseLimits(timeout=timedelta(seconds=20))) as parsers:
        parsers.read(File(b"one", "a.txt"))
        [child] = psutil.Process().children()
        killing = threading.Timer(0.2, child.kill)
        killing.start()
        with pytest.raises(Unreadable) as raised:
            parsers.read(File(b"<p>word " * 1_200_000, "slow.html"))
        assert raised.value.reason in ("too_large", "crashed")
        assert parsers.read(File(b"next", "a.txt"))[0].text == "next"


def test_a_file_above_the_limit_starts_no_process():
    with Parsers(1, ParseLimits(max_bytes=10)) as parsers:
        with pytest.raises(Unreadable, match="too_large"):
            parsers.read(File(b"x" * 11, "a.txt"))
        assert psutil.Process().children() == []


def test_a_document_with_too_many_passages_is_too_large():
    text = b"\n\n".join(b"# Heading %d\n\nWords." % number for number in range(20))
    with Parsers(1, ParseLimits(max_passages=19)) as parsers, pytest.raises(Unreadable, match="too_large"):
        parsers.read(File(text, "a.md"))


def test_a_machine_that_starts_no_process_is_told_from_a_bad_document(monkeypatch):
    monkeypatch.setattr(isolation, "sys", SimpleNamespace(executable="/nowhere/python"))
    with Parsers() as parsers, pytest.raises(ParserUnavailable):
        parsers.read(File(b"one", "a.txt"))
