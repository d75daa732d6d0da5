"""Office files, PDF, HTML and mail to blocks, through kreuzberg."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from answerable_knowledge import formats
from answerable_knowledge.blocks import Block, is_header, row_text
from answerable_knowledge.decoding import clean
from answerable_knowledge.errors import Reason, Unreadable
from answerable_knowledge.locators import Locator
from answerable_knowledge.sheets import Sheet, sheets_of

_WORD = re.compile(r"\w+")
# Share of the extracted words that the document's outline must hold to be preferred over the flat text.
_OUTLINE_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Extracted:
    """Blocks of a document with what its metadata says about it."""

    blocks: tuple[Block, ...]
    title: str | None
    language: str | None
    notes: tuple[str, ...]


def extract(data: bytes, media_type: str, *, timeout: timedelta) -> Extracted:
    """Extract a document. Raises Unreadable(encrypted, corrupt, timeout or unsupported_format)."""
    import kreuzberg  # noqa: PLC0415 - loads a 100 MB library; text files never need it

    marker = f"[[{hashlib.sha256(data).hexdigest()[:24]}:{{page_num}}]]"  # cannot be foretold by an author
    config = kreuzberg.ExtractionConfig(  # type: ignore[call-arg] # its stub lacks disable_ocr
        use_cache=False,
        enable_quality_processing=False,
        disable_ocr=True,
        output_format="plain",
        include_document_structure=media_type != formats.PPTX,  # the slides' outline has no slide numbers
        pages=kreuzberg.PageConfig(
            extract_pages=True, insert_page_markers=media_type == formats.PPTX, marker_format=f"\n\n{marker}\n\n"
        ),
        extraction_timeout_secs=max(1, int(timeout.total_seconds())),
    )
    try:
        result = kreuzberg.extract_bytes_sync(data, media_type, config)
    except kreuzberg.ExtractionTimeoutError as error:
        raise Unreadable(Reason.TIMEOUT) from error
    except (kreuzberg.ValidationError, kreuzberg.MissingDependencyError) as error:
        raise Unreadable(Reason.UNSUPPORTED_FORMAT) from error
    except (kreuzberg.KreuzbergError, RuntimeError, ValueError, OSError) as error:
        encrypted = formats.is_encrypted(data, media_type)
        raise Unreadable(Reason.ENCRYPTED if encrypted else Reason.CORRUPT) from error
    return _read(result, _Source(data, media_type, marker.replace("{page_num}", r"(\d+)")))


@dataclass(frozen=True, slots=True)
class _Source:
    data: bytes
    media_type: str
    marker: str


def _read(result: Any, source: _Source) -> Extracted:
    notes: list[str] = []
    metadata = result.metadata or {}
    if source.media_type == formats.PPTX:
        blocks = list(_slides(result.content, source.marker))
    elif source.media_type in formats.SHEETS:
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
    return Extracted(tuple(blocks), _title(metadata), metadata.get("language"), tuple(notes))


def _title(metadata: Mapping[str, Any]) -> str | None:
    title = clean(str(metadata.get("subject" if metadata.get("format_type") == "email" else "title") or "")).strip()
    junk = title.lower().startswith(("untitled", "microsoft word -", "powerpoint presentation"))
    return None if junk else title or None


def _pages_or_outline(result: Any, media_type: str) -> tuple[list[Block], bool]:
    if media_type == formats.PDF:
        return list(_pages(result.pages or [])), False
    name = "message" if media_type == formats.MAIL else None
    outline = list(_outline((result.document or {}).get("nodes") or [], name))
    if _words(block.text for block in outline) >= _OUTLINE_SHARE * _words([result.content]):
        return outline, False
    return list(_flat(result.content, name)), True


def _words(texts: Iterable[str]) -> int:
    return sum(len(_WORD.findall(text)) for text in texts)


def _pages(pages: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    for page in pages:
        text = clean(page["content"]).strip()
        if text:
            yield Block(text, Locator("page", page["page_number"]))


def _slides(content: str, marker: str) -> Iterator[Block]:
    parts = re.split(marker.replace("[[", r"\[\[").replace("]]", r"\]\]"), content)
    for number, text in zip(parts[1::2], parts[2::2], strict=True):
        body = clean(text).strip()
        if body:
            yield Block(body, Locator("slide", int(number)), heading=body.split("\n", 1)[0])


def _sheets(tables: Sequence[Any], names: Sequence[str], facts: Mapping[str, Sheet]) -> Iterator[Block]:
    for table in tables:
        index = table.page_number - 1
        name = names[index] if 0 <= index < len(names) else str(table.page_number)
        sheet = facts.get(name, Sheet(hidden=False, first_row=1))
        if not sheet.hidden:
            yield from _sheet_rows(table.cells, clean(name), sheet.first_row)


def _sheet_rows(rows: Sequence[Sequence[str]], name: str, first_row: int) -> Iterator[Block]:
    header: Sequence[str] = ()
    for number, cells in enumerate(rows, start=first_row):
        texts = [clean(cell or "") for cell in cells]
        if not header and is_header(texts):
            header = texts
            text = row_text((), texts)
        else:
            text = row_text(header, texts)
        if text:
            yield Block(text, Locator("sheet", number, number, name), heading=name)


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
        for text in _texts(content):
            if text.strip():
                yield Block(text.strip(), locator, path)


def _texts(content: Mapping[str, Any]) -> Iterator[str]:
    kind = content["node_type"]
    if kind == "table":
        yield from _grid_rows(content["grid"])
    elif kind == "metadata_block":
        yield clean("\n".join(f"{key}: {value}" for key, value in content.get("entries") or []))
    elif kind not in ("group", "list", "slide", "page_break"):
        yield clean(str(content.get("text") or content.get("content") or ""))


def _grid_rows(grid: Mapping[str, Any]) -> Iterator[str]:
    rows = [[""] * grid["cols"] for _ in range(grid["rows"])]
    for cell in grid["cells"]:
        rows[cell["row"]][cell["col"]] = clean(cell["content"] or "")
    header = rows[0] if rows and is_header(rows[0]) else ()
    for index, cells in enumerate(rows):
        yield row_text(() if index == 0 else header, cells)


def _flat(content: str, name: str | None) -> Iterator[Block]:
    for paragraph in re.split(r"\n\s*\n", clean(content)):
        if paragraph.strip():
            yield Block(paragraph.strip(), Locator("section", None if name else 1, name=name))


def _attachment(child: Any) -> Iterator[Block]:
    name = clean(str(child["path"])).strip() or "attachment"
    result = child["result"]
    inner = _read(result, _Source(b"", str(child["mime_type"]), "(?!)"))
    for block in inner.blocks:
        yield replace(block, locator=replace(block.locator, within=name), heading=block.heading or name)
