"""Which format a file has, and what can be said about it without parsing: encrypted, a bomb, a container."""

import io
import re
import zipfile
from pathlib import PurePosixPath

from answerable_knowledge.errors import Reason, Unreadable

_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"
DOCX = f"{_OOXML}.wordprocessingml.document"
PPTX = f"{_OOXML}.presentationml.presentation"
XLSX = f"{_OOXML}.spreadsheetml.sheet"
PDF = "application/pdf"
HTML = "text/html"
MAIL = "message/rfc822"
PLAIN = "text/plain"
MARKDOWN = "text/markdown"
CSV = "text/csv"
TSV = "text/tab-separated-values"

_BY_SUFFIX = {
    ".pdf": PDF,
    ".docx": DOCX,
    ".pptx": PPTX,
    ".xlsx": XLSX,
    ".doc": "application/msword",
    ".ppt": "application/vnd.ms-powerpoint",
    ".xls": "application/vnd.ms-excel",
    ".msg": "application/vnd.ms-outlook",
    ".odt": f"{_ODF}.text",
    ".ods": f"{_ODF}.spreadsheet",
    ".rtf": "application/rtf",
    ".epub": "application/epub+zip",
    ".html": HTML,
    ".htm": HTML,
    ".xml": "application/xml",
    ".eml": MAIL,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".csv": CSV,
    ".tsv": TSV,
    **dict.fromkeys((".txt", ".text", ".log", ".rst", ".org", ".yaml", ".yml", ".toml", ".ini"), PLAIN),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), "application/json"),
}
_KNOWN = frozenset(_BY_SUFFIX.values())
_SAME = {"text/rtf": "application/rtf", "application/xhtml+xml": HTML, "text/xml": "application/xml"}
TEXT_LIKE = frozenset({PLAIN, MARKDOWN, CSV, TSV, "application/json"})
MARKUP = frozenset({HTML, "application/xml"})
SHEETS = frozenset({XLSX, "application/vnd.ms-excel", f"{_ODF}.spreadsheet"})

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_MAX_UNPACKED_BYTES = 512 * 1024 * 1024
_DECLARATION = re.compile(
    rb"""(?:<meta[^>]{0,200}charset|<\?xml[^>]{0,200}encoding)\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE
)
_XML_ENCODING = re.compile(r"""(<\?xml[^>]{0,200}?)\s+encoding\s*=\s*["'][^"'>]*["']""", re.IGNORECASE)
_DECLARATION_BYTES = 4096
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def media_type_of(data: bytes, filename: str, media_type: str | None) -> str:
    """The format by declared type, then by name, then by content. Raises Unreadable(unsupported_format)."""
    declared = (media_type or "").partition(";")[0].strip().lower()
    declared = _SAME.get(declared, declared)
    by_name = _BY_SUFFIX.get(PurePosixPath(filename.replace("\\", "/")).suffix.lower())
    if data.lstrip()[:5] == b"%PDF-":
        return PDF
    if declared in _KNOWN and not (declared == PLAIN and by_name):
        return declared
    if by_name:
        return by_name
    if declared.startswith("text/") or (not declared and _looks_like_text(data)):
        return PLAIN
    raise Unreadable(Reason.UNSUPPORTED_FORMAT)


def declared_encoding(data: bytes) -> str | None:
    """The encoding that markup names for itself, unchecked."""
    found = _DECLARATION.search(data[:_DECLARATION_BYTES])
    return found[1].decode("ascii") if found else None


def without_encoding(markup: str) -> str:
    """The same markup without an XML encoding declaration, which is no longer true once it is decoded."""
    return _XML_ENCODING.sub(r"\1", markup, count=1)


def check_container(data: bytes, media_type: str) -> None:
    """Refuse what must not be unpacked: encrypted packages, and archives that would unfold beyond all measure.

    Raises Unreadable(encrypted), Unreadable(too_large) or Unreadable(corrupt).
    """
    if data.startswith(_OLE) and media_type in (DOCX, PPTX, XLSX):
        raise Unreadable(Reason.ENCRYPTED if _ENCRYPTED_PACKAGE in data else Reason.CORRUPT)
    if media_type.startswith((_OOXML, _ODF)) or media_type == "application/epub+zip":
        _check_zip(data, media_type)


def is_encrypted(data: bytes, media_type: str) -> bool:
    """Whether a file that would not open says itself that it is encrypted."""
    if media_type == PDF:
        return b"/Encrypt" in data
    return data.startswith(_OLE) and (_ENCRYPTED_PACKAGE in data or "Encrypt".encode("utf-16-le") in data)


def _check_zip(data: bytes, media_type: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            manifest = b""
            if media_type.startswith(_ODF) and "META-INF/manifest.xml" in archive.namelist():
                with archive.open("META-INF/manifest.xml") as stream:
                    manifest = stream.read(1_000_000)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError) as error:
        raise Unreadable(Reason.CORRUPT) from error
    if any(member.flag_bits & 1 for member in members) or b"encryption-data" in manifest:
        raise Unreadable(Reason.ENCRYPTED)
    if sum(member.file_size for member in members) > _MAX_UNPACKED_BYTES:
        raise Unreadable(Reason.TOO_LARGE)


def _looks_like_text(data: bytes) -> bool:
    if not data or _BINARY.search(data):
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
