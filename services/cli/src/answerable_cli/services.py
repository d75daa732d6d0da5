"""The services by name: their settings, and how each is built. Their modules are imported when asked for."""

from collections.abc import Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from answerable_cli.errors import UsageRefused
from answerable_cli.settings import ClientSettings
from answerable_runtime.settings import RuntimeSettings

if TYPE_CHECKING:
    from answerable_runtime.launch import Build

SERVICES = ("audit", "ingestion", "retrieval", "inference", "validation", "gateway")
"""In the order in which they start: the record first, the door last."""


def settings_class(name: str) -> type[RuntimeSettings]:
    """The settings of one service.

    Raises:
        UsageRefused: no service has this name.
    """
    if name not in SERVICES:
        raise UsageRefused(f"no service {name}", f"the services are {', '.join(SERVICES)}")
    module = import_module(f"answerable_{name}.settings")
    return cast("type[RuntimeSettings]", getattr(module, f"{name.capitalize()}Settings"))


def every_settings_class() -> Mapping[str, type[RuntimeSettings]]:
    """By service, and those of the commands under `cli`."""
    return {"cli": ClientSettings} | {name: settings_class(name) for name in SERVICES}


def configured(name: str, overrides: Mapping[str, Any]) -> RuntimeSettings:
    """Settings of a service from the environment; `overrides` come first, those that it does not know are left out."""
    kind = settings_class(name)
    return kind(**{key: value for key, value in overrides.items() if key in kind.model_fields})


def build(name: str, settings: RuntimeSettings) -> "Build":
    """What `answerable_runtime.launch` needs to start the service."""
    module = import_module(f"answerable_{name}.main")
    return partial(module.build, settings)
