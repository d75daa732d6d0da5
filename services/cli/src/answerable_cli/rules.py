"""What is said about the documents of a folder: who may read them, who owns them, how long they hold. Pure.

Rules stand in files, `.answerable-rules.toml` beside the documents or a manifest, and are handed down: what a folder
says holds for everything below it, field by field, until a nearer one says otherwise. `denied` only grows on the way.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from answerable_cli.errors import UsageRefused
from answerable_events.body import Name
from answerable_knowledge.access import is_reader

RULES_FILE = ".answerable-rules.toml"

RulesT = TypeVar("RulesT", bound="Rules")


@dataclass(frozen=True, slots=True)
class Details:
    """What is submitted with a document besides its content."""

    readers: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    owner: str | None = None
    title: str | None = None
    collection: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    review_by: datetime | None = None
    supersedes: str | None = None
    encoding_hint: str | None = None

    @property
    def access(self) -> tuple[frozenset[str], frozenset[str]]:
        return frozenset(self.readers), frozenset(self.denied)

    @property
    def besides_access(self) -> "Details":
        return replace(self, readers=(), denied=())


def as_readers(names: Iterable[str]) -> tuple[str, ...]:
    """Readers as events name them: a plain name is a group. Commas separate.

    Raises:
        UsageRefused: one of them can be nobody, such as a wildcard.
    """
    parts = [part.strip() for name in names for part in name.split(",") if part.strip()]
    readers = tuple(dict.fromkeys(part if part.startswith(("user:", "group:")) else f"group:{part}" for part in parts))
    if not all(map(is_reader, readers)):
        raise UsageRefused(
            "a reader is GROUP, group:GROUP or user:NAME; there is no wildcard, name a group of everyone"
        )
    return readers


def _plain(value: object) -> object:
    if isinstance(value, list | tuple) and all(isinstance(name, str) and "," not in name for name in value):
        return [name if name.startswith(("user:", "group:")) else f"group:{name}" for name in value]
    return value


def _somebody(readers: tuple[str, ...]) -> tuple[str, ...]:
    if not all(map(is_reader, readers)):
        raise ValueError("a reader is GROUP, group:GROUP or user:NAME; there is no wildcard")
    return tuple(dict.fromkeys(readers))


Readers = Annotated[tuple[str, ...], BeforeValidator(_plain), AfterValidator(_somebody)]


class Rules(BaseModel):
    """What one place says; None where it says nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    readers: Readers | None = None
    denied: Readers = ()
    owner: Name | None = None
    collection: Name | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    review_by: date | None = None
    review_every_days: int | None = Field(default=None, ge=1, le=36_500)
    encoding: Name | None = None


class FolderRules(Rules):
    """A rules file: for its folder and everything below, and for files by the pattern of their name."""

    ignore: tuple[str, ...] = ()
    files: dict[str, Rules] = {}

    def ignores(self, path: str) -> bool:
        """`path` is relative to the folder of the rules; so in `matching`."""
        return any(_matches(path, pattern) for pattern in self.ignore)

    def matching(self, path: str) -> list[Rules]:
        return [rules for pattern, rules in self.files.items() if _matches(path, pattern)]


def apply(default: Details, chain: Sequence[Rules], changed_at: datetime | None = None) -> Details:
    """Details of a file under its rules, the outermost first; `changed_at` is what reviews count from."""
    details = default
    for rules in chain:
        details = replace(
            details,
            readers=details.readers if rules.readers is None else rules.readers,
            denied=tuple(dict.fromkeys((*details.denied, *rules.denied))),
            owner=rules.owner or details.owner,
            collection=_below(default.collection, rules.collection) or details.collection,
            valid_from=details.valid_from if rules.valid_from is None else start_of_day(rules.valid_from),
            valid_until=details.valid_until if rules.valid_until is None else end_of_day(rules.valid_until),
            review_by=_review_by(rules, changed_at) or details.review_by,
            encoding_hint=rules.encoding or details.encoding_hint,
        )
    return details


def parse_rules(text: bytes, model: type[RulesT], name: str) -> RulesT:
    """Rules from TOML; `name` is what people call the file.

    Raises:
        UsageRefused: says where it is wrong.
    """
    return validated(parse_toml(text, name), model, name)


def parse_toml(text: bytes, name: str) -> Mapping[str, Any]:
    """Raises UsageRefused when it is not TOML."""
    try:
        return tomllib.loads(text.decode("utf-8"))
    except UnicodeDecodeError:
        raise UsageRefused(f"{name} is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageRefused(f"{name} is not TOML: {error}") from None


ModelT = TypeVar("ModelT", bound=BaseModel)


def validated(value: Mapping[str, Any], model: type[ModelT], name: str) -> ModelT:
    """Raises UsageRefused that names the fields which are wrong."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()]
        raise UsageRefused(f"{name}: {'; '.join(problems[:5])}") from None


def start_of_day(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def end_of_day(day: date) -> datetime:
    """The last microsecond of a day, UTC: a document holds through the day that is named."""
    return start_of_day(day) + timedelta(days=1) - timedelta(microseconds=1)


def _below(source: str | None, name: str | None) -> str | None:
    """Collections within a source keep its name in front, so that what belongs to the source can be told."""
    return name if name is None or source is None else f"{source}/{name}"


def _review_by(rules: Rules, changed_at: datetime | None) -> datetime | None:
    if rules.review_by is not None:
        return end_of_day(rules.review_by)
    if rules.review_every_days is None or changed_at is None:
        return None
    return end_of_day((changed_at + timedelta(days=rules.review_every_days)).date())


def _matches(path: str, pattern: str) -> bool:
    """A pattern with a slash is of the whole path, one that ends with a slash of a folder, any other of a name."""
    if pattern.endswith("/"):
        return any(fnmatchcase(part, pattern[:-1]) for part in path.split("/")[:-1])
    return fnmatchcase(path if "/" in pattern else path.rpartition("/")[2], pattern)
