"""A mail (RFC 5322) to blocks: headers, the body that says most, attachments with places of their own.

The library's lenient parser reads the structure; what is in it is decoded by our own ladder, because real mails declare
the wrong encoding or none.
"""

import base64
import binascii
import quopri
import re
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message
from email.utils import collapse_rfc2231_value

from answerable_knowledge import boilerplate, formats, markup, plaintext
from answerable_knowledge.blocks import Block, Found, Source
from answerable_knowledge.decoding import clean, decode
from answerable_knowledge.errors import Reason, Unreadable
from answerable_knowledge.locators import Locator
from answerable_knowledge.parts import Budget, Part, read_parts, safe_name, why_nothing

_SHOWN = ("Subject", "From", "To", "Cc", "Date")
_PLACE = Locator("section", name="message")
_ENCODED_WORD = re.compile(r"=\?([\w.:-]{1,40})(?:\*[\w-]*)?\?([bq])\?([^?\s]*)\?=", re.IGNORECASE)
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(=\?)")
_SOFT_BREAK = re.compile(r"(?<!^--) \n(?=[^>\n])", re.MULTILINE)
# How many times the words of the plain text an HTML version must have to be taken for the fuller one.
_FULLER = 2


def read_mail(source: Source, read: Callable[[Part], Found], budget: Budget) -> Found:
    """Read a mail with its attachments. Raises Unreadable."""
    message = message_from_bytes(_as_bytes(source))
    content = _Content()
    content.collect(message)
    headers = [(name, header(message, name, source.hint)) for name in _SHOWN]
    lines = "\n".join(f"{name}: {value}" for name, value in headers if value)
    blocks = [Block(lines, _PLACE)] if lines else []
    body = _body(content, source.hint)
    attached = read_parts(content.attachments, read, budget)
    if not (body.blocks or attached.blocks):
        if content.encrypted:
            raise Unreadable(Reason.ENCRYPTED)
        if not lines:
            raise why_nothing(attached.notes) if content.attachments else Unreadable(Reason.CORRUPT)
    notes = (*body.notes, *(["attachments"] if attached.blocks else []), *attached.notes)
    notes += (f"part_{Reason.ENCRYPTED}",) if content.encrypted else ()
    title = dict(headers)["Subject"] or None
    return Found((*blocks, *body.blocks, *attached.blocks), title, body.language, body.encoding, notes)


def header(message: "Message[str, str]", name: str, hint: str | None = None) -> str:
    """A header as people see it, on one line; empty when it is missing."""
    values = [value for key, value in message.raw_items() if key.lower() == name.lower()]
    return " ".join(_header_text(str(values[0]), hint).split()) if values else ""


class _Content:
    """The leaves of a message: versions of its body, and files."""

    def __init__(self) -> None:
        self.bodies: list[list[Message[str, str]]] = []  # each the versions of one text
        self.attachments: list[Part] = []
        self.encrypted = False

    def collect(self, message: "Message[str, str]") -> None:
        kind = message.get_content_type()
        if kind == "multipart/encrypted" or (kind.endswith("pkcs7-mime") and _is_enveloped(message)):
            self.encrypted = True
        elif kind == "message/rfc822" and message.is_multipart():
            inner = message.get_payload(0)
            assert isinstance(inner, Message)
            name = safe_name(_file_name(message) or header(inner, "Subject") or "message")
            self.attachments.append(Part("attachment", name, inner.as_bytes(), formats.MAIL))
        elif kind == "multipart/alternative":
            self._collect_versions(message)
        elif kind in ("message/delivery-status", "text/rfc822-headers"):
            self.bodies.append([message])
        elif message.is_multipart():
            for part in _parts(message):
                self.collect(part)
        else:
            self._collect_leaf(message)

    def _collect_versions(self, message: "Message[str, str]") -> None:
        versions = [part for part in _parts(message) if _is_text(part)]
        self.bodies += [versions] if versions else []
        for part in _parts(message):
            if not _is_text(part):
                self.collect(part)

    def _collect_leaf(self, message: "Message[str, str]") -> None:
        if _is_text(message):
            self.bodies.append([message])
            return
        name = _file_name(message)
        kind = message.get_content_type()
        declared = kind if "/" in kind and not kind.startswith("application/octet") else None
        charset = message.get_content_charset()
        declared = f"{declared}; charset={charset}" if declared and charset else declared
        self.attachments.append(Part("attachment", safe_name(name), _payload(message), declared))


