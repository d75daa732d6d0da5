"""Files made to harm whoever reads them, generated: each with what must become of it."""

import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage

from tests.support import office_files

SECRET_FILE = "/etc/passwd"
MIB = 1024 * 1024

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))


@dataclass(frozen=True, slots=True)
class Hostile:
    """A hostile file. `reasons`: why it may be rejected; `reads`: it may be read, and then holds this text.

    Where reading is much work, a busy machine may run out of time: then `timeout` is among the reasons.
    """

    filename: str
    make: Callable[[], bytes]
    reasons: tuple[str, ...] = ()
    reads: str | None = None
    note: str | None = None


def _zip(entries: Mapping[str, bytes], *, encrypted: bool = False) -> bytes:
    data = bytearray(office_files.archive(dict(entries)))
    if encrypted:  # bit 0 of the flags, in local headers and in the directory
        for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            position = data.find(mark)
            while position >= 0:
                data[position + offset] |= 1
                position = data.find(mark, position + 4)
    return bytes(data)


def _bomb() -> bytes:
    zeros = bytes(100 * MIB)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for number in range(4):
            package.writestr(f"{number}.txt", zeros)
    return buffer.getvalue()


def _nested_bomb() -> bytes:
    inner = _zip({f"{number}.txt": bytes(30 * MIB) for number in range(2)})
    return _zip({f"{number}.zip": inner for number in range(20)})


def _lying_bomb() -> bytes:
    """An archive whose entry says that it is small."""
    data = bytearray(_zip({"a.txt": bytes(60 * MIB)}))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        data[data.find(mark) + offset : data.find(mark) + offset + 4] = struct.pack("<I", 1000)
    return bytes(data)


def _nested(levels: int) -> bytes:
    data = b"The innermost words."
    for level in range(levels):
        data = _zip({"inner.zip" if level else "inner.txt": data})
    return data


def _nested_mail(levels: int) -> bytes:
    message = EmailMessage()
    message.set_content("The innermost words.")
    for level in range(levels):
        outer = EmailMessage()
        outer["Subject"] = f"level {level}"
        outer.set_content("See attached.")
        outer.add_attachment(message)
        message = outer
    return message.as_bytes()


def word_file(body: str, *, prolog: str = "", more: Mapping[str, bytes] | None = None) -> bytes:
    """A DOCX file with this XML as its body."""
    document = f'<?xml version="1.0"?>{prolog}<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>'
    types = b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    return _zip({"[Content_Types].xml": types, "word/document.xml": document.encode(), **(more or {})})


def _paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def _pdf(objects: Mapping[int, bytes], trailer: bytes = b"/Root 1 0 R") -> bytes:
    data, places = bytearray(b"%PDF-1.7\n"), {}
    for number, body in objects.items():
        places[number] = len(data)
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (max(objects) + 1)
    for number in range(1, max(objects) + 1):
        data += b"%010d 00000 n \n" % places.get(number, 0)
    return bytes(data + b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF" % (max(objects) + 1, trailer, start))


def _pdf_loop() -> bytes:
    """A page tree that contains itself."""
    return _pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>",
        }
    )


def _pdf_endless(pages: int) -> bytes:
    """One page, shown over and over."""
    text = b"BT /F1 12 Tf 72 720 Td (again) Tj ET"
    return _pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b"3 0 R " * pages, pages),
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
            b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
            4: b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        }
    )


def _pdf_bomb() -> bytes:
    """A page whose drawing unfolds to 600 MB."""
    import zlib  # noqa: PLC0415 - only here

    packer = zlib.compressobj(9)
    stream = b"".join(packer.compress(b" " * MIB) for _ in range(600)) + packer.flush()
    return _pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>",
            4: b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(stream), stream),
        }
    )


def _sheet(rows: str) -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    entries = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
    }
    return _zip({name: text.encode() for name, text in entries.items()})


def _cell(place: str, text: str) -> str:
    row = place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return f'<row r="{row}"><c r="{place}" t="inlineStr"><is><t>{text}</t></is></c></row>'


def _many_attachments() -> bytes:
    part = "--x\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nword\r\n"
    head = "Subject: many\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    return (head + part * 5000 + "--x--\r\n").encode()


_OUTSIDE = f'<!DOCTYPE r [<!ENTITY x SYSTEM "file://{SECRET_FILE}">]>'
_WHOLE_PDF = office_files.pdf(["Some words"] * 20)
_WHOLE_WORD = office_files.word([("Heading", ["Some words."] * 50)])
_ARCHIVE = {"a.txt": b"first words", "b.txt": b"second words" * 1000}

