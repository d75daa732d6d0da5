"""Ids of new requests."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

from hypothesis import given
from hypothesis import strategies as st

from answerable_gateway.request_ids import time_ordered_id

NOW = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)


def test_the_example_of_rfc_9562_comes_out():
    random = bytes.fromhex("0cc3" + "18c4dc0c0c07398f")
    assert str(time_ordered_id(NOW, random)) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_later_ids_sort_later(one, other):
    before, after = time_ordered_id(NOW, one), time_ordered_id(NOW + timedelta(milliseconds=1), other)
    assert before < after
    assert (before.version, before.variant) == (7, RFC_4122)
