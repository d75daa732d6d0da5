"""PDF, workbooks, RTF, older Office files and Outlook messages to blocks, through kreuzberg."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from answerable_knowledge import formats
from answerable_knowledge.blocks import Block, Found, Source, is_header, row_block
from answerable_knowledge.decoding import clean
from answerable_knowledge.errors import Reason, Unreadable
from answerable_knowledge.locators import Locator
from answerable_knowledge.parts import Part, safe_name, within
from answerable_knowledge.sheets import Sheet, rows_of, sheets_of

_WORD = re.compile(r"\w+")
# Share of the extracted words that the document's outline must hold to be preferred over the flat text.
_OUTLINE_SHARE = 0.9


def extract(source: Source) -> Found:
    """Extract a document. Raises Unreadable(encrypted, corrupt or unsupported_format)."""
    data, media_type = source.data, source.media_type
    import kreuzberg  # noqa: PLC0415 - loads a 100 MB library; text files never need it

    config = kreuzberg.ExtractionConfig(  # type: ignore[call-arg] # its stub lacks disable_ocr
        use_cache=False,
        enable_quality_processing=False,
        disable_ocr=True,
        output_format="plain",
        include_document_structure=True,
        pages=kreuzberg.PageConfig(extract_pages=True),
    )
    try:
        result = kreuzberg.extract_bytes_sync(data, media_type, config)
    except (kreuzberg.ValidationError, kreuzberg.MissingDependencyError) as error:
        raise Unreadable(Reason.UNSUPPORTED_FORMAT) from error
    except (kreuzberg.KreuzbergError, RuntimeError, ValueError, OSError) as error:
        encrypted = formats.is_encrypted(data, media_type)
        raise Unreadable(Reason.ENCRYPTED if encrypted else Reason.CORRUPT) from error
    return _read(result, source)


def _read(result: Any, source: Source) -> Found:
    notes: list[str] = []
    metadata = result.metadata or {}
    if source.media_type in formats.SHEETS:
        facts = sheets_of(source.data) if source.media_type == formats.XLSX else {}
        if any(sheet.hidden for sheet in facts.values()):
            notes.append("hidden_sheets_left_out")
        blocks = list(_sheets(result.tables, metadata.get("sheet_names") or [], facts))
    else:
        blocks, flat = _pages_or_outline(result, source.media_type)
        notes += ["structure_lost"] if flat else []
    children = list(result.children or [])
    for child in children:
        blocks += _attachment(child)
    notes += ["attachments"] if children else []
    notes += ["macros_not_run"] if formats.has_macros(source.data) else []
    return Found(tuple(blocks), _title(metadata), metadata.get("language"), None, tuple(notes))


def _title(metadata: Mapping[str, Any]) -> str | None:
    title = clean(str(metadata.get("subject" if metadata.get("format_type") == "email" else "title") or "")).strip()
    junk = title.lower().startswith(("untitled", "microsoft word -", "powerpoint presentation"))
    return None if junk else title or None


def _pages_or_outline(result: Any, media_type: str) -> tuple[list[Block], bool]:
    if media_type == formats.PDF:
        return list(_pages(result.pages or [])), False
    name = "message" if media_type == formats.MSG else None
    outline = list(_outline((result.document or {}).get("nodes") or [], name))
    if _words(block.verbatim or block.text for block in outline) >= _OUTLINE_SHARE * _words([result.content]):
        return outline, False
    return list(_flat(result.content, name)), True


def _words(texts: Iterable[str]) -> int:
    return sum(len(_WORD.findall(text)) for text in texts)


def _pages(pages: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    for page in pages:
        text = clean(page["content"]).strip()
        if text:
            yield Block(text, Locator("page", page["page_number"]))


def _sheets(tables: Sequence[Any], names: Sequence[str], facts: Mapping[str, Sheet]) -> Iterator[Block]:
    for table in tables:
        index = table.page_number - 1
        name = names[index] if 0 <= index < len(names) else str(table.page_number)
        sheet = facts.get(name, Sheet(hidden=False, first_row=1))
        if not sheet.hidden:
            rows = ([clean(cell or "") for cell in cells] for cells in table.cells)
            yield from rows_of(clean(name), enumerate(rows, start=sheet.first_row))


def _outline(nodes: Sequence[Mapping[str, Any]], name: str | None) -> Iterator[Block]:
    trail: list[tuple[int, str]] = []
    section = 1
    for node in nodes:
        content = node["content"]
        if content["node_type"] == "heading":
            level, heading = int(content.get("level") or 1), " ".join(clean(content["text"]).split())
            section += 1 if trail else 0
            trail = [*(step for step in trail if step[0] < level), (level, heading)]
        locator = Locator("section", None if name else section, name=name or (trail[-1][1] if trail else None))
        path = " > ".join(step[1] for step in trail) or None
        if content["node_type"] == "table":
            yield from _grid_rows(content["grid"], locator, path)
        elif text := _text(content).strip():
            yield Block(text, locator, path)


def _text(content: Mapping[str, Any]) -> str:
    kind = content["node_type"]
    if kind == "metadata_block":
        return clean("\n".join(f"{key}: {value}" for key, value in content.get("entries") or []))
    if kind in ("group", "list", "slide", "page_break"):
        return ""
    return clean(str(content.get("text") or content.get("content") or ""))


def _grid_rows(grid: Mapping[str, Any], locator: Locator, heading: str | None) -> Iterator[Block]:
    rows = [[""] * grid["cols"] for _ in range(grid["rows"])]
    for cell in grid["cells"]:
        rows[cell["row"]][cell["col"]] = clean(cell["content"] or "")
    header = rows[0] if rows and is_header(rows[0]) else ()
    for index, cells in enumerate(rows):
        if block := row_block(() if index == 0 else header, cells, locator, heading):
            yield block


def _flat(content: str, name: str | None) -> Iterator[Block]:
    for paragraph in re.split(r"\n\s*\n", clean(content)):
        if paragraph.strip():
            yield Block(paragraph.strip(), Locator("section", None if name else 1, name=name))


def _attachment(child: Any) -> Iterator[Block]:
    part = Part("attachment", safe_name(str(child["path"])), b"")
    inner = _read(child["result"], Source(b"", str(child["mime_type"])))
    yield from (within(block, part) for block in inner.blocks)
