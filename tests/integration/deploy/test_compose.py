"""compose.yaml: every service, only settings that exist, nothing reachable from outside, time to drain."""

import re

import pytest
import yaml

from answerable_cli.services import every_settings_class
from answerable_events.topics import every_topic
from answerable_runtime.settings import PREFIX, RuntimeSettings
from tests.integration.deploy.expressions import DEPLOY

OUTSIDE = {"upstream", "cli"}
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = {name: service for name, service in COMPOSE["services"].items() if "build" in service}


def in_registry() -> set[str]:
    return {name for topic in every_topic() for name in (*topic.producers, *topic.consumers)} - OUTSIDE


def seconds(text: str) -> float:
    return int(text[:-1]) * {"s": 1, "m": 60}[text[-1]]


def test_every_service_of_the_topics_registry_is_there() -> None:
    assert set(SERVICES) == in_registry()


def test_prometheus_scrapes_every_service() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    [job] = [job for job in config["scrape_configs"] if job["job_name"] == "answerable"]
    assert set(job["dns_sd_configs"][0]["names"]) == in_registry()


def test_a_missing_service_is_noticed_by_name() -> None:
    rules = (DEPLOY / "prometheus" / "rules.yml").read_text()
    assert set(re.findall(r'absent\(service:answerable_up:sum\{service="(\w+)"\}\)', rules)) == in_registry()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_given_only_settings_that_it_knows(name: str) -> None:
    known = {f"{PREFIX}{field.upper()}" for field in every_settings_class()[name].model_fields}
    assert {variable for variable in SERVICES[name]["environment"] if variable.startswith(PREFIX)} <= known


def test_the_image_is_given_only_settings_that_every_service_knows() -> None:
    known = {f"{PREFIX}{field.upper()}" for field in RuntimeSettings.model_fields}
    assert set(re.findall(rf"\b({PREFIX}\w+)=", (DEPLOY / "Dockerfile").read_text())) <= known


def test_every_variable_that_has_to_be_given_is_in_the_example() -> None:
    required = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text()))
    example = (DEPLOY / ".env.example").read_text()
    assert required == set(re.findall(r"^(\w+)=", example, re.MULTILINE))
    optional = set(re.findall(r"\$\{(\w+):-", (DEPLOY / "compose.yaml").read_text()))
    assert optional == set(re.findall(r"^#(\w+)=", example, re.MULTILINE))


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_nothing_that_it_need_not(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_time_to_drain(name: str) -> None:
    drain = RuntimeSettings.model_fields["drain"].default
    assert seconds(SERVICES[name]["stop_grace_period"]) > drain.total_seconds()


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_ports_are_published_on_loopback_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in COMPOSE["services"][name].get("ports", ()))


@pytest.mark.parametrize("name", sorted(set(COMPOSE["services"]) - set(SERVICES)))
def test_an_image_of_others_is_pinned_and_checked(name: str) -> None:
    service = COMPOSE["services"][name]
    assert re.search(r":v?\d+\.\d+", service["image"])
    assert service["healthcheck"]["test"]


def test_one_index_is_written_by_ingestion_and_only_read_by_retrieval_and_validation() -> None:
    path = SERVICES["ingestion"]["environment"]["ANSWERABLE_INDEX_PATH"]
    assert SERVICES["ingestion"]["volumes"] == [f"index:{path}"]
    for reader in (SERVICES["retrieval"], SERVICES["validation"]):
        assert reader["environment"]["ANSWERABLE_INDEX_PATH"] == path
        assert reader["volumes"] == [f"index:{path}:ro"]
