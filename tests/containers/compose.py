"""deploy/compose.yaml as values: what a container of it is started with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
_VARIABLE = re.compile(r"\$\{(\w+)(?::(\?|-)([^}]*))?\}")


@dataclass(frozen=True)
class Declared:
    """A service of compose.yaml."""

    name: str
    values: Mapping[str, Any]

    @property
    def ours(self) -> bool:
        return "build" in self.values

    @property
    def image(self) -> str:
        return str(self.values["image"])

    @property
    def environment(self) -> dict[str, str]:
        return dict(self.values.get("environment", {}))

    @property
    def grace_s(self) -> int:
        return int(self.values["stop_grace_period"].removesuffix("s"))

    def options(self, project: str) -> dict[str, Any]:
        """For the engine's `run`; named volumes get the project's name in front."""
        values = self.values
        return {
            "environment": self.environment,
            "restart_policy": {"Name": values.get("restart", "no")},
            "init": values.get("init", False),
            "read_only": values.get("read_only", False),
            "tmpfs": dict.fromkeys(values.get("tmpfs", ()), ""),
            "cap_drop": values.get("cap_drop", []),
            "security_opt": values.get("security_opt", []),
            "volumes": [_mount(text, project) for text in values.get("volumes", ())],
        }


def read(variables: Mapping[str, str]) -> dict[str, Declared]:
    """The services of compose.yaml by name, with its variables filled in.

    Raises:
        KeyError: a variable that has to be given is not.
    """
    found = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    return {name: Declared(name, _filled(values, variables)) for name, values in found.items()}


def example_variables() -> dict[str, str]:
    """What .env.example sets."""
    lines = (DEPLOY / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, variables) for inner in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _value(match, variables), value)
    return value


def _value(match: re.Match[str], variables: Mapping[str, str]) -> str:
    name, kind, default = match.groups()
    return variables.get(name, default) if kind == "-" else variables[name]


def _mount(text: str, project: str) -> str:
    source, rest = text.split(":", 1)
    return f"{DEPLOY / source}:{rest}" if source.startswith(".") else f"{project}-{source}:{rest}"
