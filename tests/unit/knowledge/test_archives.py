"""Many files in one: each passage names the file that it comes from."""

import pytest

from answerable_knowledge import parts
from answerable_knowledge.errors import Unreadable
from answerable_knowledge.parsing import parse
from answerable_knowledge.parts import safe_name
from tests.support import office_files

ENTRIES = {
    "2026/plan.md": b"# Plan\n\nMore.",
    "__MACOSX/2026/._plan.md": b"\x00\x05\x16\x07",
    "offer.pdf": office_files.pdf(["one", "two"]),
    "logo.png": b"\x89PNG\r\n\x1a\n\x00",
}


def test_entries_are_read_each_with_its_own_places():
    document = parse(office_files.archive(ENTRIES), filename="all.zip")
    assert [(str(block.locator), block.text) for block in document.blocks] == [
        ("entry 2026/plan.md, line 1", "# Plan"),
        ("entry 2026/plan.md, line 3", "More."),
        ("entry offer.pdf, page 1", "one"),
        ("entry offer.pdf, page 2", "two"),
    ]
    assert document.notes == ("part_unsupported_format",)


def test_an_archive_in_an_archive_names_both():
    inner = office_files.archive({"a.txt": b"words"})
    document = parse(office_files.archive({"old.zip": inner}), filename="all.zip")
    assert [str(block.locator) for block in document.blocks] == ["entry old.zip, entry a.txt, line 1"]


def test_an_archive_of_one_kind_of_unreadable_file_says_which():
    with pytest.raises(Unreadable, match="unsupported_format"):
        parse(office_files.archive({"a.png": b"\x89PNG\r\n\x1a\n\x00"}), filename="a.zip")
    with pytest.raises(Unreadable, match="empty"):
        parse(office_files.archive({}), filename="a.zip")


def test_parts_are_counted_over_all_levels(monkeypatch):
    monkeypatch.setattr(parts, "MAX_UNPACKED_BYTES", 1000)
    inner = office_files.archive({"a.txt": b"x" * 600})
    with pytest.raises(Unreadable, match="too_large"):
        parse(office_files.archive({"1.zip": inner, "2.zip": inner}), filename="a.zip")


def test_an_entry_is_as_large_as_a_document_may_be():
    data = office_files.archive({"a.txt": b"x " * 1000, "b.txt": b"words"})
    document = parse(data, filename="a.zip", max_bytes=1000)
    assert (document.text, document.notes) == ("words", ("part_too_large",))


def test_the_messages_of_a_mailbox_are_numbered():
    box = (
        b"From ann@example.org Tue Nov 24 10:00:00 2026\n" + office_files.mail("First", "one\n\n>From here on") + b"\n"
    )
    box += b"From bob@example.org Tue Nov 24 11:00:00 2026\n" + office_files.mail("Second", "two")
    document = parse(box, filename="team.mbox")
    found = [(str(block.locator), block.text) for block in document.blocks]
    assert ("message 1, section message", "From here on") in found
    assert ("message 2, section message", "two") in found


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/root/a.txt", "root/a.txt"),
        ("C:\\Users\\a.txt", "Users/a.txt"),
        ("a\u202etxt.exe\x00", "atxt.exe"),
        ("./a//b", "a/b"),
        ("..", "unnamed"),
    ],
)
def test_names_lead_nowhere(name, safe):
    assert safe_name(name) == safe
