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
from bisect import bisect_right
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache, cached_property
from typing import Any

from answerable_knowledge.locators import Locator

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
_LINE_END_OR_LF = re.compile(r"\r\n?|\n")
_SPACE_LIKE = re.compile(r"[\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
# "MISUTÂ AJIKKO": a capital at the end of a word in capitals, before a no-break space, reads like mojibake.
_CAPITAL_BEFORE_SPACE = re.compile("(?<=[A-Z\u00c0-\u00de]{2})[\u00c2\u00c3](?=\u00a0)")
_STAND_INS = {"\u00c2": "\ue0c2", "\u00c3": "\ue0c3"}
_SURROGATE = re.compile("[\ud800-\udfff]")

_NUL_SHARE = 0.3
_ESCAPES = {b"\x1b$B": "iso2022-jp", b"\x1b$@": "iso2022-jp", b"\x1b$)C": "iso2022-kr"}
# Alignment takes the square of the length: what follows the first repair in a longer line is not told apart.
_ALIGNED_CHARACTERS = 4000


@dataclass(frozen=True)
class DecodedText:
    """Text with the encoding it was read in; `guessed` when nothing but statistics spoke for that encoding.

    `original` is the text before repair; both have the same lines, which is how places are found again.
    """

    text: str
    encoding: str
    guessed: bool
    repaired: bool
    original: str = field(default="", repr=False, compare=False)
    mark_bytes: int = field(default=0, repr=False, compare=False)

    @property
    def flags(self) -> tuple[str, ...]:
        """Notes about the decoding, as codes."""
        flags = {"encoding_guessed": self.guessed, "text_repaired": self.repaired}
        return tuple(note for note, holds in flags.items() if holds)

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]` comes from: offsets into `original`, which hold at least the same characters."""
        return self._place(start, end=False), self._place(end, end=True)

    def _place(self, position: int, *, end: bool) -> int:
        line = bisect_right(self._starts, position) - 1
        start, original_start = self._starts[line], self._original_starts[line]
        return original_start + _moved(self._line(line), self._original_line(line), position - start, end=end)

    def _line(self, number: int) -> str:
        return _between(self.text, self._starts, number)

    def _original_line(self, number: int) -> str:
        return _between(self.original, self._original_starts, number)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    @cached_property
    def _original_starts(self) -> list[int]:
        return [0, *(found.end() for found in _LINE_END_OR_LF.finditer(self.original))]


class ByteCounter:
    """Places in bytes of the file, for parts of a text in ascending order."""

    def __init__(self, decoded: DecodedText) -> None:
        self._decoded = decoded
        self._character, self._byte = 0, decoded.mark_bytes

    def place(self, start: int, end: int) -> Locator:
        """Where `text[start:end]` stands in the file."""
        first, last = self._decoded.original_span(start, end)
        return Locator("byte", self._to(first) + 1, self._to(last))

    def _to(self, character: int) -> int:
        passed = self._decoded.original[self._character : character]
        self._byte += len(passed.encode(self._decoded.encoding, "replace"))
        self._character = max(self._character, character)
        return self._byte


def decode(data: bytes, *, declared: str | None = None, hint: str | None = None) -> DecodedText:
    """Decode a text file. Never fails: what no rung reads is read as windows-1252 with replacements, flagged.

    `repaired` is true when mojibake was undone or a character was removed or replaced.
    """
    raw, encoding, guessed = _climb(data, declared, hint)
    mark_bytes = next((len(mark) for mark, _ in _MARKS if data.startswith(mark)), 0)
    lines = _LINE_END.sub("\n", raw)
    text = repair(lines)
    return DecodedText(text, encoding, guessed, text != lines, raw, mark_bytes)


def repair(text: str) -> str:
    r"""Undo mojibake, then apply the policy for invisible characters. Lines, which end in "\n", stay the same."""
    return clean(_undo_mojibake(text))


def clean(text: str) -> str:
    r"""Apply the policy for invisible characters; keeps the number of lines when these end in "\\n"."""
    text = _SPACE_LIKE.sub(" ", _LINE_END.sub("\n", text))
    return _SURROGATE.sub("\ufffd", _INVISIBLE.sub("", text))


def _climb(data: bytes, declared: str | None, hint: str | None) -> tuple[str, str, bool]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _tolerant(data[len(mark) :], encoding), encoding, False
    for candidate in (declared, _escaped(data), "utf-8", hint):
        name = _codec_name(candidate)
        text = _strict(data, name) if name else None
        if name and text is not None and not _is_wide(data, name):
            return text, name, False
    return _guess(data)


def _escaped(data: bytes) -> str | None:
    """The encoding whose escape sequences the bytes hold; all of them are ASCII."""
    return next((encoding for escape, encoding in _ESCAPES.items() if escape in data), None)


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
    from answerable_knowledge.guessing import guess  # noqa: PLC0415 - only legacy files need it

    encoding = guess(data) or "cp1252"
    text = _strict(data, encoding)
    return (text if text is not None else data.decode(encoding, "replace")), encoding, True


def _undo_mojibake(text: str) -> str:
    return text if text.isascii() else "\n".join(map(_mended, text.split("\n")))


def _mended(line: str) -> str:
    """A line without mojibake. One that would be hardly less garbled is left alone: it was no such damage."""
    if line.isascii():
        return line
    import ftfy  # noqa: PLC0415 - pure ASCII never needs it

    held = _CAPITAL_BEFORE_SPACE.sub(lambda found: _STAND_INS[found[0]], line)
    fixed = str(ftfy.fix_text(held, _repairs()))
    if held != line:
        for capital, stand_in in _STAND_INS.items():
            fixed = fixed.replace(stand_in, capital)
    return line if 2 * ftfy.badness.badness(fixed) > ftfy.badness.badness(line) > 0 else fixed


@cache
def _repairs() -> Any:
    import ftfy  # noqa: PLC0415 - as above

    return ftfy.TextFixerConfig(
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


def _between(text: str, starts: list[int], number: int) -> str:
    return text[starts[number] : starts[number + 1] if number + 1 < len(starts) else None].rstrip("\r\n")


def _moved(line: str, original: str, offset: int, *, end: bool) -> int:
    """An offset into a repaired line as one into the original; within a repaired part: that part's start or end."""
    pairs = enumerate(zip(line, original, strict=False))
    head = next((position for position, (left, right) in pairs if left != right), min(len(line), len(original)))
    if line == original or (offset <= head if end else offset in range(head or 1)):
        return offset
    if (end and offset >= len(line)) or len(original) > _ALIGNED_CHARACTERS:
        return len(original) if end else head
    for tag, first, last, start, stop in SequenceMatcher(None, original, line, autojunk=False).get_opcodes():
        if start <= offset < stop or (end and start < offset <= stop):
            return first + offset - start if tag == "equal" else (last if end else first)
    return len(original)
