"""Small real files of office formats, made by the libraries that write them."""

import io
import zipfile
from collections.abc import Sequence
from email.message import EmailMessage

import docx
import openpyxl
import pptx
from odf.draw import Frame, Page, TextBox
from odf.opendocument import OpenDocument, OpenDocumentPresentation, OpenDocumentSpreadsheet, OpenDocumentText
from odf.style import MasterPage, PageLayout, Style, TableProperties
from odf.table import Table, TableCell, TableRow
from odf.text import H, P
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas


def pdf(pages: Sequence[str], *, title: str | None = None, password: str | None = None) -> bytes:
    """A PDF with one string drawn on each page."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, encrypt=StandardEncryption(password) if password else None)
    if title:
        canvas.setTitle(title)
    for text in pages:
        if text:
            canvas.drawString(72, 720, text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def word(sections: Sequence[tuple[str, Sequence[str]]], table: Sequence[Sequence[str]] = (), title: str = "") -> bytes:
    """A Word file: headings with paragraphs, then a table."""
    document = docx.Document()
    document.core_properties.title = title
    for heading, paragraphs in sections:
        document.add_heading(heading, 1)
        for paragraph in paragraphs:
            document.add_paragraph(paragraph)
    if table:
        grid = document.add_table(len(table), len(table[0]))
        for row, cells in enumerate(table):
            for column, text in enumerate(cells):
                grid.cell(row, column).text = text
    return _saved(document)


def slides(contents: Sequence[tuple[str, str]]) -> bytes:
    """A presentation: title and body of each slide."""
    presentation = pptx.Presentation()
    for title, body in contents:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
    return _saved(presentation)


def workbook(cells: dict[str, dict[str, object]], hidden: Sequence[str] = ()) -> bytes:
    """A workbook: by sheet, cells by address."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, values in cells.items():
        sheet = book.create_sheet(name)
        for address, value in values.items():
            sheet[address] = value
        if name in hidden:
            sheet.sheet_state = "hidden"
    return _saved(book)


def open_text(heading: str, paragraph: str) -> bytes:
    """An ODT file with one heading and one paragraph."""
    document = OpenDocumentText()
    document.text.addElement(H(outlinelevel=1, text=heading))
    document.text.addElement(P(text=paragraph))
    return _written(document)


def mail(subject: str, body: str, attachments: Sequence[tuple[str, str, bytes]] = ()) -> bytes:
    """A mail; attachments are (file name, media type, content)."""
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "Ann Example <ann@example.org>", "bob@example.org"
    message["Date"] = "Tue, 24 Nov 2026 10:00:00 +0000"
    message.set_content(body)
    for name, media_type, content in attachments:
        kind, _, subtype = media_type.partition("/")
        message.add_attachment(content, maintype=kind, subtype=subtype, filename=name)
    return message.as_bytes()


def encrypted_office() -> bytes:
    """What an encrypted Word or Excel file looks like from outside: an OLE container with an EncryptedPackage."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(488)


def archive(members: dict[str, bytes]) -> bytes:
    """A zip file, compressed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return buffer.getvalue()


def _saved(document: object) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)  # type: ignore[attr-defined]
    return buffer.getvalue()


def open_sheets(sheets: dict[str, list[list[str]]], hidden: Sequence[str] = ()) -> bytes:
    """An ODS file: rows of texts by sheet."""
    document = OpenDocumentSpreadsheet()
    hiding = Style(name="hiding", family="table")
    hiding.addElement(TableProperties(display="false"))
    document.automaticstyles.addElement(hiding)
    for name, rows in sheets.items():
        table = Table(name=name, **({"stylename": hiding} if name in hidden else {}))
        for cells in rows:
            row = TableRow()
            for text in cells:
                cell = TableCell(valuetype="string")
                cell.addElement(P(text=text))
                row.addElement(cell)
            table.addElement(row)
        document.spreadsheet.addElement(table)
    return _written(document)


def open_slides(texts: Sequence[Sequence[str]]) -> bytes:
    """An ODP file: the texts of the boxes on each slide."""
    document = OpenDocumentPresentation()
    layout = PageLayout(name="layout")
    master = MasterPage(name="master", pagelayoutname=layout)
    document.automaticstyles.addElement(layout)
    document.masterstyles.addElement(master)
    for boxes in texts:
        page = Page(masterpagename=master)
        for text in boxes:
            frame, box = Frame(width="5cm", height="1cm"), TextBox()
            box.addElement(P(text=text))
            frame.addElement(box)
            page.addElement(frame)
        document.presentation.addElement(page)
    return _written(document)


def book(chapters: Sequence[str], title: str, author: str) -> bytes:
    """An EPUB file: bodies of its chapters as HTML."""
    items = "".join(f'<item id="c{n}" href="text/c%20{n}.xhtml"/>' for n in range(len(chapters)))
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    about = f"<dc:title>{title}</dc:title><dc:creator>{author}</dc:creator><dc:language>en</dc:language>"
    opf = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<metadata>{about}</metadata><manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    )
    pages = {f"OEBPS/text/c {n}.xhtml": f"<html><body>{body}</body></html>" for n, body in enumerate(chapters)}
    entries = {"mimetype": "application/epub+zip", "META-INF/container.xml": container, "OEBPS/book.opf": opf, **pages}
    return archive({name: text.encode() for name, text in entries.items()})


def _written(document: OpenDocument) -> bytes:
    buffer = io.BytesIO()
    document.write(buffer)
    return buffer.getvalue()
