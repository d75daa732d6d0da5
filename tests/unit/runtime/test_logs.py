"""Log lines are JSON and quote no exception text."""

import io
import json
import logging

import structlog

from answerable_runtime.logs import configure


def test_a_line_is_json_with_the_bound_context_and_no_exception_text() -> None:
    stream = io.StringIO()
    configure("info", stream=stream)
    try:
        with structlog.contextvars.bound_contextvars(correlation_id="r1"):
            try:
                raise ValueError("the salary of Ada")  # noqa: TRY301 - it has to be raised somewhere
            except ValueError:
                structlog.get_logger("answerable_test").exception("handler failed")
        logging.getLogger("aiokafka").warning("from %s", "elsewhere")
    finally:
        structlog.reset_defaults()
        logging.getLogger().handlers.clear()
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["event"], first["correlation_id"], first["exception"]) == ("handler failed", "r1", "ValueError")
    assert second["event"] == "from elsewhere"
    assert "salary" not in stream.getvalue()
