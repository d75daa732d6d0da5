"""HTML to blocks: what a visitor reads, without navigation, cookie banners and what is hidden.

A table of data becomes rows under their header; a table that only arranges a page becomes paragraphs.
"""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree, html

from answerable_knowledge import formats
from answerable_knowledge.blocks import Block, Found, Source, is_header
from answerable_knowledge.decoding import clean, decode
from answerable_knowledge.outline import Outline

_NEVER_SHOWN = frozenset(
    {"script", "style", "noscript", "template", "head", "iframe", "object", "embed", "svg", "canvas", "audio", "video"}
    | {"datalist", "select", "input"}
)
_BLOCK_TAGS = frozenset(
    {"address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl"}
    | {"dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr"}
    | {"html", "legend", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot"}
    | {"th", "thead", "tr", "ul"}
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?<![\w-])opacity\s*:\s*0(?:\.0+)?\s*(?:;|!|$)"
    r"|font-size\s*:\s*0(?:\.0+)?\s*(?:px|pt|em|rem|%)?\s*(?:;|!|$)",
    re.IGNORECASE,
)
_NAVIGATION_NAME = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|breadcrumbs?|skip-?link|skip-to-content|pagination|toc-?nav)(?:$|[\s_-])",
    re.IGNORECASE,
)
_BANNER_NAME = re.compile(r"cookie|consent|gdpr|onetrust|usercentrics", re.IGNORECASE)
_BANNER_TEXT = re.compile(r"cookie", re.IGNORECASE)
_BANNER_CHARACTERS = 3000
_LINK_SHARE = 0.7  # of the text of a menu
_LEFT_SHARE = 0.2  # of the words must be left, otherwise the page is taken to consist of what looked like navigation
_CELL_CHARACTERS = 600  # a longer cell is a column of a page, not of a table
_MAX_SPAN = 50


def read_html(source: Source) -> Found:
    """Read a page or the HTML body of a mail; no blocks when there is nothing on it."""
    declared = source.charset or formats.declared_encoding(source.data)
    decoded = decode(source.data, declared=declared, hint=source.hint)
    root = _tree(decoded.text)
    if root is None:
        return Found((), encoding=decoded.encoding)
    notes = list(decoded.flags)
    if _drop(root, _is_hidden):
        notes.append("hidden_text_left_out")
    title = clean(root.findtext(".//title") or "")
    language = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang")
    words = len(root.text_content().split())
    whole = etree.tostring(root)
    if _drop(root, _is_navigation):
        if len(root.text_content().split()) < _LEFT_SHARE * words:
            root = html.fromstring(whole)
        else:
            notes.append("navigation_left_out")
    blocks = tuple(_blocks(root))
    return Found(blocks, " ".join(title.split()) or None, language, decoded.encoding, tuple(notes))


def _tree(text: str) -> Any:
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        root = html.document_fromstring(text.encode(), parser=parser)
    except (etree.LxmlError, ValueError):
        return None
    etree.strip_elements(root, *(_NEVER_SHOWN - {"head"}), with_tail=False)
    return root


def _drop(root: Any, unwanted: Any) -> bool:
    """Remove unwanted elements; whether any had text."""
    had_text = False
    for element in [each for each in root.iter(etree.Element) if each is not root and unwanted(each)]:
        if element.getparent() is not None:
            had_text |= bool(element.text_content().strip())
            element.drop_tree()
    return had_text


def _is_hidden(element: Any) -> bool:
    return element.get("hidden") is not None or bool(_HIDDEN_STYLE.search(element.get("style") or ""))


def _is_navigation(element: Any) -> bool:
    name = f"{element.get('class') or ''} {element.get('id') or ''}"
    if element.tag in ("body", "html", "main", "article"):
        return False
    if element.tag == "nav" or element.get("role") in ("navigation", "menu", "menubar"):
        return True
    if _BANNER_NAME.search(name):
        text = element.text_content()
        return len(text) <= _BANNER_CHARACTERS and bool(_BANNER_TEXT.search(text))
    return bool(_NAVIGATION_NAME.search(name)) and _link_share(element) >= _LINK_SHARE


