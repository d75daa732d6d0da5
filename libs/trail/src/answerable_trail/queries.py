"""Named queries: files of schemas/clickhouse/queries, each with a header that says what it answers.

-- title: Outcomes by reason
-- answers: How often was each outcome given, and why?
-- parameter since DateTime = 1970-01-01 00:00:00: only requests asked at or after this moment, UTC
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from answerable_trail.errors import QueryUnknown

_LINE = re.compile(r"-- (title|answers|parameter) ?(.*)")
_PARAMETER = re.compile(r"(?P<name>\w+) (?P<kind>\w+(?:\(.*?\))?)(?: = (?P<default>.*?))?: (?P<meaning>.*)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A placeholder `{name:kind}` of a query; one without default has to be given."""

    name: str
    kind: str
    default: str | None
    meaning: str


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A question that people ask of the trace, with its SQL."""

    name: str
    title: str
    answers: str
    parameters: tuple[Parameter, ...]
    sql: str

    def bind(self, given: Mapping[str, object]) -> dict[str, object]:
        """Given values and defaults together. Raises QueryUnknown for a name too many or too few."""
        known = {parameter.name for parameter in self.parameters}
        if unknown := sorted(given.keys() - known):
            raise QueryUnknown(f"{self.name} has no parameter {', '.join(unknown)}")
        values: dict[str, object] = {p.name: p.default for p in self.parameters if p.default is not None} | dict(given)
        if missing := sorted(known - values.keys()):
            raise QueryUnknown(f"{self.name} needs {', '.join(missing)}")
        return values


def named_queries() -> tuple[NamedQuery, ...]:
    """All of them, by name."""
    folder = resources.files("answerable_trail") / "clickhouse" / "queries"
    files = {entry.name.removesuffix(".sql"): entry.read_text("utf-8") for entry in folder.iterdir()}
    return tuple(parse(name, text) for name, text in sorted(files.items()))


def named_query(name: str) -> NamedQuery:
    """Raises QueryUnknown, listing the names that exist."""
    queries = {query.name: query for query in named_queries()}
    if name not in queries:
        raise QueryUnknown(f"no query {name}: there are {', '.join(queries)}")
    return queries[name]


def parse(name: str, text: str) -> NamedQuery:
    """A query file. Raises ValueError when its header is incomplete."""
    fields: dict[str, str] = {}
    parameters = []
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            break
        kind, rest = match.groups()
        if kind != "parameter":
            fields[kind] = rest.removeprefix(":").strip()
            continue
        described = _PARAMETER.fullmatch(rest)
        if described is None:
            raise ValueError(f"{name}: cannot read parameter line: {line}")
        parameters.append(Parameter(**described.groupdict()))
    if fields.keys() != {"title", "answers"}:
        raise ValueError(f"{name}: the header needs title and answers")
    return NamedQuery(name, fields["title"], fields["answers"], tuple(parameters), text.strip().removesuffix(";"))
