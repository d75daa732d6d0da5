"""Any chat model as judge of support, over the OpenAI protocol; calibrated by kind of text as the trees are."""

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError

from answerable_models.errors import ModelOutputInvalid
from answerable_models.generation import Parameters, Source
from answerable_models.openai_compatible import ChatEndpoint, chat_body, json_content
from answerable_models.prompting import render
from answerable_models.support.calibration import Calibration
from answerable_models.support.port import Use
from answerable_models.terms import tokenise

_EVEN = 0.5
_SUREST = 0.999  # models say 0 and 1; in log-odds those would be infinite
_PARAMETERS = Parameters(max_output_tokens=100)
_UNCALIBRATED = Calibration()


class JudgeScorer:
    """A model that is asked whether sources support a claim, and answers `{"supported": ..., "probability": ...}`.

    Claim and sources stand between fences that hold a hash of them, so that no document can close its block. Without a
    calibration of its kind of text a probability is what the model says, and passes from one half on. One instance
    belongs to one event loop; `aclose` ends its connections.
    """

    name = "support-judge"

    def __init__(
        self,
        endpoint: ChatEndpoint,
        *,
        revision: str = "unpinned",
        calibrations: Mapping[Use, Calibration] | None = None,
        timeout: timedelta = timedelta(seconds=60),
        parameters: Parameters = _PARAMETERS,
    ) -> None:
        self.revision = f"{endpoint.model}@{revision}/support.v1"
        self._endpoint = endpoint
        self._calibrations = dict(calibrations or {})
        self._timeout_s = timeout.total_seconds()
        self._parameters = parameters

    def threshold(self, use: Use) -> float:
        return self._calibrations.get(use, _UNCALIBRATED).threshold

    async def score(self, claim: str, evidence: Sequence[str], use: Use) -> float:
        """Raises ModelUnavailable, ModelRejected or ModelOutputInvalid; the last also where the two fields disagree."""
        if not tokenise(claim) or not any(text.strip() for text in evidence):
            return 0.0
        sources = [Source(label, "", "", text, "") for label, text in enumerate(evidence, start=1)]
        prompt = render("support", "v1", claim, sources, kind="claim")
        _, received = await self._endpoint.complete(chat_body(prompt, self._parameters), self._timeout_s)
        said = _parse(json_content(received), received)
        surest = min(max(said, 1.0 - _SUREST), _SUREST)
        return self._calibrations.get(use, _UNCALIBRATED).probability(math.log(surest / (1.0 - surest)))

    async def verify(self) -> None:
        """One token from the real model: proves address, key and model name."""
        await self._endpoint.verify()

    async def aclose(self) -> None:
        await self._endpoint.aclose()


class _Verdict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    supported: StrictBool
    probability: Annotated[float, Field(ge=0, le=1)]


def _parse(content: str, received: str) -> float:
    try:
        verdict = _Verdict.model_validate_json(content)
    except ValidationError:
        raise ModelOutputInvalid("the output is not the agreed JSON", raw=received) from None
    if verdict.probability != _EVEN and verdict.supported != (verdict.probability > _EVEN):
        raise ModelOutputInvalid("'supported' and 'probability' contradict each other", raw=received)
    return verdict.probability
