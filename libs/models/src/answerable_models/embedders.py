"""The embedders that an index can be made with, by the name that configuration gives them."""

from typing import Literal

from answerable_models.embedding import Embedder, MiniLmEmbedder
from answerable_models.static_embedding import StaticEmbedder

EmbedderName = Literal["minilm", "fast"]


def load_embedder(name: EmbedderName) -> Embedder:
    """The embedder of that name, ready to use; reading its weights takes up to a second. Raises ModelUnavailable."""
    return MiniLmEmbedder() if name == "minilm" else StaticEmbedder()


def space_of(embedder: Embedder) -> str:
    """What its vectors may be compared with: only vectors of the same space."""
    return f"{embedder.name}@{embedder.revision}"
