"""Log lines are JSON and quote no exception text."""

import contextvars
import io
import json
import logging

import structlog

from answerable_events.message import Record
from answerable_runtime.logs import configure, note_work

REQUEST = "018f0000-0000-7000-8000-000000000001"


def test_a_line_is_json_with_what_is_worked_on_and_no_exception_text() -> None:
    stream = io.StringIO()
    configure("info", stream=stream)

    def work() -> None:
        note_work("retrieval", Record("questions", 2, 7, 0, REQUEST.encode(), b"{}", ()))
        try:
            raise ValueError("the salary of Ada")  # noqa: TRY301 - it has to be raised somewhere
        except ValueError:
            structlog.get_logger("answerable_test").exception("handler failed")

    try:
        contextvars.copy_context().run(work)
        logging.getLogger("aiokafka").warning("from %s", "elsewhere")
    finally:
        structlog.reset_defaults()
        logging.getLogger().handlers.clear()
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["event"], first["correlation_id"], first["exception"]) == ("handler failed", REQUEST, "ValueError")
    assert (first["service"], first["topic"], first["partition"], first["offset"]) == ("retrieval", "questions", 2, 7)
    assert second["event"] == "from elsewhere"
    assert "topic" not in second
    assert "salary" not in stream.getvalue()
