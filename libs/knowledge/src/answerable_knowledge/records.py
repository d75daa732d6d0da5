"""XML and JSON to blocks: each record in a line of its own with its fields named, as a row of a table is.

Nothing outside the file is read: entities of XML stay unresolved. `verbatim` is the record as the file writes it.
"""

import json
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from lxml import etree

from answerable_knowledge.blocks import Block, Found, Source
from answerable_knowledge.decoding import ByteCounter, DecodedText, clean, decode
from answerable_knowledge.errors import Reason, Unreadable
from answerable_knowledge.formats import declared_encoding, without_encoding
from answerable_knowledge.locators import Locator

Pair = tuple[str, str]
_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_LONG_LINE = 2000  # characters; within a longer line a place is told in bytes
_SPACE = re.compile(r"\s*")
# Numbers stay as they are written.
_JSON = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


def read_xml(source: Source) -> Found:
    """Read an XML file. Raises Unreadable(corrupt)."""
    declared = source.charset or declared_encoding(source.data)
    decoded = decode(source.data, declared=declared, hint=source.hint)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    leading = len(decoded.text) - len(decoded.text.lstrip())
    try:
        root = etree.fromstring(without_encoding(decoded.text[leading:]).encode(), parser)
    except (etree.LxmlError, ValueError) as error:
        raise Unreadable(Reason.CORRUPT) from error
    blocks = tuple(_elements(root, decoded.text.count("\n", 0, leading)))
    return Found(blocks, None, root.get(_XML_LANGUAGE), decoded.encoding, decoded.flags)


def read_json(source: Source) -> Found | None:
    """Read JSON, or JSON lines; None when it is neither, and so no more than text."""
    decoded = decode(source.data, declared=source.charset, hint=source.hint)
    try:
        blocks = tuple(_json_blocks(decoded))
    except (ValueError, RecursionError):
        return None
    return Found(blocks, None, None, decoded.encoding, decoded.flags)


def _elements(root: Any, lines_before: int) -> Iterator[Block]:
    """Blocks in the order of the file: neighbouring elements without children make one record of their parent."""
    waiting: list[list[Any]] = [[root]]
    while waiting:
        run = waiting.pop()
        place = Locator("line", (run[0].sourceline or 1) + lines_before)
        element = run[0]
        children = _children(element)
        if children and any(map(_said, (element.text, *(child.tail for child in children)))):
            yield Block(_said("".join(element.itertext())), place, None, _written(element))
            continue
        if children and not any(map(_children, children)):
            pairs = [*_attributes(element), *(pair for child in children for pair in _fields(child))]
            written = _written(element)
        else:
            leaves = [each for each in run if not _children(each)]
            pairs = [pair for each in leaves for pair in _fields(each)] or list(_attributes(element))
            written = "".join(map(_written, leaves))
            waiting += reversed(list(_runs(children)))
        if text := "; ".join(f"{name}: {value}" for name, value in pairs if value):
            yield Block(text, place, None, written or None)


def _runs(children: list[Any]) -> Iterator[list[Any]]:
    """Neighbours without children together, every other element alone."""
    for has_children, run in groupby(children, key=lambda child: bool(_children(child))):
        if has_children:
            yield from ([child] for child in run)
        else:
            yield list(run)


def _children(element: Any) -> list[Any]:
    """The elements in it: entities that were not resolved are none."""
    return [child for child in element if isinstance(child.tag, str)]


def _fields(element: Any) -> Iterator[Pair]:
    yield _name(element.tag), _said("".join(element.itertext()))
    yield from _attributes(element)


def _attributes(element: Any) -> Iterator[Pair]:
    for name, value in element.attrib.items():
        if not name.startswith("{"):  # of other vocabularies: what schemas and editors need
            yield name, _said(value)


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _said(text: str | None) -> str:
    return " ".join(clean(text or "").split())


def _written(element: Any) -> str:
    return clean(etree.tostring(element, encoding="unicode", with_tail=False))


def _json_blocks(decoded: DecodedText) -> Iterator[Block]:
    text, places = decoded.text, _Places(decoded)
    position = _skip(text, 0)
    while position < len(text):
        _, behind = _JSON.raw_decode(text, position)
        for value, start, end in _members(text, position):
            if block := _record(value, places.of(start, end), text[start:end]):
                yield block
        position = _skip(text, behind)


def _members(text: str, start: int) -> Iterator[tuple[Any, int, int]]:
    """The elements of a list, the fields of an object with lists or objects in it, or the value itself."""
    value, end = _JSON.raw_decode(text, start)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if not any(isinstance(each, dict | list) for each in inner):
        yield value, start, end
        return
    position = _skip(text, start + 1)
    while True:
        first = position
        key = None
        if isinstance(value, dict):
            key, position = _JSON.raw_decode(text, position)
            position = _skip(text, _skip(text, position) + 1)  # behind the colon
        member, after = _JSON.raw_decode(text, position)
        if key is not None and isinstance(member, list) and any(isinstance(each, dict) for each in member):
            yield from (({key: each}, start, end) for each, start, end in _members(text, position))
        else:
            yield ({key: member} if key is not None else member), first, after
        position = _skip(text, after)
        if text[position] != ",":
            return
        position = _skip(text, position + 1)


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _record(value: Any, place: Locator, written: str) -> Block | None:
    pairs = [(name, said) for name, said in _flattened(value) if said]
    text = "; ".join(f"{name}: {said}" if name else said for name, said in pairs)
    return Block(text, place, None, _unescaped(value) if "\\u" in written else written) if text else None


def _flattened(value: Any) -> Iterator[Pair]:
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(f"{name}.{key}".lstrip("."), each) for key, each in reversed(value.items())]
        elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
            numbered = list(enumerate(value, start=1))
            waiting += [(f"{name} {number}".lstrip(), each) for number, each in reversed(numbered)]
        elif isinstance(value, list):
            yield name, ", ".join(_scalar(each) for each in value)
        else:
            yield name, _scalar(value)


def _scalar(value: Any) -> str:
    words = {True: "true", False: "false", None: ""}
    return words[value] if value is None or isinstance(value, bool) else _said(str(value))


def _unescaped(value: Any) -> str:
    return clean(json.dumps(value, ensure_ascii=False))


class _Places:
    """Lines of records, or bytes where a line is too long to find anything in it."""

    def __init__(self, decoded: DecodedText) -> None:
        self._text = decoded.text
        self._bytes = ByteCounter(decoded)
        self._line, self._counted = 1, 0

    def of(self, start: int, end: int) -> Locator:
        """The place of `text[start:end]`; call in ascending order."""
        self._line += self._text.count("\n", self._counted, start)
        self._counted = start
        line_start = self._text.rfind("\n", max(0, start - _LONG_LINE), start)
        line_end = self._text.find("\n", end, end + _LONG_LINE)
        is_near = line_start >= 0 or start < _LONG_LINE
        if is_near and (line_end >= 0 or len(self._text) - end < _LONG_LINE):
            return Locator("line", self._line, self._line + self._text.count("\n", start, end))
        return self._bytes.place(start, end)
