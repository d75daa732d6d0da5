# ruff: noqa: INP001 - a script beside its sources, not a package
"""Builds the demo corpus's binary and specially encoded files from the Markdown beside this script.

    python services/cli/corpus_sources/make.py [--out DIR]

A source `documents/FOLDER/NAME.EXT.md` becomes `DIR/FOLDER/NAME.EXT`. Files whose format is already plain text
(Markdown, HTML, CSV, JSON, UTF-8 text) are written by hand in the corpus itself and have no source here. The bytes
depend on nothing but the sources and the library versions: dates are fixed, archive members carry one time stamp.
"""

import argparse
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any, Literal

from docx import Document
from odf import dc, meta
from odf.opendocument import OpenDocumentText
from odf.table import Table as OdfTable
from odf.table import TableCell, TableColumn, TableRow
from odf.text import H, List, ListItem, P
from openpyxl import Workbook
from pptx import Presentation
from pptx.util import Cm
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import cm
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    ListFlowable,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "documents"
CORPUS = HERE.parent / "src" / "answerable_cli" / "corpus" / "documents"
MADE_AT = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)
AUTHOR = "Norvik Tidal Instruments"


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a source: `rows` holds the cells of a table, one-cell rows for everything else."""

    kind: Literal["heading", "paragraph", "bullets", "numbers", "table", "page", "hidden"]
    rows: tuple[tuple[str, ...], ...] = ()
    level: int = 0

    @property
    def text(self) -> str:
        return self.rows[0][0]

    @property
    def items(self) -> list[str]:
        return [row[0] for row in self.rows]


def parse_blocks(source: str) -> Iterator[Block]:
    """Read the Markdown subset that the sources use: headings, paragraphs, two kinds of list, tables, two comments."""
    for chunk in re.split(r"\n\s*\n", source.strip()):
        lines = [line.strip() for line in chunk.splitlines()]
        first = lines[0]
        if first == "<!-- page -->":
            yield Block("page")
        elif hidden := re.fullmatch(r"<!-- hidden: (.*) -->", " ".join(lines)):
            yield Block("hidden", ((hidden[1],),))
        elif heading := re.fullmatch(r"(#+) (.*)", first):
            yield Block("heading", ((heading[2],),), len(heading[1]))
        elif first.startswith("- "):
            yield Block("bullets", tuple((line.removeprefix("- "),) for line in lines))
        elif re.match(r"\d+\. ", first):
            yield Block("numbers", tuple((re.sub(r"^\d+\. ", "", line),) for line in lines))
        elif first.startswith("|"):
            rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
            yield Block("table", tuple(row for row in rows if not re.fullmatch(r"-+", row[0])))
        else:
            yield Block("paragraph", ((" ".join(lines),),))


def title_of(source: str) -> str:
    return next(parse_blocks(source)).text


def make_docx(source: str) -> bytes:
    document = Document()
    _describe(document.core_properties, source)
    for block in parse_blocks(source):
        match block.kind:
            case "heading":
                document.add_heading(block.text, level=block.level - 1)
            case "paragraph":
                document.add_paragraph(block.text)
            case "hidden":
                document.add_paragraph().add_run(block.text).font.hidden = True
            case "bullets" | "numbers":
                style = {"bullets": "List Bullet", "numbers": "List Number"}[block.kind]
                for item in block.items:
                    document.add_paragraph(item, style=style)
            case "table":
                table = document.add_table(rows=0, cols=len(block.rows[0]), style="Table Grid")
                for row in block.rows:
                    for cell, text in zip(table.add_row().cells, row, strict=True):
                        cell.text = text
    return _saved(document.save)


def _describe(properties: Any, source: str) -> None:
    properties.title, properties.author = title_of(source), AUTHOR
    properties.created = properties.modified = MADE_AT


def make_pptx(source: str) -> bytes:
    deck = Presentation()
    _describe(deck.core_properties, source)
    slide: Any = None
    for block in parse_blocks(source):
        if block.kind == "heading":
            slide = deck.slides.add_slide(deck.slide_layouts[1])
            slide.shapes.title.text = block.text
        elif block.kind == "table":
            _add_slide_table(slide, block)
        else:
            body = slide.placeholders[1].text_frame
            for item in block.items:
                line = body.add_paragraph() if body.text else body.paragraphs[0]
                line.text = item
    return _saved(deck.save)


def _add_slide_table(slide: Any, block: Block) -> None:
    height = Cm(len(block.rows))
    table = slide.shapes.add_table(len(block.rows), len(block.rows[0]), Cm(1.5), Cm(11), Cm(22), height).table
    for y, row in enumerate(block.rows):
        for x, text in enumerate(row):
            table.cell(y, x).text = text


def make_xlsx(source: str) -> bytes:
    """One sheet per heading; a line of text above a table is a cell of its own; plain numbers become numbers."""
    book = Workbook()
    del book[book.active.title]
    book.properties.creator, book.properties.created = AUTHOR, MADE_AT.replace(tzinfo=None)
    sheet: Any = None
    for block in parse_blocks(source):
        if block.kind == "heading":
            sheet = book.create_sheet(block.text)
        else:
            for row in block.rows:
                sheet.append([float(cell) if re.fullmatch(r"-?\d+\.\d+", cell) else _whole(cell) for cell in row])
    return _saved(book.save)


def _whole(cell: str) -> int | str:
    return int(cell) if re.fullmatch(r"-?(0|[1-9]\d*)", cell) else cell


def make_pdf(source: str) -> bytes:
    title = title_of(source)
    buffer = io.BytesIO()

    def draw_footer(canvas: Any, template: Any) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(2.2 * cm, 1.2 * cm, f"{AUTHOR} · {title}")
        canvas.drawRightString(A4[0] - 2.2 * cm, 1.2 * cm, f"Page {template.page}")

    # No compression: two builds of zlib may pack the same text differently.
    template = BaseDocTemplate(buffer, pagesize=A4, title=title, author=AUTHOR, invariant=1, pageCompression=0)
    frame = Frame(template.leftMargin, template.bottomMargin, template.width, template.height)
    template.addPageTemplates(PageTemplate(frames=[frame], onPageEnd=draw_footer))
    template.build([piece for block in parse_blocks(source) for piece in _pdf_pieces(block)])
    return buffer.getvalue()


def _pdf_pieces(block: Block) -> list[Any]:
    styles = getSampleStyleSheet()
    body = styles["BodyText"]
    match block.kind:
        case "page":
            return [PageBreak()]
        case "heading":
            return [Paragraph(block.text, styles["Title" if block.level == 1 else f"Heading{block.level}"])]
        case "bullets" | "numbers":
            kind = "bullet" if block.kind == "bullets" else "1"
            return [ListFlowable([Paragraph(item, body) for item in block.items], bulletType=kind), Spacer(1, 6)]
        case "table":
            rows = [[Paragraph(cell, body) for cell in row] for row in block.rows]
            return [Table(rows, style=[("GRID", (0, 0), (-1, -1), 0.5, colors.grey)], repeatRows=1), Spacer(1, 8)]
        case _:
            return [Paragraph(block.text, body)]


def make_odt(source: str) -> bytes:
    document = OpenDocumentText()
    document.meta.addElement(dc.Title(text=title_of(source)))
    document.meta.addElement(dc.Creator(text=AUTHOR))
    document.meta.addElement(meta.CreationDate(text=f"{MADE_AT:%Y-%m-%dT%H:%M:%S}"))
    for block in parse_blocks(source):
        if block.kind == "heading":
            document.text.addElement(H(outlinelevel=block.level, text=block.text))
        elif block.kind == "table":
            table = OdfTable(name="Table")
            table.addElement(TableColumn(numbercolumnsrepeated=len(block.rows[0])))
            for row in block.rows:
                line = TableRow()
                for text in row:
                    cell = TableCell(valuetype="string")
                    cell.addElement(P(text=text))
                    line.addElement(cell)
                table.addElement(line)
            document.text.addElement(table)
        elif block.kind in {"bullets", "numbers"}:
            bullets = List()
            for text in block.items:
                item = ListItem()
                item.addElement(P(text=text))
                bullets.addElement(item)
            document.text.addElement(bullets)
        else:
            document.text.addElement(P(text=block.text))
    return _saved(document.write)


def make_rtf(source: str) -> bytes:
    lines = [
        r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss Helvetica;}}",
        rf"{{\info{{\title {_rtf_text(title_of(source))}}}}}\f0\fs22",
    ]
    for block in parse_blocks(source):
        match block.kind:
            case "heading":
                lines.append(rf"{{\pard\sb240\b\fs{36 - 4 * block.level} {_rtf_text(block.text)}\par}}")
            case "bullets" | "numbers":
                lines += [rf"{{\pard\fi-300\li600 \bullet  {_rtf_text(item)}\par}}" for item in block.items]
            case "table":
                for row in block.rows:
                    edges = "".join(rf"\cellx{3200 * (column + 1)}" for column in range(len(row)))
                    cells = "".join(rf"\pard\intbl {_rtf_text(cell)}\cell" for cell in row)
                    lines.append(rf"\trowd{edges}{cells}\row")
                lines.append(r"\pard")
            case _:
                lines.append(rf"{{\pard\sa120 {_rtf_text(block.text)}\par}}")
    return ("\n".join([*lines, "}"]) + "\n").encode("ascii")


def _rtf_text(text: str) -> str:
    escaped = re.sub(r"([\\{}])", r"\\\1", text)
    return "".join(char if char.isascii() else rf"\u{ord(char)}?" for char in escaped)


def make_eml(source: str) -> bytes:
    """Headers, an empty line, the body; an `Attachment:` line names a file beside the source."""
    head, _, body = source.partition("\n\n")
    fields = [line.split(": ", 1) for line in head.splitlines()]
    message = EmailMessage(policy=SMTP)
    for name, value in fields:
        if name != "Attachment":
            message[name] = value
    message.set_content(body, cte="quoted-printable")
    for path in (SOURCES / value for name, value in fields if name == "Attachment"):
        message.add_attachment(path.read_text("utf-8"), subtype=path.suffix[1:], filename=path.name)
        message.set_boundary("=_norvik-part-boundary")
    return message.as_bytes()


def make_text(source: str) -> bytes:
    """First line `encoding: NAME`; `mojibake` is UTF-8 that somebody read as cp1252 and saved again."""
    first, _, text = source.partition("\n")
    encoding = first.removeprefix("encoding: ")
    if encoding == "mojibake":
        return text.encode("utf-8").decode("cp1252").encode("utf-8")
    return text.replace("\n", "\r\n").encode(encoding)


def make_marked_text(source: str) -> bytes:
    """Undo the readable escapes for characters that no editor shows: `{zwsp}` and `{nbsp}`."""
    return source.replace("{zwsp}", "\u200b").replace("{nbsp}", "\u00a0").encode("utf-8")


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    """The archive that `save` writes, with one fixed time stamp on every member and in its properties."""
    raw = io.BytesIO()
    save(raw)
    fixed = io.BytesIO()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(fixed, "w") as target:
        for name in source.namelist():
            info = zipfile.ZipInfo(name, date_time=MADE_AT.timetuple()[:6])
            # OpenDocument wants its media type readable without unpacking.
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            target.writestr(info, _dated(source.read(name)) if name == "docProps/core.xml" else source.read(name))
    return fixed.getvalue()


def _dated(core_properties: bytes) -> bytes:
    stamp = f"{MADE_AT:%Y-%m-%dT%H:%M:%SZ}".encode()
    return re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, core_properties)


MAKERS: dict[str, Callable[[str], bytes]] = {
    ".docx": make_docx,
    ".pptx": make_pptx,
    ".xlsx": make_xlsx,
    ".pdf": make_pdf,
    ".odt": make_odt,
    ".rtf": make_rtf,
    ".eml": make_eml,
    ".txt": make_text,
    ".md": make_marked_text,
}


def make_corpus(out: Path) -> int:
    """Write every document that has a source into `out`; the number of documents written."""
    sources = sorted(SOURCES.rglob("*.*.md"))
    for source in sources:
        target = out / source.relative_to(SOURCES).with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(MAKERS[target.suffix](source.read_text("utf-8")))
    return len(sources)


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the demo corpus's binary and specially encoded files.")
    parser.add_argument("--out", type=Path, default=CORPUS, help="folder to write into (default: the corpus itself)")
    out = parser.parse_args().out
    print(f"{make_corpus(out)} documents written to {out}")  # noqa: T201 - the one line a script says


if __name__ == "__main__":
    main()
