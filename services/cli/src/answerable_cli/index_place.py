"""Where a command finds the index: what the environment names, else that of the data folder."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

from answerable_cli.addresses import Addresses
from answerable_cli.services import configured
from answerable_knowledge.index import Index
from answerable_runtime.settings import IndexSettings


@dataclass(frozen=True, slots=True)
class IndexPlace:
    """A folder or a URL, and the options of its storage, which are secrets."""

    location: str
    options: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def folder(self) -> Path | None:
        """The folder on this machine; None for object storage."""
        url = urlparse(self.location)
        if "://" not in self.location:
            return Path(self.location)
        return Path(url2pathname(url.path)) if url.scheme == "file" else None

    def open(self) -> Index:
        """Raises IndexCorrupt."""
        return Index.open(self.location, storage=self.options)


def index_place(addresses: Addresses) -> IndexPlace | None:
    """The one that the environment names, else that of the instance on this machine; None where there is neither."""
    settings = configured("ingestion", {})
    if isinstance(settings, IndexSettings) and "index_path" in settings.model_fields_set:
        return IndexPlace(settings.index_path, settings.index_options)
    return IndexPlace(str(addresses.instance.data / "index")) if addresses.instance is not None else None
