"""Versioned prompts: a file with slots, rendered so that no document can break out of its slot."""

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources

from answerable_models.errors import UnknownPrompt
from answerable_models.generation import RenderedPrompt, Source

__all__ = ["RenderedPrompt", "render"]

_SEPARATOR = "\n=== user ===\n"
_SLOT = re.compile(r"\{\{(\w+)\}\}")
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_VERSION = re.compile(r"v[1-9][0-9]*")


def render(
    name: str, version: str, question: str, sources: Sequence[Source], *, kind: str = "question"
) -> RenderedPrompt:
    """The prompt `<name>.<version>.md` with its slots filled: the same arguments give the same bytes.

    `kind` names the slot and the block of what is asked: a question, or a claim. That, and title, locator and text of
    the sources, stand only between fence lines. The fence is a hash over all of them, so a document would have to
    contain its own hash to forge one; should a text hold the fence by chance, another is taken.
    Raises UnknownPrompt.
    """
    template = _template(name, version)
    fence = _fence(question, sources)
    slots = {
        "fence": fence,
        kind: _block(fence, kind, question),
        "sources": "\n\n".join(_source_block(fence, source) for source in sources) or "(no sources)",
    }
    # One pass over the template: slots that appear inside a document are not filled.
    system, user = (_SLOT.sub(lambda slot: slots[slot[1]], part) for part in template)
    digest = hashlib.sha256(f"{name}\0{version}\0{system}\0{user}".encode("utf-8", "surrogatepass")).hexdigest()
    return RenderedPrompt(name=name, version=version, system=system, user=user, sha256=digest)


@lru_cache(maxsize=32)
def _template(name: str, version: str) -> tuple[str, str]:
    if not (_NAME.fullmatch(name) and _VERSION.fullmatch(version)):
        raise UnknownPrompt("a prompt is named like 'answer' and versioned like 'v1'")
    file = resources.files("answerable_models") / "prompts" / f"{name}.{version}.md"
    if not file.is_file():
        raise UnknownPrompt(f"no prompt {name}.{version}")
    system, _, user = file.read_text(encoding="utf-8").partition(_SEPARATOR)
    return system.strip(), user.strip()


def _fence(question: str, sources: Sequence[Source]) -> str:
    texts = [question]
    for source in sources:
        texts += [str(source.label), source.title, source.locator, source.text]
    digest = hashlib.sha256()
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    fence = digest.hexdigest()[:16]
    while any(fence in text for text in texts):
        fence = hashlib.sha256(fence.encode()).hexdigest()[:16]
    return fence


def _block(fence: str, kind: str, body: str) -> str:
    return f"<<{fence} {kind}>>\n{body}\n<<{fence} end>>"


def _source_block(fence: str, source: Source) -> str:
    # Titles come from documents too: on one line each, inside the fence.
    title, locator = (" ".join(text.split()) for text in (source.title, source.locator))
    return _block(fence, f"source {source.label}", f"title: {title}\nplace: {locator}\n\n{source.text}")
