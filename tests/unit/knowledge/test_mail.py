"""Mails as people read them."""

from email.message import EmailMessage

import pytest

from answerable_knowledge.errors import Unreadable
from answerable_knowledge.parsing import parse
from tests.support import office_files


def read(data: bytes):
    return parse(data, filename="m.eml")


def body_of(data: bytes) -> list[str]:
    """The texts behind the headers."""
    return [block.text for block in read(data).blocks[1:]]


def alternatives(plain: str, html: str) -> bytes:
    message = EmailMessage()
    message["Subject"] = "two versions"
    message.set_content(plain)
    message.add_alternative(html, subtype="html")
    return message.as_bytes()


def test_of_two_versions_of_a_text_the_plain_one_is_read():
    assert body_of(alternatives("Hello Bob", "<p>Hello <b>Bob</b></p>")) == ["Hello Bob"]


def test_a_plain_version_that_only_points_to_the_other_one_is_not_read():
    html = "<p>The office stays closed on Monday, because the heating is repaired.</p>"
    assert body_of(alternatives("Your client shows no HTML.", html)) == [
        "The office stays closed on Monday, because the heating is repaired."
    ]


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        (b"=?iso-8859-1?q?K=F6ln_trip?=", "Köln trip"),
        (b"=?utf-8?B?S8O2bG4=?= =?utf-8?B?IHRyaXA=?=", "Köln trip"),
        (b'Re: "=?iso-2022-jp?B?GyRCJF4kXyRgGyhC?="', 'Re: "まみむ"'),
        ("Säying Hello".encode(), "Säying Hello"),
        (b"=?no-such?q?words?=", "words"),
    ],
)
def test_headers_are_decoded_also_where_they_break_the_rules(raw, subject):
    assert read(b"Subject: " + raw + b"\n\nHello").title == subject


def test_a_body_that_declares_a_wrong_encoding_is_read_by_its_bytes():
    data = b"Subject: s\nContent-Type: text/plain; charset=us-ascii\n\n" + "schön".encode()
    assert body_of(data) == ["schön"]


def test_a_mail_saved_in_a_wide_encoding_is_read():
    assert read("\ufeffSubject: wide\n\nHellö".encode("utf-16-le")).text == "Subject: wide\n\nHellö"


def test_soft_line_ends_are_joined():
    data = b"Subject: s\nContent-Type: text/plain; format=flowed\n\none \ntwo\nthree"
    assert body_of(data) == ["one two\nthree"]


def test_a_mail_in_a_mail_is_an_attachment_with_attachments_of_its_own():
    inner = EmailMessage()
    inner["Subject"] = "inner"
    inner.set_content("inner words")
    inner.add_attachment(office_files.pdf(["one", "two"]), maintype="application", subtype="pdf", filename="a.pdf")
    outer = EmailMessage()
    outer["Subject"] = "outer"
    outer.set_content("outer words")
    outer.add_attachment(inner)
    places = [str(block.locator) for block in read(outer.as_bytes()).blocks]
    assert places[-1] == "attachment inner, attachment a.pdf, page 2"
    assert "attachment inner, section message" in places


def test_an_attached_archive_is_unpacked():
    data = office_files.mail("s", "b", [("all.zip", "application/zip", office_files.archive({"a.txt": b"words"}))])
    assert str(read(data).blocks[-1].locator) == "attachment all.zip, entry a.txt, line 1"


def test_an_attachment_that_cannot_be_read_is_noted():
    document = read(office_files.mail("s", "b", [("a.png", "image/png", b"\x89PNG\r\n\x1a\n\x00")]))
    assert document.notes == ("part_unsupported_format",)


def test_an_encrypted_mail_says_so():
    head = b"Subject: s\nContent-Type: multipart/encrypted; boundary=x\n\n"
    with pytest.raises(Unreadable, match="encrypted"):
        read(
            head.replace(b"Subject: s\n", b"") + b"--x\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--x--\n"
        )


REPLY = "Yes, Tuesday suits me.\n\n"


@pytest.mark.parametrize(
    "history",
    [
        "On Mon, 23 Nov 2026 at 10:00, Ann <ann@example.org> wrote:\n> Does Tuesday\n> suit you?",
        "On Mon, 23 Nov 2026 at 10:00, Ann Example\n<ann@example.org> wrote:\n\n> Does Tuesday suit you?\n>\n> Ann",
        "Am 23.11.2026 um 10:00 schrieb Ann:\n> Passt Dienstag?",
        "-----Original Message-----\nFrom: Ann\nSubject: Tuesday\n\nDoes Tuesday suit you?",
    ],
)
def test_quoted_history_below_an_answer_is_left_out_and_noted(history):
    document = read(office_files.mail("Re: Tuesday", REPLY + history))
    assert document.text.endswith("Yes, Tuesday suits me.")
    assert document.notes == ("quoted_history_left_out",)


@pytest.mark.parametrize(
    "body",
    [
        "On Monday Ann wrote:\n> Does Tuesday suit you?\n\nYes.\n\n> And Wednesday?\n\nNo.",
        "> Does Tuesday suit you?\n\nYes.",
        "On Mon, Ann wrote:\n> Everything is quoted.",
        "See below.\n\n---------- Forwarded message ----------\nFrom: Ann\n\nThe budget is 27 euros.",
        "On our tour the guide wrote: all of this\n\nis new text.",
    ],
)
def test_quotes_that_the_text_needs_stay(body):
    document = read(office_files.mail("s", body))
    assert document.notes == ()
    assert "".join(body.split()) in "".join(document.text.split())


def test_a_signature_behind_its_mark_is_left_out_and_noted():
    document = read(office_files.mail("s", "The budget is 27 euros.\n\n-- \nAnn Example\nExample Ltd"))
    assert document.text.endswith("27 euros.")
    assert document.notes == ("signature_left_out",)


def test_a_disclaimer_is_left_out_and_a_confidential_text_is_not():
    disclaimer = (
        "This message is confidential and intended only for the addressee. If you received it by mistake, "
        "notify the sender and delete it."
    )
    document = read(office_files.mail("s", f"The budget is 27 euros.\n\n{disclaimer}"))
    assert document.text.endswith("27 euros.")
    assert document.notes == ("disclaimer_left_out",)
    assert read(office_files.mail("s", "Hello.\n\nThe budget is confidential until May.")).notes == ()


def test_a_mail_of_boilerplate_alone_is_left_as_it_is():
    assert read(office_files.mail("s", "-- \nAnn Example")).text.endswith("Ann Example")
