"""Passage text to answer candidates: sentences, list items, table rows, labelled values. Pure, with exact spans."""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["sentence", "item", "list", "row", "field", "entry"]

LONGEST_LIST_CHARS = 700
_LONGEST_HEADING_CHARS = 70
_LONGEST_HEADING_WORDS = 9
_SHORT_VALUE_WORDS = 14
_BARE_VALUE_WORDS = (
    6  # up to here even a text with a full stop ("27 days per year.") needs its heading to be understood
)
_FEWEST_ROW_NUMBERS = 2
_NARROWEST_COLUMN_CHARS = 60
_FULL_LINE_SHARE = 0.8
_ROW_NUMBER_SHARE = 0.34

_HASHES = re.compile(r"#{1,6}\s+\S")
_BULLET = re.compile(r"\s*(?:[-*•▪◦\u2013·]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+\S")
_PAIRS = re.compile(r"[^;:|]{1,60}:\s*[^;]*;\s*[^;:|]{1,60}:")
_FIELD = re.compile(r"\s*\**[A-Z][\w /()&'\u2019-]{1,40}\**:\**\s+\S")
_NUMBER = re.compile(r"[($€£]*-?\d[\d.,]*[%)]*|[\u2014\u2013-]|[$€£%]")
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”\u2019)\]]*(?:\s*\[\d+\])*(?=\s+[\"'“\u2018(\[]*[A-Z0-9À-Þ])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|Gen|Col|Lt|Capt|Rev|Hon|No|Nos|Art|Sec|Fig|Vol|pp?|cf|vs"
    r"|approx|ca|Inc|Ltd|Co|Corp|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|e\.g|i\.e|U\.S|U\.K)|(?<![\w.])[A-Z](?:\.[A-Z])*)\.$"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span of one source that could be said as it stands: `text` is source text [start:end] to the character.

    `context` is what a reader has seen above it (heading, list intro, table header); `position` counts from 0.
    """

    source: int
    start: int
    end: int
    text: str
    kind: Kind
    context: str
    position: int


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences of one paragraph, without surrounding white space, in order."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if match[0].startswith(".") and _ABBREVIATION.search(text, start, match.start() + 1):
            continue
        spans.append((start, match.end()))
        start = match.end()
    spans.append((start, len(text)))
    return [trimmed for span in spans if (trimmed := _trim(text, *span)) is not None]


def segment(text: str, source: int) -> list[Candidate]:
    """All candidates of one source in reading order. A list overlaps its items."""
    return _Segmenter(text, source).run()


class _Segmenter:
    """Walks the lines once; what stands above decides what a line means."""

    def __init__(self, text: str, source: int) -> None:
        self._text = text
        self._source = source
        self._lines = _lines(text)
        self._broken = _deliberate_breaks(self._lines)
        self._found: list[Candidate] = []
        self._heading: _Line | None = None
        self._title: _Line | None = None
        self._header_row: _Line | None = None
        self._intro: tuple[int, int] | None = None

    def run(self) -> list[Candidate]:
        at = 0
        while at < len(self._lines):
            at = self._step(at)
        return self._found

    def _step(self, at: int) -> int:
        """Handle the block that starts at this line; returns the first line after it."""
        line = self._lines[at]
        if not line.text.strip():
            self._header_row = None
            return at + 1
        if _is_row(line.text):
            return self._row(at)
        self._header_row = None
        if _BULLET.match(line.text):
            return self._list(at)
        self._intro = None
        if _FIELD.match(line.text) and len(line.text) <= LONGEST_LIST_CHARS // 3:
            return self._field(at)
        if self._is_heading(at):
            self._heading = line
            self._title = line if _HASHES.match(line.text) else self._title
            return at + 1
        return self._paragraph(at)

    def _row(self, at: int) -> int:
        line = self._lines[at]
        if self._header_row is None:
            self._header_row = line
        if re.search(r"\w", line.text):
            above = self._header_row.text if self._header_row is not line and not _PAIRS.search(line.text) else ""
            self._add(line.start, line.end, "row", f"{self._above()} {above}".strip())
        return at + 1

    def _field(self, at: int) -> int:
        line = self._lines[at]
        if line.text.rstrip().endswith("."):
            for start, end in split_sentences(line.text):
                self._add(line.start + start, line.start + end, "sentence", self._above())
        else:
            self._add(line.start, line.end, "field", self._above())
        return at + 1

    def _list(self, at: int) -> int:
        """Each item, and the whole list together with the sentence that introduces it."""
        last = at
        while last + 1 < len(self._lines) and self._continues_list(last + 1):
            last += 1
        intro = self._intro
        context = " ".join((self._above(), self._text[slice(*intro)] if intro else "")).strip()
        starts = [n for n in range(at, last + 1) if _BULLET.match(self._lines[n].text)]
        for first, following in zip(starts, [*starts[1:], last + 1], strict=True):
            self._add(self._lines[first].start, self._lines[following - 1].end, "item", context)
        begin = intro[0] if intro else (self._heading.start if self._heading is not None else None)
        if begin is not None and len(starts) > 1 and self._lines[last].end - begin <= LONGEST_LIST_CHARS:
            self._add(begin, self._lines[last].end, "list", self._above())
        self._intro = None
        return last + 1

    def _continues_list(self, at: int) -> bool:
        text = self._lines[at].text
        indented = text.startswith(("  ", "\t")) and bool(text.strip())
        return bool(_BULLET.match(text)) or indented

    def _paragraph(self, at: int) -> int:
        last = at
        while last + 1 < len(self._lines) and self._continues_paragraph(last + 1):
            last += 1
        begin, end = self._lines[at].start, self._lines[last].end
        spans = [(begin + start, begin + stop) for start, stop in split_sentences(self._text[begin:end])]
        for number, (start, stop) in enumerate(spans):
            if number == 0 and self._heading is not None and self._is_value(at, self._text[start:stop]):
                self._add(self._heading.start, stop, "entry", self._title.text.strip("# ") if self._title else "")
                self._heading = self._title  # a label is used up by its value
            else:
                self._add(start, stop, "sentence", self._above())
        if spans and self._text[slice(*spans[-1])].endswith(":"):
            self._intro = spans[-1]
        return last + 1

    def _continues_paragraph(self, at: int) -> bool:
        text = self._lines[at].text
        if not text.strip() or _BULLET.match(text) or _is_row(text) or _HASHES.match(text):
            return False
        starts_anew = self._is_heading(at) or bool(_FIELD.match(text))
        return not starts_anew and at not in self._broken

    def _is_value(self, at: int, text: str) -> bool:
        """Is this short text what the heading right above it names?"""
        above = [line for line in self._lines[:at] if line.text.strip()]
        words = len(text.split())
        stands_alone = text.endswith((".", "!", "?")) and words > _BARE_VALUE_WORDS
        short = words <= _SHORT_VALUE_WORDS and not text.endswith(":") and not stands_alone
        return short and bool(above) and above[-1] is self._heading

    def _is_heading(self, at: int) -> bool:
        text = self._lines[at].text.strip()
        if _HASHES.match(text):
            return True
        following = self._lines[at + 1].text.strip() if at + 1 < len(self._lines) else ""
        preceding = self._lines[at - 1].text.strip() if at else ""
        short = len(text) <= _LONGEST_HEADING_CHARS and len(text.split()) <= _LONGEST_HEADING_WORDS
        has_more = any(line.text.strip() for line in self._lines[at + 1 :])
        opens = not preceding or preceding[-1] in ".!?:;" or _HASHES.match(preceding) is not None
        plain = text[-1:] not in ".!?;,:" and text[:1].isupper() and not re.search(r"\d", text)
        return short and has_more and opens and plain and not following[:1].islower()

    def _above(self) -> str:
        return self._heading.text.strip().lstrip("# ") if self._heading is not None else ""

    def _add(self, start: int, end: int, kind: Kind, context: str) -> None:
        span = _trim(self._text, start, end)
        if span is not None:
            text = self._text[slice(*span)]
            self._found.append(Candidate(self._source, *span, text, kind, context, len(self._found)))


def _lines(text: str) -> list[_Line]:
    found, start = [], 0
    for piece in text.splitlines(keepends=True):
        body = piece.rstrip("\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
        found.append(_Line(start, start + len(body), body))
        start += len(piece)
    return found


def _deliberate_breaks(lines: list[_Line]) -> set[int]:
    """Numbers of the lines that begin anew because the line above ended early: pages of PDF files have no blank lines.

    In wrapped text a line ends where the next word no longer fits. One that ends well before, above a capital or a
    figure, was ended by its author: a heading, a caption, the last line of a paragraph.
    """
    broken: set[int] = set()
    first = 0
    for last in range(1, len(lines) + 1):
        if last < len(lines) and lines[last].text.strip():
            continue
        block = lines[first:last]
        width = max((len(line.text) for line in block), default=0)
        if width >= _NARROWEST_COLUMN_CHARS:
            broken |= {
                first + at for at in range(1, len(block)) if _ends_early(block[at - 1].text, block[at].text, width)
            }
        first = last
    return broken


def _ends_early(line: str, following: str, width: int) -> bool:
    words = following.split(maxsplit=1)
    opens = bool(words) and (words[0][0].isupper() or words[0][0].isdigit())
    return opens and len(line.rstrip()) + 1 + len(words[0]) <= _FULL_LINE_SHARE * width


def _is_row(line: str) -> bool:
    stripped = line.strip()
    if stripped.startswith("|") or stripped.count("\t") > 1 or stripped.count(" | ") > 1 or _PAIRS.search(stripped):
        return True
    words = stripped.split()
    numbers = sum(_NUMBER.fullmatch(word) is not None for word in words)
    return numbers >= _FEWEST_ROW_NUMBERS and numbers >= _ROW_NUMBER_SHARE * len(words) and stripped[-1:] != "."


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None
