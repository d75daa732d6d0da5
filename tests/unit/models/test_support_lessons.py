"""What the support scorer is trained on: changed sentences, tables written out, which passages belong together."""

import sys
from pathlib import Path
from random import Random

import pytest

ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared" / "data"
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

from libs.models.training.support_edits import EDITS, foreign_name, names_in, statement  # noqa: E402
from libs.models.training.support_lessons import _articles, _xquad, rows, shortened  # noqa: E402
from libs.models.training.support_tables import parse, written  # noqa: E402

SOURCE = "In 1999 Anna Keller was the mayor of Halvar. Berta Vogel of Norvik wrote 12 new books."


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("number", "It had 12 rooms."),
        ("number", "It opened in 1999."),
        ("number_inside", "It opened in 1999."),
        ("entity", "The mayor was Anna Keller."),
        ("roles", "The mayor Anna Keller thanked Berta Vogel."),
        ("negation", "The plan was old."),
        ("negation", "The plan was not bad."),
        ("opposite", "The plan was old."),
    ],
)
def test_an_edit_changes_one_thing(kind, sentence):
    changed = EDITS[kind](sentence, SOURCE, Random(1))
    assert changed is not None
    assert changed != sentence
    assert EDITS[kind](sentence, SOURCE, Random(1)) == changed
    assert sum(one != other for one, other in zip(sentence.split(), changed.split(), strict=False)) <= 4


@pytest.mark.parametrize("kind", sorted(EDITS))
def test_a_sentence_without_anything_to_change_stays(kind):
    assert EDITS[kind]("Birds sing.", "Birds sing.", Random(1)) is None


def test_roles_and_entities_are_exchanged_whole():
    swapped = EDITS["roles"]("The mayor Anna Keller thanked Berta Vogel.", SOURCE, Random(1))
    assert swapped == "The mayor Berta Vogel thanked Anna Keller."
    assert EDITS["entity"]("The mayor was Keller.", "Here the mayor was Anna Keller.", Random(1)) is None


def test_names_in_one_list_keep_their_roles():
    assert EDITS["roles"]("It was Anna Keller and Berta Vogel.", SOURCE, Random(1)) is None


def test_a_foreign_name_is_one_that_the_source_lacks():
    changed = foreign_name("The mayor Anna Keller spoke.", ["Anna Keller", "Zeno"], SOURCE, Random(1))
    assert changed == "The mayor Zeno spoke."
    assert names_in("The mayor met Anna Keller of Halvar.") == ["Anna Keller of Halvar"]


def test_a_question_becomes_a_rough_statement():
    assert statement("Who wrote the plan?", "Anna") == "Anna wrote the plan."
    assert statement("When did it open?", "1999") == "it open 1999."


def test_a_table_is_written_row_by_row():
    text = "Table: x\nColumns: team | points | rank\nRow 1: a | 3 | 1\nRow 2: b | 2 | 2\nRow 3: c | 1 | 3"
    table = parse(text)
    assert table is not None
    assert written(*table).split("\n")[0] == "team: a; points: 3; rank: 1"
    assert parse("Table: x\nColumns: a | b\nRow 1: 1 | 2") is None
    assert parse("Table: x\nColumns: a | b | c\nRow 1: 1 | 2 | 3") is None


def test_windows_that_share_a_long_sentence_or_a_question_are_of_one_article():
    long = "This sentence is so long that no two articles of different authors share it by chance."
    found = _articles(
        [
            {"context": f"{long} One.", "question": "A?"},
            {"context": f"{long} Two.", "question": "B?"},
            {"context": "Three.", "question": "B?"},
            {"context": "Four.", "question": "C?"},
        ]
    )
    assert len({found[f"{long} One."], found[f"{long} Two."], found["Three."]}) == 1
    assert found["Four."] != found["Three."]


def test_a_shortened_sentence_has_only_words_of_its_own():
    sentence = "The old mayor (born 1950) of the town of Halvar, who wrote books, thanked everybody, and left."
    for seed in range(20):
        kept = shortened(sentence, Random(seed)).replace(",", "").rstrip(".").split()
        assert set(kept) <= set(sentence.replace(",", "").rstrip(".").split())


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared evaluation data are absent")
def test_no_paragraph_of_the_evaluation_rows_is_learned():
    judged = {row["context"] for row in rows(DATA / "abstention/squad2.jsonl.gz")}
    learned = {row.context for row in _xquad(DATA)}
    assert learned
    assert not learned & judged
