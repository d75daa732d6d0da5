"""Bundles that were falsified in all the ways that we can think of, many times, at random places."""

import pytest

from tests.support.drafts_of_bundles import Base, kinds
from tests.support.mutations import Judge, mutants
from tests.support.sealed import REQUESTS, several_requests


@pytest.fixture(scope="module")
def base() -> Base:
    return Base(several_requests(), REQUESTS)


def test_every_falsification_is_seen_and_nothing_else(base: Base) -> None:
    judge = Judge(base)
    tried = list(mutants(base, seed=1, count=300))
    assert [mutant.name for mutant in tried if not judge.is_right(mutant)] == []
    assert {mutant.name for mutant in tried} == kinds()


def test_the_same_seed_gives_the_same_mutants(base: Base) -> None:
    first, second = (list(mutants(Base(base.log, REQUESTS), seed=7, count=50)) for _ in range(2))
    assert first == second