HOSTILE = {
    "zip bomb": Hostile("bomb.zip", _bomb, ("too_large",)),
    "zip bomb of zips": Hostile("bomb.zip", _nested_bomb, ("too_large",)),
    "zip that lies about its size": Hostile("lies.zip", _lying_bomb, ("corrupt", "empty", "too_large", "no_text")),
    "word file of 600 MB": Hostile("big.docx", lambda: word_file(_paragraph(" " * (600 * MIB))), ("too_large",)),
    "word file of 200 MB": Hostile(
        "big.docx", lambda: word_file(_paragraph("a ") * (4 * MIB)), ("too_large", "timeout")
    ),
    "zips in zips": Hostile("deep.zip", lambda: _nested(20), ("too_deep",)),
    "mails in mails": Hostile("deep.eml", lambda: _nested_mail(40), ("too_deep",), "See attached.", "part_too_deep"),
    "paths out of the archive": Hostile(
        "paths.zip",
        lambda: _zip({"../../etc/cron.d/x.txt": b"way up", "/root/y.txt": b"absolute", "C:\\Windows\\z.txt": b"drive"}),
        (),
        "drive",
    ),
    "encrypted zip": Hostile("locked.zip", lambda: _zip(_ARCHIVE, encrypted=True), ("encrypted",)),
    "encrypted pdf": Hostile("locked.pdf", lambda: office_files.pdf(["x"], password="secret"), ("encrypted",)),
    "encrypted word file": Hostile("locked.docx", office_files.encrypted_office, ("encrypted",)),
    "truncated pdf": Hostile("cut.pdf", lambda: _WHOLE_PDF[: len(_WHOLE_PDF) // 2], ("corrupt",)),
    "truncated word file": Hostile("cut.docx", lambda: _WHOLE_WORD[:-300], ("corrupt",)),
    "truncated zip": Hostile("cut.zip", lambda: _zip(_ARCHIVE)[:-30], ("corrupt",)),
    "macros": Hostile(
        "macro.docm",
        lambda: word_file(_paragraph("Words beside a macro."), more={"word/vbaProject.bin": b"Sub AutoOpen()"}),
        (),
        "Words beside a macro.",
        "macros_not_run",
    ),
    "xml with an entity outside": Hostile(
        "outside.xml", f"<?xml version='1.0'?>{_OUTSIDE}<r><a>before &x; after</a></r>".encode, (), "before"
    ),
    "word file with an entity outside": Hostile(
        "outside.docx", lambda: word_file(_paragraph("before &x; after"), prolog=_OUTSIDE), (), "before"
    ),
    "billion laughs": Hostile(
        "laughs.xml",
        f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a0 "ha">{_LAUGHS}]><r><a>so &a11; funny</a></r>'.encode,
        ("corrupt",),
        "funny",
    ),
    "billion laughs in a word file": Hostile(
        "laughs.docx",
        lambda: word_file(_paragraph("so &a11; funny"), prolog=f'<!DOCTYPE r [<!ENTITY a0 "ha">{_LAUGHS}]>'),
        ("corrupt",),
        "funny",
    ),
    "deep json": Hostile("deep.json", lambda: b"[" * 200_000 + b"]" * 200_000, ("too_deep",), "["),
    "deep xml": Hostile("deep.xml", lambda: b"<a>" * 200_000 + b"x" + b"</a>" * 200_000, ("corrupt", "too_deep")),
    "deep html": Hostile("deep.html", lambda: b"<div>" * 200_000 + b"words", ("too_deep", "no_text"), "words"),
    "deep rtf": Hostile("deep.rtf", lambda: b"{\\rtf1 " + b"{" * 500_000 + b"words", ("corrupt", "crashed"), ""),
    "pdf whose page tree contains itself": Hostile("loop.pdf", _pdf_loop, ("corrupt", "no_text", "timeout")),
    "pdf with endless pages": Hostile("endless.pdf", lambda: _pdf_endless(200_000), ("too_large", "timeout"), "again"),
    "pdf that unfolds to 600 MB": Hostile("unfolds.pdf", _pdf_bomb, ("too_large", "no_text", "timeout", "corrupt")),
    "cell at the far corner": Hostile(
        "corner.xlsx", lambda: _sheet(_cell("A1", "near") + _cell("XFD1048576", "far")), ("too_large",), "near"
    ),
    "html cells that span everything": Hostile(
        "span.html",
        lambda: b"<table>" + b"<tr><td rowspan=999999999 colspan=999999999>word<td>x</tr>" * 2000 + b"</table>",
        ("too_large",),
        "word",
    ),
    "one line of 9 MB": Hostile("line.txt", lambda: b"a" * (9 * MIB), ("timeout",), "aaa"),
    "header of 10,000 columns": Hostile(
        "wide.csv",
        lambda: ",".join(f"column {n} {'x' * 40}" for n in range(10_000)).encode() + (b"\n" + b"1," * 10_000) * 400,
        ("too_large", "timeout"),
    ),
    "mail with 5,000 attachments": Hostile("many.eml", _many_attachments, ("too_large",)),
    "mail that repeats its introduction": Hostile(
        "on.eml",
        lambda: b"Subject: on\n\n" + b"On On On On On On On On \n" * 300_000,
        ("timeout", "too_large"),
        "On On",
    ),
    "program": Hostile("tool.pdf", lambda: b"\x7fELF" + bytes(100_000), ("corrupt",)),
}
