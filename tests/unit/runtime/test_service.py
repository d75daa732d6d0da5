"""A service that does not do what the registry says of it does not start."""

from dataclasses import replace

import pytest

from answerable_events.answers import AnswerReleased
from answerable_events.requests import DraftGenerated
from answerable_events.topics import ANSWERS, VERDICTS
from answerable_runtime.errors import StartUpRefused
from answerable_runtime.routes import Route
from answerable_runtime.service import Service, require_declared
from tests.support.stages import answer_at_once, stage

ROUTE = stage().routes[0]


def test_a_declared_service_starts() -> None:
    require_declared(stage())


@pytest.mark.parametrize(
    ("service", "says"),
    [
        (Service("inference", routes=(ROUTE,)), "does not name inference as a consumer of questions"),
        (Service("retrieval", routes=(replace(ROUTE, handlers={}),)), "no handler for"),
        (Service("retrieval", routes=(replace(ROUTE, outputs=(DraftGenerated,)),)), "as a producer of drafts"),
        (Service("audit", routes=(replace(ROUTE, outputs=(AnswerReleased,)),)), "answers are written by the gate only"),
        (Service("audit", routes=(Route(VERDICTS, {}, ()),)), "verdicts has no retry topic"),
    ],
)
def test_what_the_registry_does_not_provide_for_is_refused(service: Service, says: str) -> None:
    with pytest.raises(StartUpRefused, match=says):
        require_declared(service)


async def test_an_output_that_the_route_does_not_declare_is_never_published() -> None:
    from answerable_runtime.testing import run  # noqa: PLC0415
    from tests.support.questions import asked  # noqa: PLC0415

    undeclared = replace(ROUTE, handlers={next(iter(ROUTE.handlers)): answer_at_once}, outputs=())
    broker = await run([Service("retrieval", routes=(undeclared,))], [asked()])
    assert broker.records("contexts") == []
    assert len(broker.records("questions-dlq")) == 1
    assert broker.records(ANSWERS.name) == []
