"""The generator port: a question and its sources in, cited sentences out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Source:
    """One passage as the model sees it. `label` is what citations name, counted from 1 in order of relevance."""

    label: int
    title: str
    locator: str
    text: str
    passage_id: str


@dataclass(frozen=True, slots=True)
class RenderedPrompt:
    """What is sent to the model, to the byte. `sha256` covers name, version, system and user text."""

    name: str
    version: str
    system: str
    user: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Parameters:
    temperature: float = 0.0
    seed: int = 0
    max_output_tokens: int = 1024


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """Everything a generation depends on. `timeout` bounds the whole call, not each read."""

    question: str
    sources: tuple[Source, ...]
    prompt: RenderedPrompt
    parameters: Parameters = Parameters()
    timeout: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the answer and the labels it cites, as the model gave them: validation judges them."""

    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens counted by the model's side; `cost_usd` is None where no price is known."""

    input_tokens: int
    output_tokens: int
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Generation:
    """What came back. `raw` is the untouched output, `raw_request` the body that was sent (empty where none was).

    `scores` are the adapter's own signals; `answer_probability`, where present, is in 0..1.
    """

    answered: bool
    sentences: tuple[Sentence, ...]
    raw: str
    model: str
    revision: str
    adapter: str
    finish_reason: str
    usage: Usage
    scores: Mapping[str, float] = field(default_factory=dict)
    raw_request: str = ""


class Generator(Protocol):
    """A model that answers from sources.

    Both methods raise ModelUnavailable (transient), ModelRejected (permanent) or ModelOutputInvalid, nothing else.
    """

    @property
    def model(self) -> str: ...

    @property
    def revision(self) -> str: ...

    @property
    def adapter(self) -> str: ...

    async def generate(self, request: GenerationRequest) -> Generation: ...

    async def verify(self) -> None:
        """A cheap real round trip, for start-up."""
