"""Any endpoint that speaks the OpenAI chat completions protocol; a generator on it. The only importer of `openai`."""

import asyncio
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, StrictBool, StrictInt, StrictStr, ValidationError

from answerable_models.errors import ModelError, ModelOutputInvalid, ModelRejected, ModelUnavailable
from answerable_models.generation import Generation, GenerationRequest, Parameters, RenderedPrompt, Sentence, Usage

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_FENCED = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)
_REQUEST_TIMEOUT = 408
_VERIFY_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens; None where it is not known, and then no cost is reported."""

    input_usd_per_mtok: float | None = None
    output_usd_per_mtok: float | None = None

    def cost_usd(self, input_tokens: int, output_tokens: int) -> float | None:
        if self.input_usd_per_mtok is None or self.output_usd_per_mtok is None:
            return None
        return (input_tokens * self.input_usd_per_mtok + output_tokens * self.output_usd_per_mtok) / 1e6


class ChatEndpoint:
    """One model behind one base URL. No hidden retries: the runtime decides what is tried again.

    Belongs to one event loop; `aclose` ends its connections.
    """

    def __init__(self, *, model: str, base_url: str, api_key: str) -> None:
        self.model = model
        self._base_url = base_url
        self._api_key = api_key

    async def complete(self, body: dict[str, Any], timeout_s: float) -> tuple[str, str]:
        """Request and response body, as sent and as received.

        Raises ModelUnavailable, ModelRejected, ModelOutputInvalid.
        """
        import openai  # noqa: PLC0415 - see _client

        try:
            # The SDK's timeout bounds each read; a server that drips bytes is stopped only by the outer one.
            async with asyncio.timeout(timeout_s):
                response = await self._client.chat.completions.with_raw_response.create(
                    model=self.model, timeout=timeout_s, **body
                )
        except TimeoutError as error:
            raise ModelUnavailable("timeout") from error
        except openai.OpenAIError as error:
            # `from None`: the SDK's message quotes the response body, which may quote documents.
            raise _translate(error) from None
        return response.http_request.content.decode(), response.http_response.text

    async def verify(self) -> None:
        """One token from the real model: proves address, key and model name."""
        ping = {"messages": [{"role": "user", "content": "ping"}], "max_tokens": 1}
        _, received = await self.complete(ping, _VERIFY_TIMEOUT_S)
        _parse_completion(received)

    async def aclose(self) -> None:
        if "_client" in self.__dict__:
            await self._client.close()

    @cached_property
    def _client(self) -> "AsyncOpenAI":
        from openai import AsyncOpenAI  # noqa: PLC0415 - slow import, and many installations never use it

        return AsyncOpenAI(base_url=self._base_url, api_key=self._api_key, max_retries=0)


def chat_body(prompt: RenderedPrompt, parameters: Parameters) -> dict[str, Any]:
    """What is asked of a chat model that is to answer with one JSON object."""
    return {
        "messages": [{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}],
        "temperature": parameters.temperature,
        "seed": parameters.seed,
        "max_tokens": parameters.max_output_tokens,
        "response_format": {"type": "json_object"},
    }


def json_content(received: str) -> str:
    """The JSON text of a chat completion, a Markdown fence around it taken off.

    Raises:
        ModelRejected: the model refused.
        ModelOutputInvalid: it is no completion, or was cut off.
    """
    return _json_of(_parse_completion(received), received)


class OpenAiGenerator:
    """Answers from sources by a chat model.

    Labels outside the sources are kept in the citations: validation judges them. One instance belongs to one event
    loop; `aclose` ends its connections.
    """

    adapter = "openai"

    def __init__(
        self, *, model: str, base_url: str, api_key: str, revision: str = "unpinned", price: Price | None = None
    ) -> None:
        self.model = model
        self.revision = revision
        self._endpoint = ChatEndpoint(model=model, base_url=base_url, api_key=api_key)
        self._price = price or Price()

    async def generate(self, request: GenerationRequest) -> Generation:
        body = chat_body(request.prompt, request.parameters)
        sent, received = await self._endpoint.complete(body, request.timeout.total_seconds())
        return self._read(sent, received)

    async def verify(self) -> None:
        """One token from the real model: proves address, key and model name."""
        await self._endpoint.verify()

    async def aclose(self) -> None:
        await self._endpoint.aclose()

    def _read(self, sent: str, received: str) -> Generation:
        completion = _parse_completion(received)
        choice = completion.choices[0]
        answer = _parse_answer(_json_of(completion, received), raw=received)
        usage = completion.usage
        return Generation(
            answered=answer.answered,
            sentences=tuple(Sentence(item.text, tuple(item.citations)) for item in answer.sentences),
            raw=received,
            model=self.model,
            revision=completion.system_fingerprint or self.revision,
            adapter=self.adapter,
            finish_reason=choice.finish_reason or "unknown",
            usage=Usage(
                usage.prompt_tokens,
                usage.completion_tokens,
                self._price.cost_usd(usage.prompt_tokens, usage.completion_tokens),
            ),
            raw_request=sent,
        )


def _translate(error: Exception) -> ModelError:
    import openai  # noqa: PLC0415 - see _client

    match error:
        case openai.APITimeoutError():
            return ModelUnavailable("timeout")
        case openai.APIConnectionError():
            return ModelUnavailable("connection failed")
        case openai.RateLimitError() | openai.InternalServerError() | openai.ConflictError():
            return ModelUnavailable(f"status {error.status_code}")
        case openai.APIStatusError(status_code=status):
            return (ModelUnavailable if status == _REQUEST_TIMEOUT else ModelRejected)(f"status {status}")
        case _:
            return ModelOutputInvalid("the response could not be read")


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _TokenCounts(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Completion(BaseModel):
    """What we read of a chat completion; servers add fields of their own."""

    choices: list[_Choice]
    usage: _TokenCounts = _TokenCounts()
    system_fingerprint: str | None = None


class _AnswerSentence(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: StrictStr
    citations: list[StrictInt]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    answered: StrictBool
    sentences: list[_AnswerSentence]


def _parse_completion(received: str) -> _Completion:
    try:
        completion = _Completion.model_validate_json(received)
    except ValidationError:
        raise ModelOutputInvalid("the response is no chat completion", raw=received) from None
    if not completion.choices:
        raise ModelOutputInvalid("the response has no choices", raw=received)
    return completion


def _json_of(completion: _Completion, received: str) -> str:
    choice = completion.choices[0]
    if choice.finish_reason == "content_filter" or choice.message.refusal:
        raise ModelRejected("refused by the model or its content filter")
    if choice.finish_reason == "length":
        raise ModelOutputInvalid("output cut off at the token limit", raw=received)
    content = choice.message.content or ""
    fenced = _FENCED.match(content)
    return fenced[1] if fenced else content


def _parse_answer(content: str, *, raw: str) -> _Answer:
    try:
        answer = _Answer.model_validate_json(content)
    except ValidationError:
        raise ModelOutputInvalid("the output is not the agreed JSON", raw=raw) from None
    if answer.answered != any(item.text.strip() for item in answer.sentences):
        raise ModelOutputInvalid("'answered' and 'sentences' contradict each other", raw=raw)
    return answer
