"""Settings of retrieval."""

from datetime import timedelta

from pydantic import Field

from answerable_models.embedders import EmbedderName
from answerable_runtime.settings import Duration, IndexSettings


class RetrievalSettings(IndexSettings):
    """Where the index is, how much of it a question gets, and how fresh it is."""

    embedder: EmbedderName = Field(
        default="minilm",
        description="What turns text into vectors: minilm, or fast (100 times faster, finds less). Of the whole index.",
    )
    retrieval_limit: int = Field(default=8, ge=1, le=50, description="Most passages for one question.")
    retrieval_max_tokens: int = Field(
        default=4_000,
        ge=500,
        le=200_000,
        description="Most tokens of all passages for one question; a word is one or two.",
    )
    retrieval_snapshot_every: Duration = Field(
        default=timedelta(seconds=1),
        description="A snapshot serves this long, seconds: changes of documents and readers take effect that late.",
    )
    retrieval_timeout: Duration = Field(
        default=timedelta(seconds=10), description="One try at a question may take this long, seconds."
    )
    retrieval_threads: int = Field(default=4, ge=1, le=64, description="Searches at once.")