def _link_share(element: Any) -> float:
    linked = sum(len("".join(link.text_content().split())) for link in element.iter("a"))
    return linked / max(len("".join(element.text_content().split())), 1)


def _blocks(root: Any) -> Iterator[Block]:
    outline = Outline()
    text: list[str] = []
    level: int | None = None
    preformatted = 0
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag if isinstance(element.tag, str) else ""
        if tag in _BLOCK_TAGS:
            yield from _flushed(text, outline, level)
            level = None
        if event == "start":
            if tag == "head":
                walk.skip_subtree()
            elif tag == "table" and _is_data(element):
                yield from _rows(element, outline)
                walk.skip_subtree()
            else:
                level = _HEADINGS.get(tag, level)
                preformatted += tag == "pre"
                text.append(_inline(element.text, keep=bool(preformatted)))
                text += ["\n"] if tag == "br" else []
        else:
            preformatted -= tag == "pre"
            if element is not root:
                text.append(_inline(element.tail, keep=bool(preformatted)))
    yield from _flushed(text, outline, level)


def _inline(text: str | None, *, keep: bool) -> str:
    return (text or "") if keep else re.sub(r"\s+", " ", text or "")


def _flushed(text: list[str], outline: Outline, level: int | None) -> Iterator[Block]:
    lines = clean("".join(text)).split("\n")
    body = "\n".join(line.rstrip() for line in lines).strip()
    text.clear()
    if body:
        yield outline.block(body) if level is None else outline.enter(level, body)


def _is_data(table: Any) -> bool:
    """Whether a table holds data: no table inside, several rows and columns, short cells."""
    if next(table.iterdescendants("table"), None) is not None:
        return False
    rows = [[cell for cell in row if cell.tag in ("td", "th")] for row in table.iter("tr")]
    if len(rows) < 2 or max(map(len, rows)) < 2:  # noqa: PLR2004 - fewer is no table
        return False
    return all(len(cell.text_content()) <= _CELL_CHARACTERS for row in rows for cell in row)


def _rows(table: Any, outline: Outline) -> Iterator[Block]:
    caption = table.find("caption")
    if caption is not None and caption.text_content().strip():
        yield outline.block(" ".join(clean(caption.text_content()).split()))
    header: tuple[str, ...] = ()
    for number, (cells, is_marked) in enumerate(_grid(table)):
        block = outline.row(() if is_marked and not header else header, cells)
        if not header and (is_marked or (number == 0 and is_header(cells))):
            header = tuple(cells)
            block = outline.row((), cells)
        if block:
            yield block


def _grid(table: Any) -> Iterator[tuple[list[str], bool]]:
    """The cells of each row, and whether all of them are marked as headers. A cell over several rows is in each."""
    below: dict[int, tuple[int, str]] = {}  # column: rows left, text
    for row in table.iter("tr"):
        marked = [cell for cell in row if cell.tag in ("td", "th")]
        texts: list[str] = []
        for cell in marked:
            _fill(texts, below)
            text = " ".join(clean(cell.text_content()).split())
            rows, columns = _span(cell, "rowspan"), _span(cell, "colspan")
            if rows > 1:
                below[len(texts)] = (rows - 1, text)
            texts += [text, *[""] * (columns - 1)]
        _fill(texts, below)
        yield texts, bool(marked) and all(cell.tag == "th" for cell in marked)


def _fill(texts: list[str], below: dict[int, tuple[int, str]]) -> None:
    while len(texts) in below:
        left, text = below.pop(len(texts))
        if left > 1:
            below[len(texts)] = (left - 1, text)
        texts.append(text)


def _span(cell: Any, name: str) -> int:
    value = (cell.get(name) or "1").strip()
    return min(max(int(value), 1), _MAX_SPAN) if value.isascii() and value.isdigit() else 1
