"""Office packages: zip files of XML parts, read one part at a time and within bounds."""

import io
import posixpath
import zipfile
import zlib
from typing import Any

from lxml import etree

from answerable_knowledge.errors import Reason, Unreadable

_PART_BYTES = 128 * 1024 * 1024
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, OSError, EOFError)
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


class Package:
    """The parts of an office file. Raises Unreadable(corrupt or too_large)."""

    def __init__(self, data: bytes) -> None:
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except _BROKEN as error:
            raise Unreadable(Reason.CORRUPT) from error
        self.names = frozenset(self._archive.namelist())

    @property
    def has_macros(self) -> bool:
        return any(name.rpartition("/")[2].lower() in ("vbaproject.bin", "script-lb.xml") for name in self.names)

    def part(self, name: str) -> bytes | None:
        """The bytes of a part; None when there is none of that name."""
        if name not in self.names:
            return None
        try:
            with self._archive.open(name) as stream:
                data = stream.read(_PART_BYTES + 1)
        except _BROKEN as error:
            raise Unreadable(Reason.CORRUPT) from error
        if len(data) > _PART_BYTES:
            raise Unreadable(Reason.TOO_LARGE)
        return data

    def xml(self, name: str) -> Any | None:
        """The root element of a part. No entity is resolved and nothing outside is read."""
        data = self.part(name)
        if data is None:
            return None
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
        )
        try:
            return etree.fromstring(data, parser)
        except (etree.LxmlError, ValueError) as error:
            raise Unreadable(Reason.CORRUPT) from error

    def relations(self, part: str) -> dict[str, str]:
        """Names of the parts that a part refers to, by the id of the relation."""
        folder, name = posixpath.split(part)
        root = self.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        if root is None:
            return {}
        return {
            entry.get("Id", ""): posixpath.normpath(posixpath.join("/", folder, entry.get("Target", ""))).lstrip("/")
            for entry in root.iter(_RELATION)
            if entry.get("TargetMode") != "External"
        }
