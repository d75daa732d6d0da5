"""Which format a file has, and what can be said about it without parsing: encrypted, a bomb, a container."""

import io
import re
import zipfile
import zlib
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
JSON = "application/json"
XML = "application/xml"
RTF = "application/rtf"
EPUB = "application/epub+zip"
ZIP = "application/zip"
MAILBOX = "application/mbox"
DOC, PPT, XLS, MSG = (
    f"application/{name}" for name in ("msword", "vnd.ms-powerpoint", "vnd.ms-excel", "vnd.ms-outlook")
)
ODT, ODS, ODP = (f"{_ODF}.{name}" for name in ("text", "spreadsheet", "presentation"))

_BY_SUFFIX = {
    ".pdf": PDF,
    **dict.fromkeys((".docx", ".docm", ".dotx", ".dotm"), DOCX),
    **dict.fromkeys((".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm"), PPTX),
    **dict.fromkeys((".xlsx", ".xlsm", ".xltx", ".xltm"), XLSX),
    ".doc": DOC,
    ".ppt": PPT,
    ".xls": XLS,
    ".msg": MSG,
    ".odt": ODT,
    ".ods": ODS,
    ".odp": ODP,
    ".rtf": RTF,
    ".epub": EPUB,
    **dict.fromkeys((".html", ".htm", ".xhtml"), HTML),
    ".xml": XML,
    ".eml": MAIL,
    **dict.fromkeys((".mbox", ".mbx"), MAILBOX),
    ".zip": ZIP,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".csv": CSV,
    ".tsv": TSV,
    **dict.fromkeys((".txt", ".text", ".log", ".rst", ".org", ".yaml", ".yml", ".toml", ".ini"), PLAIN),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), JSON),
}
_KNOWN = frozenset(_BY_SUFFIX.values())
_SAME = {
    "text/rtf": RTF,
    "application/xhtml+xml": HTML,
    "text/xml": XML,
    "application/x-zip-compressed": ZIP,
    **dict.fromkeys(("application/jsonl", "application/x-ndjson", "text/json"), JSON),
    "application/vnd.ms-word.document.macroenabled.12": DOCX,
    "application/vnd.ms-powerpoint.presentation.macroenabled.12": PPTX,
    "application/vnd.ms-excel.sheet.macroenabled.12": XLSX,
}
TEXT_LIKE = frozenset({PLAIN, MARKDOWN, CSV, TSV, JSON})
SHEETS = frozenset({XLSX, XLS})
OPEN_DOCUMENTS = frozenset({ODT, ODS, ODP})

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MACRO_STREAM, _MACRO_PART = "_VBA_PROJECT".encode("utf-16-le"), b"vbaProject.bin"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_OLE_STREAMS = tuple(
    (name.encode("utf-16-le"), kind)
    for name, kind in (("__substg1.0_", MSG), ("WordDocument", DOC), ("PowerPoint Document", PPT), ("Workbook", XLS))
)
_HTML_START = re.compile(rb"<!doctype html|<html", re.IGNORECASE)
_UNSPECIFIC = ("", "application/octet-stream")
_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, OSError, EOFError)
_MAX_UNPACKED_BYTES = 512 * 1024 * 1024
_DECLARATION = re.compile(
    rb"""(?:<meta[^>]{0,200}charset|<\?xml[^>]{0,200}encoding)\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE
)
_XML_ENCODING = re.compile(r"""(<\?xml[^>]{0,200}?)\s+encoding\s*=\s*["'][^"'>]*["']""", re.IGNORECASE)
_DECLARATION_BYTES = 4096
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def media_type_of(data: bytes, filename: str, media_type: str | None) -> str:
    """The format: by content where that is certain, else by declared type, then by name, then by how it looks.

    Raises Unreadable(unsupported_format).
    """
    declared = (media_type or "").partition(";")[0].strip().lower()
    declared = _SAME.get(declared, declared)
    by_name = _BY_SUFFIX.get(PurePosixPath(filename.replace("\\", "/")).suffix.lower())
    told = declared if declared in _KNOWN and not (declared == PLAIN and by_name) else by_name
    if certain := _by_content(data, told):
        return certain
    if told:
        return told
    if declared.startswith("text/") or (declared in _UNSPECIFIC and _looks_like_text(data)):
        return PLAIN
    raise Unreadable(Reason.UNSUPPORTED_FORMAT)


def _by_content(data: bytes, told: str | None) -> str | None:
    """The format of files whose content leaves no doubt, whatever they are called."""
    start = data[:1024].lstrip()
    if start.startswith(b"%PDF-"):
        return PDF
    if start.startswith(b"{\\rtf"):
        return RTF
    if data.startswith(_OLE) and told not in (DOCX, PPTX, XLSX):
        return next((kind for stream, kind in _OLE_STREAMS if stream in data), told)
    if data.startswith(b"PK\x03\x04"):
        inside = _zip_kind(data)
        return told if inside == ZIP and told not in TEXT_LIKE else inside or told
    if told is None and _HTML_START.match(start):
        return HTML
    return XML if told is None and start.startswith(b"<?xml") else None


def _zip_kind(data: bytes) -> str | None:
    """What a zip file is, by the names in it; None when it is broken."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            told = archive.read("mimetype")[:100].decode("ascii", "replace").strip() if "mimetype" in names else ""
    except _BROKEN_ZIP:
        return None
    if told in (*OPEN_DOCUMENTS, EPUB):
        return told
    folders = {name.partition("/")[0] for name in names} if "[Content_Types].xml" in names else set()
    return next((kind for folder, kind in (("word", DOCX), ("ppt", PPTX), ("xl", XLSX)) if folder in folders), ZIP)


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
    if media_type.startswith((_OOXML, _ODF)) or media_type == EPUB:
        _check_zip(data, media_type)


def is_encrypted(data: bytes, media_type: str) -> bool:
    """Whether a file that would not open says itself that it is encrypted."""
    if media_type == PDF:
        return b"/Encrypt" in data
    return data.startswith(_OLE) and (_ENCRYPTED_PACKAGE in data or "Encrypt".encode("utf-16-le") in data)


def has_macros(data: bytes) -> bool:
    """Whether an Office file, old or new, carries macros."""
    return _MACRO_STREAM in data if data.startswith(_OLE) else _MACRO_PART in data


def _check_zip(data: bytes, media_type: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            manifest = b""
            if media_type.startswith(_ODF) and "META-INF/manifest.xml" in archive.namelist():
                with archive.open("META-INF/manifest.xml") as stream:
                    manifest = stream.read(1_000_000)
    except _BROKEN_ZIP as error:
        raise Unreadable(Reason.CORRUPT) from error
    if any(member.flag_bits & 1 for member in members) or b"encryption-data" in manifest:
        raise Unreadable(Reason.ENCRYPTED)
    if sum(member.file_size for member in members) > _MAX_UNPACKED_BYTES:
        raise Unreadable(Reason.TOO_LARGE)


def _looks_like_text(data: bytes) -> bool:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True  # the mark of UTF-16
    if not data or _BINARY.search(data):
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
