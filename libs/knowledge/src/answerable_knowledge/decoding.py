r"""Bytes to text: a ladder of encodings, then repair, then one policy for invisible characters.

Ladder: byte order mark, declared encoding, strict UTF-8, hint of the source, guess (flagged). The first that decodes
without an error wins. Repair undoes mojibake and nothing else: quotes, ligatures, widths and HTML entities stay.

Policy for characters that a reader cannot see:

* CR LF and CR become "\\n" (line numbers of locators count these); form feed, vertical tab and
  Unicode's own line and paragraph separators become a space;
* NUL, other control characters, zero-width space, word joiner, inner byte order marks, soft hyphens, bidirectional
  overrides and tag characters are removed: they split words for the search and smuggle text past a human reader;
* zero-width joiner and non-joiner stay: Persian, Indic scripts and emoji need them;
* a lone surrogate becomes U+FFFD: it has no meaning, and UTF-8 cannot carry it.
"""

import codecs
import re
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16-LE, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Text encodings of Python that are no character sets of documents; UTF-7 hides markup.
_NOT_FOR_DOCUMENTS = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7", "mbcs", "oem"}
# What declares itself Latin-1 or ASCII is in practice windows-1252 (WHATWG Encoding Standard, section 4.2).
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252"}

_LINE_END = re.compile(r"\r\n?")
_SPACE_LIKE = re.compile(r"[\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")

# Below this share of non-ASCII bytes the text is Latin script, where statistics on a few accents mislead.
_LATIN_SHARE = 0.3
_NUL_SHARE = 0.3
_GUESS_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class DecodedText:
    """Text with the encoding it was read in; `guessed` when nothing but statistics spoke for that encoding."""

    text: str
    encoding: str
    guessed: bool
    repaired: bool


def decode(data: bytes, *, declared: str | None = None, hint: str | None = None) -> DecodedText:
    """Decode a text file. Never fails: what no rung reads is read as windows-1252 with replacements, flagged.

    `repaired` is true when mojibake was undone or a character was removed or replaced.
    """
    raw, encoding, guessed = _climb(data, declared, hint)
    lines = _LINE_END.sub("\n", raw)
    text = clean(_undo_mojibake(lines))
    return DecodedText(text, encoding, guessed, text != lines)


def clean(text: str) -> str:
    r"""Apply the policy for invisible characters; keeps the number of lines when these end in "\\n"."""
    text = _SPACE_LIKE.sub(" ", _LINE_END.sub("\n", text))
    return _SURROGATE.sub("\ufffd", _INVISIBLE.sub("", text))


def _climb(data: bytes, declared: str | None, hint: str | None) -> tuple[str, str, bool]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _tolerant(data[len(mark) :], encoding), encoding, False
    for candidate in (declared, "utf-8", hint):
        name = _codec_name(candidate)
        text = _strict(data, name) if name else None
        if name and text is not None and not _is_wide(data, name):
            return text, name, False
    return _guess(data)


def _codec_name(encoding: str | None) -> str | None:
    if not encoding:
        return None
    try:
        name = codecs.lookup(encoding.strip()).name
    except (LookupError, ValueError):
        return None
    if name in _NOT_FOR_DOCUMENTS or name.replace("_", "-") in _NOT_FOR_DOCUMENTS:
        return None
    return _MEANT.get(name, name)


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None  # LookupError: the name is a codec, but not one for text


def _tolerant(data: bytes, encoding: str) -> str:
    """Decode what carries a mark: the encoding is certain, so damage is kept as U+FFFD."""
    try:
        return data.decode(encoding, "surrogatepass")
    except UnicodeError:
        return data.decode(encoding, "replace")


def _is_wide(data: bytes, encoding: str) -> bool:
    """Whether the bytes are UTF-16 without a mark, which passes as UTF-8 or any one-byte encoding full of NULs."""
    return not encoding.startswith(("utf-16", "utf-32")) and _has_wide_nuls(data)


def _has_wide_nuls(data: bytes) -> bool:
    return len(data) % 2 == 0 and data.count(0) > _NUL_SHARE * len(data)


def _guess(data: bytes) -> tuple[str, str, bool]:
    if _has_wide_nuls(data):
        encoding = "utf-16-le" if data[1::2].count(0) >= data[::2].count(0) else "utf-16-be"
        return _tolerant(data, encoding), encoding, True
    high = sum(byte > 0x7F for byte in data[:_GUESS_BYTES])  # noqa: PLR2004 - the end of ASCII
    encoding = "cp1252"
    if high > _LATIN_SHARE * len(data[:_GUESS_BYTES]):
        encoding = _statistics(data[:_GUESS_BYTES]) or encoding
    text = _strict(data, encoding)
    return (text if text is not None else data.decode(encoding, "replace")), encoding, True


def _statistics(sample: bytes) -> str | None:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - only legacy files need it

    best = from_bytes(sample).best()
    return best.encoding.replace("_", "-") if best else None


def _undo_mojibake(text: str) -> str:
    if text.isascii():
        return text
    import ftfy  # noqa: PLC0415 - pure ASCII never needs it

    config = ftfy.TextFixerConfig(
        unescape_html=False,
        remove_terminal_escapes=False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        fix_surrogates=True,
        remove_control_chars=False,
        normalization=None,
        explain=False,
    )
    return str(ftfy.fix_text(text, config))
