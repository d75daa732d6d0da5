"""The trial of who may read what finds nothing, and finds every defect that is planted."""

from dataclasses import replace

import pytest

from tests.access import flowing, searching
from tests.access.findings import Findings
from tests.access.matrix import try_matrix
from tests.access.planted import plant

pytestmark = pytest.mark.integration

SEED = 1
SMALL = searching.Size(organisations=1, indexed=0, documents=8, people=3, groups=4, rounds=2, changes=10, targets=2)
SMALL_SERVICES = flowing.Size(documents=5, people=4, groups=5, rounds=1, changes=8)


def searched(folder, defect: str | None, size: searching.Size = SMALL) -> Findings:
    findings = Findings()
    with plant(defect):
        searching.try_searching(folder, SEED, size, findings)
    return findings


async def flowed(folder, defect: str | None) -> tuple[Findings, flowing.Verdicts]:
    findings = Findings()
    with plant(defect):
        verdicts = await flowing.try_services(folder, SEED, SMALL_SERVICES, findings)
    return findings, verdicts


@pytest.mark.parametrize("indexed", [0, 1])
def test_the_index_gives_everybody_what_they_may_read_and_nothing_else(tmp_path, indexed):
    findings = searched(tmp_path, None, replace(SMALL, indexed=indexed))
    assert findings.triples >= 1_000
    assert (+findings.leaks, +findings.hidden) == ({}, {})


@pytest.mark.parametrize(
    "defect",
    [
        "deny-forgotten",
        "flat-groups",
        "groups-cached",
        "snapshot-cached",
        "one-table",
        "past-open",
        "explained-by-readers",
    ],
)
def test_a_defect_of_the_index_is_found(tmp_path, defect):
    assert searched(tmp_path, defect).leaks.total()


def test_a_filter_after_the_search_is_found_by_what_it_hides(tmp_path):
    assert searched(tmp_path, "filtered-afterwards").hidden.total()


async def test_services_keep_to_rights_that_change_while_drafts_are_written(tmp_path):
    findings, verdicts = await flowed(tmp_path, None)
    assert (+findings.leaks, +findings.hidden) == ({}, {})
    assert min(verdicts.revoked, verdicts.released) > 0
    assert (verdicts.released_after_revocation, verdicts.false_alarms) == (0, 0)


async def test_a_validation_that_does_not_look_again_is_found(tmp_path):
    _, verdicts = await flowed(tmp_path, "checked-once")
    assert verdicts.released_after_revocation


async def test_a_service_that_writes_documents_into_its_log_is_found(tmp_path):
    findings, _ = await flowed(tmp_path, "talkative")
    assert findings.leaks["logs"]


async def test_eight_kinds_of_people_get_at_every_endpoint_what_is_theirs(tmp_path):
    cells = await try_matrix(tmp_path)
    assert (cells.wrong, cells.tried) == ([], 193)


async def test_a_gateway_before_a_search_without_denials_is_found(tmp_path):
    with plant("deny-forgotten"), plant("checked-once"):
        cells = await try_matrix(tmp_path)
    assert any(cell.startswith("denied member at POST /v1/questions") for cell in cells.wrong)
