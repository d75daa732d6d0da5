"""Which format a file has."""

import pytest

from answerable_knowledge import formats
from answerable_knowledge.errors import Unreadable
from tests.support import office_files


@pytest.mark.parametrize(
    ("data", "filename", "declared", "expected"),
    [
        (b"x", "a.TXT", None, formats.PLAIN),
        (b"x", "dir\\b.md", "text/plain", formats.MARKDOWN),
        (b"x", "b.md", "application/octet-stream", formats.MARKDOWN),
        (b"%PDF-1.7", "wrong.txt", "text/plain", formats.PDF),
        (b"x", "noname", "text/csv; charset=cp1252", formats.CSV),
        (b"just words", "README", None, formats.PLAIN),
        (b"<p>", "page", "text/html", formats.HTML),
        (b"x", "strange.xyz", "text/x-strange", formats.PLAIN),
    ],
)
def test_type_then_name_then_content_decide(data, filename, declared, expected):
    assert formats.media_type_of(data, filename, declared) == expected


@pytest.mark.parametrize(
    ("data", "filename", "declared"), [(b"\x89PNG\r\n\x1a\n", "a.png", "image/png"), (b"\x7fELF\x00", "tool", None)]
)
def test_what_is_no_document_is_unsupported(data, filename, declared):
    with pytest.raises(Unreadable, match="unsupported_format"):
        formats.media_type_of(data, filename, declared)


def test_markup_declares_its_encoding():
    assert formats.declared_encoding(b'<html><meta charset="koi8-r">') == "koi8-r"
    assert formats.declared_encoding(b"<?xml version='1.0' encoding='latin1'?>") == "latin1"
    assert formats.declared_encoding(b"<p>charset=x</p>") is None


def test_a_decoded_xml_declares_no_encoding():
    assert formats.without_encoding("<?xml version='1.0' encoding='UTF-16'?><a/>") == "<?xml version='1.0'?><a/>"


def test_macros_of_workbooks_old_and_new_are_seen():
    new = office_files.archive({"xl/workbook.xml": b"<x/>", "xl/vbaProject.bin": b"Sub AutoOpen()"})
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "_VBA_PROJECT".encode("utf-16-le")
    assert [formats.has_macros(data) for data in (new, old, b"vbaproject")] == [True, True, False]
