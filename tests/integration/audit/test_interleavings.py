"""Whatever is written, sealed, signed, taken over, cut off, delivered again and erased: the record holds."""

import pytest
from hypothesis import HealthCheck, given, settings

from answerable_cli.servers.process import Server
from tests.proof.interleaving import STORIES, telling
from tests.support.world import Step

pytestmark = pytest.mark.integration

_STORIES_TOLD = 10
"""Half a minute to a minute; `make proof` tells more, and others."""

KNOWN: dict[str, list[Step]] = {
    "a verdict whose leaf died with its writer gets a receipt of the leaf that it has now": [
        ("ask", 0, 0, 7), ("die in insert", 0, 1, 6), ("start", 0, 0, 0), ("catch up", 0, 0, 0), ("catch up", 0, 0, 0),
    ],
    "nothing is decided on a question whose leaf is in no tree yet": [
        ("ask", 5, 7, 4), ("die in insert", 5, 1, 4), ("start", 3, 5, 5), ("settle", 5, 5, 7),
    ],
    "rows without leaves, and leaves without rows, are sealed again": [
        ("ask", 0, 0, 7), ("ask", 1, 1, 7), ("die in insert", 0, 0, 7), ("start", 0, 0, 0), ("die in insert", 0, 1, 5),
        ("start", 0, 0, 0), ("catch up", 0, 0, 0),
    ],
    "what a deposed instance inserts late loses": [
        ("ask", 0, 0, 7), ("ask", 2, 0, 7), ("take", 0, 1, 0), ("fall asleep in insert", 0, 7, 0), ("start", 0, 2, 0),
        ("catch up", 0, 0, 0), ("wake", 0, 0, 0), ("look", 0, 0, 0),
    ],
    "what was erased does not come back with its offsets": [
        ("ask", 0, 0, 7), ("write other", 0, 0, 0), ("catch up", 0, 0, 0), ("erase", 0, 0, 1), ("erase", 2, 0, 1),
        ("deliver again", 0, 7, 1), ("catch up", 0, 0, 0), ("look", 0, 0, 0), ("die", 0, 0, 0), ("start", 0, 0, 0),
    ],
    "an outcome whose confirmation was lost is not published again": [
        ("ask", 0, 0, 7), ("take", 0, 7, 0), ("lose confirmation", 0, 7, 0), ("die before commit", 0, 0, 0),
    ],
}  # fmt: skip
"""Stories that broke something once, or are told too rarely by chance."""


@pytest.mark.parametrize("story", KNOWN.values(), ids=KNOWN)
def test_a_story_ends_with_a_whole_record(clickhouse: Server, story: list[Step]) -> None:
    with telling(clickhouse.url) as tell:
        assert tell(story) == []


@pytest.mark.timeout(600)
def test_every_story_ends_with_a_whole_record(clickhouse: Server) -> None:
    with telling(clickhouse.url) as tell:

        @settings(max_examples=_STORIES_TOLD, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(STORIES)
        def told(steps: list[Step]) -> None:
            assert tell(steps) == []

        told()