def _body(content: _Content, hint: str | None) -> Found:
    blocks: list[Block] = []
    notes: list[str] = []
    encoding, language = None, None
    for versions in content.bodies:
        found = [_version(part, hint) for part in versions]
        plain = [each for part, each in zip(versions, found, strict=True) if part.get_content_type() != formats.HTML]
        fullest = max(found, key=_words)
        best = plain[0] if plain and _words(fullest) <= _FULLER * _words(plain[0]) else fullest
        blocks += best.blocks
        notes += best.notes
        encoding, language = encoding or best.encoding, language or best.language
    kept, left_out = boilerplate.without_mail_boilerplate(blocks)
    return Found(kept, None, language, encoding, tuple(dict.fromkeys([*notes, *left_out])))


def _version(part: "Message[str, str]", hint: str | None) -> Found:
    if part.get_content_type() == "message/delivery-status":
        text = "\n".join(f"{key}: {value}" for inner in part.walk() for key, value in inner.items())
        return Found((Block(clean(text), _PLACE),)) if text.strip() else Found(())
    data, charset = _payload(part), part.get_content_charset()
    if part.get_content_type() == formats.HTML:
        found = markup.read_html(Source(data, formats.HTML, charset, hint))
        return Found(tuple(Block(block.text, _PLACE, None, block.verbatim) for block in found.blocks), *_rest(found))
    decoded = decode(data, declared=charset, hint=hint)
    text = decoded.text
    if str(part.get_param("format", "")).lower() == "flowed":
        text = _SOFT_BREAK.sub(" ", text)
    blocks = tuple(Block(block.text, _PLACE) for block in plaintext.paragraphs(text))
    return Found(blocks, None, None, decoded.encoding, decoded.flags)


def _rest(found: Found) -> tuple[None, str | None, str | None, tuple[str, ...]]:
    return None, found.language, found.encoding, found.notes


def _words(found: Found) -> int:
    return sum(len(block.text.split()) for block in found.blocks)


def _parts(message: "Message[str, str]") -> Iterator["Message[str, str]"]:
    payload = message.get_payload()
    if isinstance(payload, list):
        yield from (part for part in payload if isinstance(part, Message))


def _is_text(part: "Message[str, str]") -> bool:
    is_file = part.get_content_disposition() == "attachment" or bool(_file_name(part))
    return part.get_content_maintype() == "text" and not is_file and part.get_content_subtype() != "calendar"


def _is_enveloped(part: "Message[str, str]") -> bool:
    return str(part.get_param("smime-type", "enveloped-data")).lower() == "enveloped-data"


def _file_name(part: "Message[str, str]") -> str:
    for parameter, name in (("filename", "content-disposition"), ("name", "content-type")):
        value = part.get_param(parameter, None, name)
        if value:
            return _header_text(collapse_rfc2231_value(value), None)
    location = part.get("content-location", "")
    return str(location).rpartition("/")[2]


def _payload(part: "Message[str, str]") -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _header_text(value: str, hint: str | None) -> str:
    """Undo encoded words (RFC 2047), also where they stand against the rules; raw bytes go through the ladder."""
    raw = value.encode("utf-8", "surrogateescape")
    text = value if raw.isascii() else decode(raw, hint=hint).text
    joined = _BETWEEN_WORDS.sub(r"\1\2", text.replace("\r", "").replace("\n", " "))
    return clean(_ENCODED_WORD.sub(_decoded_word, joined))


def _decoded_word(found: re.Match[str]) -> str:
    charset, scheme, content = found.groups()
    data = content.encode("utf-8", "replace")
    try:
        raw = base64.b64decode(data + b"===") if scheme in "bB" else quopri.decodestring(data, header=True)
    except (binascii.Error, ValueError):
        return found[0]
    return decode(raw, declared=charset).text


def _as_bytes(source: Source) -> bytes:
    """The mail in UTF-8 where it was saved in a wide encoding; otherwise as it is, since each part has its own."""
    wide = source.data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in source.data[:64]
    return decode(source.data).text.encode() if wide else source.data.removeprefix(b"\xef\xbb\xbf")
