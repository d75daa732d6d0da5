"""Every setting of every service, from the classes that read them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from answerable_cli.errors import UsageRefused
from answerable_cli.output import print_json, print_table
from answerable_cli.services import every_settings_class
from answerable_runtime.settings import PREFIX


@dataclass(frozen=True, slots=True)
class Setting:
    variable: str
    default: str
    description: str
    services: tuple[str, ...]


def list_settings(service: str | None = None) -> list[Setting]:
    """Settings by variable name; those that every service shares come first.

    Raises:
        UsageRefused: no service has this name.
    """
    classes = every_settings_class()
    if service is not None and service not in classes:
        raise UsageRefused(f"no service {service}", f"there are {', '.join(classes)}")
    found: dict[str, tuple[FieldInfo, list[str]]] = {}
    for name, kind in classes.items():
        for field, info in kind.model_fields.items():
            if service is None or name == service:
                found.setdefault(field, (info, []))[1].append(name)
    settings = [
        Setting(
            f"{PREFIX}{field.upper()}",
            shown(info.get_default(call_default_factory=True)),
            info.description or "",
            tuple(names),
        )
        for field, (info, names) in found.items()
    ]
    return sorted(settings, key=lambda setting: (-len(setting.services), setting.variable))


def shown(default: Any) -> str:
    """A default as it would be written in the environment."""
    if default is None:
        return ""
    if isinstance(default, SecretStr):
        return default.get_secret_value()
    if isinstance(default, timedelta):
        return f"{default.total_seconds():g}"
    if isinstance(default, bool):
        return str(default).lower()
    return str(default)


def print_settings(settings: Sequence[Setting], *, as_json: bool) -> None:
    if as_json:
        print_json([asdict(setting) for setting in settings])
        return
    every = len(every_settings_class())
    print_table(
        ("variable", "default", "what it is", "of"),
        [
            (s.variable, s.default, s.description, "all" if len(s.services) == every else ", ".join(s.services))
            for s in settings
        ],
    )
