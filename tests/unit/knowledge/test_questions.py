"""Questions as they are searched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answerable_knowledge.questions import searched


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("  How many\tdays\n of leave? ", "How many days of leave?"),
        ("\uff35\uff32\uff2c of the \ufb01le", "URL of the file"),
        ("the \u201cbig\u201d one\u2019s", 'the "big" one\'s'),
        ("2019\u20132021 \u2014 sales", "2019-2021 - sales"),
        ("zero\u200bwidth and soft\u00adhyphen", "zerowidth and softhyphen"),
        ("a\x00b", "a b"),
        ("caf\u0065\u0301", "caf\u00e9"),
        ("half a \ud800 character", "half a ? character"),
        ("IBM and us", "IBM and us"),
        ("", ""),
    ],
)
def test_the_same_question_typed_differently_is_searched_alike(asked, found):
    assert searched(asked) == found


@given(st.text(st.characters(exclude_categories=[]), max_size=300))
def test_what_is_searched_can_be_encoded_is_bounded_and_stays_the_same(text):
    once = searched(text * 30)
    once.encode()
    assert len(once) <= 4_000
    assert searched(once) == once
