"""Documents to table rows, and names that cannot be forged."""

import re

import numpy as np
import pytest

from answerable_knowledge import rows
from answerable_knowledge.entries import Addition
from tests.support import passages as made

SCHEMA = rows.schema_of(made.DIMENSIONS, None)


@pytest.mark.parametrize("tenant", ["acme", "a/../b", "x" * 10_000, "tenant_", "a'; DROP TABLE b", "\ud800", "🏢"])
def test_a_table_name_is_a_digest_whatever_the_tenant(tenant):
    assert re.fullmatch(r"tenant_[0-9a-f]{64}", rows.table_name(tenant))


def test_different_tenants_have_different_tables():
    assert len({rows.table_name(tenant) for tenant in ("a", "A", "a ", "a/b", "a/../b", "b")}) == 6


def test_quotes_in_a_name_stay_inside_the_literal():
    assert rows.literal("o'brien' OR 1=1 --\\") == "'o''brien'' OR 1=1 --\\'"


@pytest.mark.parametrize("name", ["a\x00b", "\ud800"])
def test_a_name_that_cannot_be_stored_is_refused(name):
    with pytest.raises(ValueError, match="NUL or lone surrogates"):
        rows.literal(name)


def test_passage_ids_are_bounded_and_differ_by_document_version_and_ordinal():
    texts = made.passages("a", "b")
    tables = [
        rows.rows_of(Addition(made.document(name, version=version), texts, made.vectors(texts)), SCHEMA)
        for name in ("x" * 5000, "y")
        for version in (1, 2)
    ]
    ids = [passage_id for table in tables for passage_id in table.column("passage_id").to_pylist()[1:]]
    assert len(set(ids)) == 8
    assert max(len(passage_id) for passage_id in ids) < 64


@pytest.mark.parametrize(
    "vectors", [np.zeros((1, made.DIMENSIONS)), np.zeros((2, 3)), np.full((2, made.DIMENSIONS), np.nan)]
)
def test_vectors_that_do_not_fit_are_refused(vectors):
    with pytest.raises(ValueError, match="vector"):
        rows.rows_of(Addition(made.document(), made.passages("a", "b"), vectors), SCHEMA)


def test_a_naive_time_is_refused():
    naive = made.NOW.replace(tzinfo=None)
    with pytest.raises(ValueError, match="aware"):
        rows.rows_of(Addition(made.document(valid_until=naive), (), np.zeros((0, made.DIMENSIONS))), SCHEMA)
