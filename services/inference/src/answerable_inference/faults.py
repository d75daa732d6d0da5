"""Faults on purpose, for drills: does a question survive a model that comes and goes?"""

from collections.abc import Callable

from answerable_models.errors import ModelUnavailable
from answerable_models.generation import Generation, GenerationRequest, Generator


class FaultyGenerator:
    """A generator of which the share `rate` of calls raises ModelUnavailable before the model is asked.

    `draw` gives numbers in [0, 1). `verify` is left alone: the drill is about calls, not about start-up.
    """

    def __init__(self, generator: Generator, *, rate: float, draw: Callable[[], float]) -> None:
        self._generator = generator
        self._rate = rate
        self._draw = draw

    @property
    def model(self) -> str:
        return self._generator.model

    @property
    def revision(self) -> str:
        return self._generator.revision

    @property
    def adapter(self) -> str:
        return self._generator.adapter

    async def generate(self, request: GenerationRequest) -> Generation:
        if self._draw() < self._rate:
            raise ModelUnavailable("a drill")
        return await self._generator.generate(request)

    async def verify(self) -> None:
        await self._generator.verify()
