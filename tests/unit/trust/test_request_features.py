"""How a passage is cut, and what its pieces look like in numbers."""

from answerable_trust.request_features import FEATURES, describe, pieces


def features_of(text: str, piece: str) -> dict[str, float]:
    return next(dict(one.features) for one in describe(text) if one.piece.text == piece)


def test_a_passage_is_cut_into_cells_lines_and_sentences():
    text = "| Team | Points |\nThe first. The second?\n- A line of its own"
    found = pieces(text)
    assert [(one.text, one.is_cell, one.is_line) for one in found] == [
        ("Team", True, False),
        ("Points", True, False),
        ("The first.", False, False),
        ("The second?", False, False),
        ("- A line of its own", False, True),
    ]
    assert all(text[one.start : one.end] == one.text for one in found)


def test_the_first_verb_counts_after_openers_and_after_a_clause_that_leads_in():
    assert features_of("Please explain the rule.", "Please explain the rule.")["task"] == 1.0
    late = features_of("In every case, explain the rule.", "In every case, explain the rule.")
    assert (late["task"], late["late"]) == (1.0, 1.0)
    assert features_of("The guide will explain it.", "The guide will explain it.")["task"] == 0.0


def test_words_that_stand_nowhere_else_in_the_passage_are_new():
    text = "Solar panels feed the battery.\nSolar batteries feed panels.\nGrandmother knitted yellow socks."
    assert features_of(text, "Solar batteries feed panels.")["novelty"] == 0.0
    assert features_of(text, "Grandmother knitted yellow socks.")["novelty"] == 1.0


def test_an_order_among_orders_has_company():
    orders = "Open the lid.\nClean the lid.\nClose the lid."
    assert features_of(orders, "Clean the lid.")["others_ask"] == 1.0
    assert features_of("A long lid.\nClean the lid.\nThe other lid.", "Clean the lid.")["others_ask"] == 0.0


def test_a_question_to_nobody_differs_from_one_to_the_reader():
    assert features_of("Why is the sky blue?", "Why is the sky blue?")["impersonal_question"] == 1.0
    assert features_of("When can you send it?", "When can you send it?")["impersonal_question"] == 0.0


def test_every_feature_lies_between_nothing_and_one():
    for one in describe("| a b | c d |\nWrite 'it' to a@b.com, www.x.org! " * 30):
        assert tuple(one.features) == FEATURES
        assert all(0.0 <= value <= 1.0 for value in one.features.values())
