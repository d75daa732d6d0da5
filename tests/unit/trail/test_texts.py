"""Which texts a record has, and how bytes may hold them."""

import json
import random
from base64 import b64encode

import pytest

from answerable_trail.texts import as_shown, own_texts, quoted_texts, spellings, subject_texts

QUESTION = {"text": "What is owed?", "asker": {"subject": "ada"}}
DRAFT = {
    "question": QUESTION,
    "sentences": [{"text": "Nothing is owed."}, {"text": "Not a cent."}],
    "passages": [{"text": "Nobody owes anything.", "title": "Debts"}],
}


def encoded(event: object) -> bytes:
    return json.dumps(event).encode()


def test_questions_drafts_and_answers_are_own_texts() -> None:
    assert own_texts(encoded(DRAFT)) == {"What is owed?", "Nothing is owed.", "Not a cent."}
    assert own_texts(encoded(QUESTION)) == {"What is owed?"}


def test_passages_are_texts_of_documents() -> None:
    assert quoted_texts(encoded(DRAFT)) == {"Nobody owes anything."}


def test_a_dead_letter_has_the_texts_of_the_message_in_it() -> None:
    letter = {"value": b64encode(encoded(DRAFT)).decode(), "dead_at": "2026-11-24T12:00:00Z"}
    assert own_texts(encoded(letter)) == own_texts(encoded(DRAFT))


@pytest.mark.parametrize("body", [b"", b"\xff", b"[1]", b'"text"', b'{"value": "?", "dead_at": ""}', b'{"text": 1}'])
def test_what_is_no_event_has_no_texts(body: bytes) -> None:
    assert own_texts(body) == quoted_texts(body) == frozenset()


def test_a_text_is_found_in_json_and_in_base64_wherever_it_begins_and_ends() -> None:
    draw = random.Random(7)
    for _ in range(200):
        text = "".join(draw.choice('abc é"\\\n\t😀') for _ in range(draw.randint(12, 30)))
        held = [json.dumps({"t": text}, ensure_ascii=ascii_only).encode() for ascii_only in (True, False)]
        held += [text.encode()]
        for raw in held:
            for before in range(3):
                wrapped = b64encode(b"x" * before + raw + b"y" * draw.randint(0, 3))
                assert any(each in wrapped for each in spellings(text))
            assert any(each in raw for each in spellings(text))


def test_another_text_has_other_spellings() -> None:
    assert not spellings("a text that is here") & spellings("a text that is there")
    assert all(len(each) > 12 for each in spellings("a text that is here"))


def test_a_person_is_found_as_asker_and_not_in_every_word() -> None:
    assert '"subject":"ada"' in subject_texts("ada")
    assert not any(name in '{"text":"Canada and ada"}' for name in subject_texts("ada"))
    assert '"asker":"a\\"b"' in subject_texts('a"b')


def test_inside_arrays_quotes_are_shown_with_a_backslash() -> None:
    assert as_shown(b"it's a \\ b\n") == b"it\\'s a \\\\ b\\n"
