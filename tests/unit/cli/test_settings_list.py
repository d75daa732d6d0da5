"""Every setting, listed."""

import pytest

from answerable_cli.errors import UsageRefused
from answerable_cli.services import SERVICES, every_settings_class
from answerable_cli.settings_list import list_settings


def test_every_field_of_every_service_is_listed_once_with_a_description() -> None:
    found = {setting.variable: setting for setting in list_settings()}
    fields = {f"ANSWERABLE_{name.upper()}" for kind in every_settings_class().values() for name in kind.model_fields}
    assert found.keys() == fields
    assert [name for name, setting in found.items() if not setting.description] == []


def test_shared_settings_come_first_and_durations_are_in_seconds() -> None:
    settings = list_settings()
    assert settings[0].services == ("cli", *SERVICES)
    drain = next(setting for setting in settings if setting.variable == "ANSWERABLE_DRAIN")
    assert drain.default == "10"


def test_one_service_lists_its_own() -> None:
    variables = {setting.variable for setting in list_settings("gateway")}
    assert "ANSWERABLE_GATEWAY_PORT" in variables
    assert "ANSWERABLE_AUDIT_MARGIN" not in variables


def test_an_unknown_service_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(UsageRefused, match="nonsense"):
        list_settings("nonsense")
