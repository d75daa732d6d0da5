"""Settings of retrieval."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field

from answerable_runtime.settings import Duration, RuntimeSettings


class RetrievalSettings(RuntimeSettings):
    """Where the index is, how much of it a question gets, and how fresh it is."""

    index_path: Path = Field(
        default=Path(".answerable/index"), description="Folder of the index; the same for ingestion and retrieval."
    )
    retrieval_limit: int = Field(default=8, ge=1, le=50, description="Most passages for one question.")
    retrieval_snapshot_every: Duration = Field(
        default=timedelta(seconds=1),
        description="A snapshot serves this long, seconds: changes of documents and readers take effect that late.",
    )
    retrieval_timeout: Duration = Field(
        default=timedelta(seconds=10), description="One try at a question may take this long, seconds."
    )
    retrieval_threads: int = Field(default=4, ge=1, le=64, description="Searches at once.")
