"""Nearly the same text is found, other text is not."""

import random

import pytest

from answerable_knowledge.similarity import ALIKE, keys_of, likeness, sketch_of

WORDS = [f"word{number}" for number in range(4_000)]


def text(length: int, seed: int) -> str:
    chance = random.Random(seed)
    return " ".join(chance.choice(WORDS) for _ in range(length))


def edited(original: str, share: float, seed: int) -> str:
    chance = random.Random(seed)
    return " ".join(chance.choice(WORDS) if chance.random() < share else word for word in original.split())


def sketch(*texts: str) -> bytes:
    made = sketch_of(texts)
    assert made is not None
    return made


def are_found(one: str, other: str) -> bool:
    """Whether both meet by a key and are judged alike, as the index does it."""
    ours, theirs = sketch(one), sketch(other)
    return bool(set(keys_of(ours)) & set(keys_of(theirs))) and likeness(ours, theirs) >= ALIKE


@pytest.mark.parametrize(("length", "at_least"), [(150, 54), (600, 57), (6_000, 60)])
def test_of_documents_with_one_word_in_twenty_edited_nearly_all_are_found(length, at_least):
    pairs = [(text(length, seed), edited(text(length, seed), 0.05, seed + 1_000)) for seed in range(60)]
    assert sum(are_found(one, other) for one, other in pairs) >= at_least


def test_of_documents_with_one_word_in_four_edited_none_is_found():
    pairs = [(text(400, seed), edited(text(400, seed), 0.25, seed + 1_000)) for seed in range(60)]
    assert sum(are_found(one, other) for one, other in pairs) == 0


def test_texts_that_share_a_long_disclaimer_only_are_not_alike():
    disclaimer = text(120, 7)
    pairs = [(f"{text(300, seed)} {disclaimer}", f"{text(300, seed + 500)} {disclaimer}") for seed in range(40)]
    assert sum(are_found(one, other) for one, other in pairs) == 0


def test_case_spacing_and_punctuation_make_no_difference():
    original = text(100, 1)
    assert likeness(sketch(original), sketch(original.upper().replace(" ", ",  "))) == 1.0


def test_a_text_without_spaces_between_its_words_is_compared_by_its_characters():
    original = "従業員は年間二十五日の有給休暇を取得できます。三月末までに取得しない休暇は失効します。"
    assert likeness(sketch(original), sketch(original.replace("五", "七"))) > 0.5
    assert likeness(sketch(original), sketch(original[::-1])) < 0.2


def test_too_little_text_has_no_sketch():
    assert sketch_of([text(17, 1)]) is None
    assert sketch_of([text(18, 1)]) is not None


def test_the_sketch_is_the_same_in_every_release_since_it_is_stored():
    assert sketch("one two three " * 3, text(40, 3))[:12].hex() == "e9e0d403db364d01d8abad02"
    assert keys_of(sketch(text(40, 3)))[:2] == (187669195851563258, 788646460339238540)
