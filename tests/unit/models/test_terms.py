import pytest

from answerable_models.terms import rarity, stem, tokenise


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("employee", "employees"),
        ("policy", "policies"),
        ("located", "locates"),
        ("running", "run"),
        ("carry", "carries"),
        ("carried", "carry"),
        ("approve", "approved"),
        ("reimburse", "reimbursed"),
        ("payment", "payments"),
        ("1,500", "1500"),
    ],
)
def test_forms_of_one_word_share_a_stem(left, right):
    assert stem(left) == stem(right)


@pytest.mark.parametrize(("left", "right"), [("leave", "live"), ("policy", "police"), ("1.5", "15"), ("2025", "2026")])
def test_different_words_keep_apart(left, right):
    assert stem(left) != stem(right)


def test_tokens_know_their_place_and_how_they_were_written():
    text = "Alice's fee: €1,500.50 (net)"
    tokens = tokenise(text)
    assert [token.word for token in tokens] == ["alice", "fee", "€", "1,500.50", "net"]
    assert all(text.startswith(token.surface, token.start) for token in tokens)
    assert tokens[0].is_name
    assert tokens[3].is_number


def test_common_words_weigh_less_than_rare_ones():
    assert rarity("the") == 0
    assert rarity("the") < rarity("country") < rarity("reimbursement") <= rarity("xylofrobnicator") == 1


def test_numbers_are_as_rare_as_names():
    assert rarity("2025") == 1


def test_nothing_gives_no_tokens():
    assert tokenise(" \n—?! ") == []
