"""Word, OpenDocument and EPUB files: what they show, in order and in its place."""

import io
import zipfile

import pptx
import pytest

from answerable_knowledge.parsing import parse
from tests.support import office_files
from tests.support.hostile_files import word_file

W = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'


def word_texts(body: str, **more: bytes) -> list[str]:
    return [block.text for block in parse(word_file(body, more=more), filename="w.docx").blocks]


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"


def test_hyphens_tabs_and_breaks_of_word_stay_between_words():
    words = "<w:t>day</w:t><w:noBreakHyphen/><w:t>to</w:t><w:tab/><w:t>day</w:t><w:br/><w:t>next</w:t>"
    assert word_texts(f"<w:p><w:r>{words}</w:r></w:p>") == ["day-to day\nnext"]


@pytest.mark.parametrize("value", ["", "w:val='1'"])
def test_hidden_text_of_word_is_left_out_and_noted(value):
    secret, words = run("secret", f"<w:vanish {value}/>"), run("words", "<w:vanish w:val='0'/>")
    body = f"<w:p>{run('Shown ')}{secret}{words}</w:p>"
    document = parse(word_file(body), filename="w.docx")
    assert (document.text, document.notes) == ("Shown words", ("hidden_text_left_out",))


def test_of_tracked_changes_the_new_text_is_read():
    body = f"<w:p>{run('25')}<w:del><w:r><w:delText>25</w:delText></w:r></w:del><w:ins>{run('27')}</w:ins></w:p>"
    assert word_texts(body.replace(run("25"), "")) == ["27"]


def test_formulas_keep_their_structure_on_one_line():
    formula = (
        f"<m:oMath {W}><m:f><m:num><m:r><m:t>5</m:t></m:r></m:num><m:den><m:r><m:t>8</m:t></m:r></m:den></m:f>"
        "<m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>-2</m:t></m:r></m:sup></m:sSup></m:oMath>"
    )
    assert word_texts(f"<w:p>{run('A is ')}{formula}{run('.')}</w:p>") == ["A is 5/8x^(-2)."]


def test_text_boxes_are_read_once():
    box = "<w:txbxContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent>"
    drawn = f"<mc:Choice Requires='wps'>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
    names = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    body = f"<w:p>{run('Before')}<w:r><mc:AlternateContent {names}>{drawn}</mc:AlternateContent></w:r></w:p>"
    assert word_texts(body) == ["Before", "boxed"]


def test_a_merged_cell_of_word_is_in_each_row():
    def row(*cells: str) -> str:
        return "<w:tr>" + "".join(f"<w:tc>{cell}</w:tc>" for cell in cells) + "</w:tr>"

    def cell(text: str, merge: str = "") -> str:
        return f"<w:tcPr>{merge}</w:tcPr><w:p>{run(text)}</w:p>"

    start, on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    table = row(cell("Team"), cell("Year")) + row(cell("IT", start), cell("2025")) + row(cell("", on), cell("2026"))
    assert word_texts(f"<w:tbl>{table}</w:tbl>") == ["Team; Year", "Team: IT; Year: 2025", "Team: IT; Year: 2026"]


def test_rows_of_an_open_spreadsheet_carry_their_header_and_hidden_sheets_are_left_out():
    rows = [["Team", "Amount"], ["Sales", "100"]]
    data = office_files.open_sheets({"Budget": rows, "Secret": [["salary", "1"]]}, hidden=["Secret"])
    document = parse(data, filename="b.ods")
    assert [(str(block.locator), block.text) for block in document.blocks] == [
        ("sheet Budget, row 1", "Team; Amount"),
        ("sheet Budget, row 2", "Team: Sales; Amount: 100"),
    ]
    assert document.notes == ("hidden_sheets_left_out",)
    assert document.verbatim == "Budget\n\nTeam | Amount\n\nSales | 100"


def test_slides_of_an_open_presentation_are_numbered():
    document = parse(office_files.open_slides([["Plans", "Grow"], ["Thanks"]]), filename="s.odp")
    assert [(str(block.locator), block.text, block.heading) for block in document.blocks] == [
        ("slide 1", "Plans", "Plans"),
        ("slide 1", "Grow", "Plans"),
        ("slide 2", "Thanks", "Thanks"),
    ]


def test_a_book_tells_its_author_and_its_chapters_in_order():
    data = office_files.book(["<h1>One</h1><p>First words.</p>", "<p>Second words.</p>"], "The Book", "Ann Example")
    document = parse(data, filename="b.epub")
    assert document.title == "The Book"
    assert [(str(block.locator), block.text) for block in document.blocks] == [
        ("section about the book", "Title: The Book\nAuthors: Ann Example"),
        ("chapter 1, section 1, One", "One"),
        ("chapter 1, section 1, One", "First words."),
        ("chapter 2, section 1", "Second words."),
    ]


def test_a_file_is_what_it_contains_whatever_it_is_called():
    data = office_files.word([("Leave", ["25 days."])])
    for name in ("letter.txt", "letter", "letter.odt"):
        assert parse(data, filename=name).media_type.endswith("wordprocessingml.document")
    assert zipfile.is_zipfile(io.BytesIO(data))


def presentation():
    show = pptx.Presentation()
    first = show.slides.add_slide(show.slide_layouts[1])
    first.shapes.title.text = "Rooms"
    table = first.shapes.add_table(2, 2, 0, 0, 100, 100).table
    for row, cells in enumerate([["City", "Rooms"], ["Oslo", "12"]]):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    first.notes_slide.notes_text_frame.text = "Say hello."
    hidden = show.slides.add_slide(show.slide_layouts[1])
    hidden.shapes.title.text = "Secret"
    hidden._element.set("show", "0")
    show.slides.add_slide(show.slide_layouts[1]).shapes.title.text = "Thanks"
    buffer = io.BytesIO()
    show.save(buffer)
    return buffer.getvalue()


def test_slides_have_rows_with_their_header_and_what_is_said_and_hidden_ones_are_left_out():
    document = parse(presentation(), filename="s.pptx")
    assert [(str(block.locator), block.heading, block.text) for block in document.blocks] == [
        ("slide 1", "Rooms", "Rooms"),
        ("slide 1", "Rooms", "City; Rooms"),
        ("slide 1", "Rooms", "City: Oslo; Rooms: 12"),
        ("slide 1", "Rooms", "Say hello."),
        ("slide 3", "Thanks", "Thanks"),
    ]
    assert document.notes == ("hidden_slides_left_out",)
