import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_models.segmentation import LONGEST_LIST_CHARS, segment, split_sentences


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


def found(text: str) -> list[tuple[str, str]]:
    return [(candidate.kind, candidate.text) for candidate in segment(text, 0)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two.", ["One.", "Two."]),
        ("Really? Yes! Good.", ["Really?", "Yes!", "Good."]),
        ("Dr. Smith met Mr. Jones.", ["Dr. Smith met Mr. Jones."]),
        ("Use tools, e.g. Excel. Then stop.", ["Use tools, e.g. Excel.", "Then stop."]),
        ("It costs 3.50 EUR. Pay now.", ["It costs 3.50 EUR.", "Pay now."]),
        ("J. R. Tolkien wrote it. He did.", ["J. R. Tolkien wrote it.", "He did."]),
        ("The U.S. Army came. It left.", ["The U.S. Army came.", "It left."]),
        ('He said "Go." Then he left.', ['He said "Go."', "Then he left."]),
        ("Known since 1990.[3] Later changed.", ["Known since 1990.[3]", "Later changed."]),
        ("no capital. here it goes on", ["no capital. here it goes on"]),
        ("Due on 31 Mar. 2026. Late is late.", ["Due on 31 Mar. 2026.", "Late is late."]),
        ("", []),
        ("  \n ", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text, expected):
    assert sentences(text) == expected


def test_a_heading_and_the_short_value_below_it_are_said_together():
    assert ("entry", "Annual leave\n25 days") in found("Annual leave\n25 days\n")
    assert ("entry", "## Notice period\n\nThree months.") in found("## Notice period\n\nThree months.\n")


def test_a_label_is_used_up_by_its_value():
    text = "# Leave\n\nAnnual leave\n25 days\n\nEmployees may carry over days into the year that follows.\n"
    entry, prose = segment(text, 0)
    assert (entry.kind, entry.context) == ("entry", "Leave")
    assert (prose.kind, prose.context) == ("sentence", "Leave")


def test_prose_below_a_heading_stands_alone_and_remembers_the_heading():
    text = "# Travel\n\nEmployees book their own journeys through the portal and keep all receipts for ten years.\n"
    (only,) = segment(text, 0)
    assert (only.kind, only.context) == ("sentence", "Travel")
    assert only.text.startswith("Employees book")


def test_a_sentence_may_run_over_wrapped_lines():
    text = "Requests go to\nyour manager by e-mail. They are\nanswered in two days."
    assert [t for _, t in found(text)] == [
        "Requests go to\nyour manager by e-mail.",
        "They are\nanswered in two days.",
    ]


def test_a_line_that_ends_early_is_not_the_beginning_of_the_next_sentence():
    page = (
        "Quarterly report, second quarter of 2024\n"
        "Finance department, prepared by the controller\n"
        "Summary 1\n"
        "Revenue in the second quarter was higher than before, thanks to one order of\n"
        "Ostermark, and costs fell.\n"
        "Outlook 2\n"
    )
    assert [text for _, text in found(page)] == [
        "Quarterly report, second quarter of 2024",
        "Finance department, prepared by the controller",
        "Summary 1",
        "Revenue in the second quarter was higher than before, thanks to one order of\nOstermark, and costs fell.",
        "Outlook 2",
    ]


def test_short_lines_of_a_narrow_column_are_not_taken_apart():
    assert [text for _, text in found("It is run by\nAnna Berg and by\nher brother.")] == [
        "It is run by\nAnna Berg and by\nher brother."
    ]


def test_a_list_is_offered_as_a_whole_with_its_introduction_and_item_by_item():
    text = "To claim expenses you need:\n- a receipt\n- the form EX-2\n  signed by hand\n\nThat is all there is to it."
    assert found(text) == [
        ("sentence", "To claim expenses you need:"),
        ("item", "- a receipt"),
        ("item", "- the form EX-2\n  signed by hand"),
        ("list", "To claim expenses you need:\n- a receipt\n- the form EX-2\n  signed by hand"),
        ("sentence", "That is all there is to it."),
    ]
    assert segment(text, 0)[1].context == "To claim expenses you need:"


def test_a_very_long_list_is_offered_only_by_item():
    text = "You need:\n" + "\n".join(f"- thing number {n} of a long list of things" for n in range(40))
    assert len(text) > LONGEST_LIST_CHARS
    assert "list" not in {kind for kind, _ in found(text)}


def test_every_table_row_is_one_candidate():
    text = "Name: Alice; Role: CFO; Office: Bern\nName: Bob; Role: CTO; Office: Basel\n"
    assert found(text) == [("row", line) for line in text.splitlines()]


def test_markdown_rows_carry_their_header_as_context_and_rulers_are_left_out():
    text = "| Item | Price |\n|---|---|\n| Pen | 2 EUR |\n"
    header, pen = segment(text, 0)
    assert (header.text, pen.text) == ("| Item | Price |", "| Pen | 2 EUR |")
    assert pen.context == "| Item | Price |"


def test_rows_of_figures_from_a_printed_page_are_rows():
    text = "Net sales\nProducts $ 63,355 $ 63,948\nServices 19,604 17,486\n"
    assert [kind for kind, _ in found(text)] == ["row", "row"]
    assert segment(text, 0)[0].context == "Net sales"


def test_mail_headers_are_one_candidate_each():
    text = "From: alice@example.org\nSubject: Budget 2026\n\nThe budget is approved. Spend wisely."
    assert found(text) == [
        ("field", "From: alice@example.org"),
        ("field", "Subject: Budget 2026"),
        ("sentence", "The budget is approved."),
        ("sentence", "Spend wisely."),
    ]


def test_a_labelled_line_of_prose_is_still_split_into_sentences():
    assert found("Note: offices close at six. Lights go out.") == [
        ("sentence", "Note: offices close at six."),
        ("sentence", "Lights go out."),
    ]


PROSE = ["Annual leave", "25 days", "## H", "Key: value", "One. Two", "x:", "é\u2028ü", "", " ", "\t"]
TEXTS = st.lists(st.sampled_from([*PROSE, "- item", "  more", "a | b | c", "1 2 3"]), max_size=12)


@given(TEXTS, st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_every_candidate_is_verbatim_trimmed_and_in_order(lines, newline):
    text = newline.join(lines)
    candidates = segment(text, 3)
    for candidate in candidates:
        assert candidate.text == text[candidate.start : candidate.end] == candidate.text.strip()
        assert candidate.text
        assert candidate.source == 3
    assert [candidate.position for candidate in candidates] == list(range(len(candidates)))


@given(st.text(max_size=300))
def test_no_text_is_too_odd_to_be_segmented(text):
    assert all(text[c.start : c.end] == c.text for c in segment(text, 0))


def test_a_sentence_under_a_heading_stands_without_it_and_a_bare_value_does_not() -> None:
    whole = segment("# Canteen\n\nThe canteen opens at 11:30 and closes at 14:00.", 0)
    assert [candidate.text for candidate in whole] == ["The canteen opens at 11:30 and closes at 14:00."]
    bare = segment("# Annual leave\n\n27 days per year.", 0)
    assert [candidate.text for candidate in bare] == ["# Annual leave\n\n27 days per year."]
