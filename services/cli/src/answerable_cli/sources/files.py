"""Listed files and the rules beside them become documents. The same for a folder and for object storage."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from answerable_cli.errors import UsageRefused
from answerable_cli.manifest import Manifest
from answerable_cli.rules import RULES_FILE, FolderRules, Rules, parse_rules
from answerable_cli.sources.items import LARGEST_FILE, Item, Trouble, Unreadable, checked_id, legible, too_large

_LITTER = ("~$*", "Thumbs.db", "desktop.ini")
"""What office programs and file managers leave behind."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file of a listing; `path` is relative, with slashes. `read` blocks, and raises OSError."""

    path: str
    size_bytes: int
    changed_at: datetime | None
    marker: str | None
    read: Callable[[], bytes]

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


def is_listed(name: str) -> bool:
    """Whether a listing has a file or folder of this name in it: no hidden ones, no litter, but the rules."""
    if name == RULES_FILE:
        return True
    return not name.startswith(".") and not any(fnmatchcase(name, pattern) for pattern in _LITTER)


def documents(listing: Sequence[Found], prefix: str, manifest: Manifest) -> list[Item | Trouble]:
    """The files under their rules, in the order of their paths. Where rules cannot be read nothing is taken."""
    rules: dict[str, FolderRules] = {}
    results: list[Item | Trouble] = []
    broken: set[str] = set()
    for found in listing:
        if found.name != RULES_FILE:
            continue
        folder = found.path.removesuffix(RULES_FILE).rstrip("/")
        try:
            rules[folder] = _read_rules(found)
        except UsageRefused as error:
            broken.add(folder)
            results.append(Trouble(folder_id(prefix, folder), "rules_invalid", str(error)))
    for found in sorted(listing, key=lambda one: one.path):
        above = list(_folders(found.path))
        if found.name == RULES_FILE or not broken.isdisjoint(above):
            continue
        chain = _chain(found.path, above, rules)
        if chain is not None:
            results.append(_document(found, prefix, manifest, chain))
    return results


def folder_id(prefix: str, folder: str) -> str:
    """What a trouble with a whole folder is called: what its documents begin with, and a slash."""
    return f"{prefix}{legible(folder)}/" if folder else prefix or "./"


def _read_rules(found: Found) -> FolderRules:
    try:
        return parse_rules(found.read(), FolderRules, legible(found.path))
    except OSError as error:
        raise UsageRefused(f"{legible(found.path)} cannot be read ({type(error).__name__})") from None


def _folders(path: str) -> Iterator[str]:
    """The folders that a path is in, the outermost, whose name is empty, first."""
    yield ""
    for at, char in enumerate(path):
        if char == "/":
            yield path[:at]


def _chain(path: str, above: Sequence[str], rules: Mapping[str, FolderRules]) -> tuple[Rules, ...] | None:
    """What holds for the file, the outermost first; None when it is to be ignored."""
    chain: list[Rules] = []
    for folder in above:
        if folder not in rules:
            continue
        relative = path[len(folder) + 1 :] if folder else path
        if rules[folder].ignores(relative):
            return None
        chain += [rules[folder], *rules[folder].matching(relative)]
    return tuple(chain)


def _document(found: Found, prefix: str, manifest: Manifest, chain: tuple[Rules, ...]) -> Item | Trouble:
    document_id = prefix + legible(found.path)
    if trouble := checked_id(document_id):
        return trouble
    if found.size_bytes > LARGEST_FILE:
        return too_large(document_id, found.size_bytes)

    def read() -> bytes:
        try:
            content = found.read()
        except OSError as error:
            raise Unreadable(_unreadable(document_id, error)) from None
        if len(content) > LARGEST_FILE:  # it has grown
            raise Unreadable(too_large(document_id, len(content)))
        return content

    return Item(
        document_id,
        legible(found.name),
        manifest.details(found.path, chain, found.changed_at),
        read,
        found.marker,
        manifest.version(found.path),
    )


def _unreadable(document_id: str, error: OSError) -> Trouble:
    hints = {
        FileNotFoundError: "it went away meanwhile",
        PermissionError: "you may not read it: give this user the right to",
    }
    return Trouble(document_id, "unreadable", hints.get(type(error), f"reading it fails ({type(error).__name__})"))
