"""Messages of a mailbox as documents."""

import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest

from answerable_cli.errors import UsageRefused
from answerable_cli.sources.items import LARGEST_FILE, Unreadable
from answerable_cli.sources.mailbox import MailboxSource, is_mailbox
from tests.support.sources import STAFF, items, texts, troubles


def _message(number: int, text: str = "We meet at noon.", message_id: str | None = "m{}@acme.example") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "ada@acme.example"
    message["Subject"] = f"Plan {number}"
    if message_id is not None:
        message["Message-ID"] = f"<{message_id.format(number)}>"
    message.set_content(text)
    return message


def _mailbox(path: Path, *messages: EmailMessage, flags: str = "") -> MailboxSource:
    path.unlink(missing_ok=True)
    box = mailbox.mbox(path)
    for message in messages:
        filed = mailbox.mboxMessage(message)
        filed.set_from("ada@acme.example Tue Nov 24 12:00:00 2026")
        filed.set_flags(flags)
        box.add(filed)
    box.close()
    return MailboxSource(path, "inbox/", STAFF)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "inbox.mbox"


def test_each_message_is_a_document_with_its_attachments(file: Path) -> None:
    with_table = _message(1)
    with_table.add_attachment(b"a,b\n", maintype="text", subtype="csv", filename="table.csv")
    source = _mailbox(file, _message(0), with_table)
    found = items(source.items())
    assert {name: one.filename for name, one in found.items()} == {
        "inbox/m0@acme.example": "m0@acme.example.eml",
        "inbox/m1@acme.example": "m1@acme.example.eml",
    }
    assert b'filename="table.csv"' in found["inbox/m1@acme.example"].read()


def test_a_line_that_begins_with_from_does_not_cut_a_message_and_is_given_back_as_it_was(file: Path) -> None:
    text = "It begins.\n\nFrom now on we meet at noon.\n"
    found = texts(_mailbox(file, _message(0, text), _message(1)))
    assert len(found) == 2
    assert text in found["inbox/m0@acme.example"]


def test_a_message_that_was_read_and_marked_is_the_same_document(file: Path) -> None:
    before = texts(_mailbox(file, _message(0)))
    after = texts(_mailbox(file, _message(0), flags="ROF"))
    assert b"Status: RO" in file.read_bytes()
    assert after == before


def test_the_same_message_twice_is_one_document_and_two_with_one_id_are_two(file: Path) -> None:
    source = _mailbox(file, _message(0), _message(0), _message(0, "Something else."))
    first, second = [entry.document_id for entry in source.items()]
    assert first == "inbox/m0@acme.example"
    assert second.startswith("inbox/m0@acme.example~")


def test_a_message_without_an_id_keeps_its_name_wherever_it_stands(file: Path) -> None:
    (name,) = texts(_mailbox(file, _message(7, message_id=None)))
    assert name in texts(_mailbox(file, _message(0), _message(7, message_id=None)))


def test_a_message_above_the_limit_is_told_and_the_rest_goes_on(file: Path) -> None:
    source = _mailbox(file, _message(0, ("x" * 60 + "\n") * (LARGEST_FILE // 61 + 1)), _message(1))
    found = list(source.items())
    assert troubles(found) == [("inbox/m0@acme.example", "too_large")]
    assert list(items(found)) == ["inbox/m1@acme.example"]


def test_a_mailbox_that_changes_under_the_reader_gives_no_other_message(file: Path) -> None:
    found = items(_mailbox(file, _message(0), _message(1)).items())
    _mailbox(file, _message(5), _message(6))
    with pytest.raises(Unreadable):
        found["inbox/m0@acme.example"].read()


def test_a_mailbox_is_told_by_its_first_line(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("From Ada, with love.\n")
    assert not is_mailbox(letter)
    _mailbox(tmp_path / "Sent", _message(0))
    assert is_mailbox(tmp_path / "Sent")
    with pytest.raises(UsageRefused, match="not a mailbox"):
        list(MailboxSource(letter, "", STAFF).items())
