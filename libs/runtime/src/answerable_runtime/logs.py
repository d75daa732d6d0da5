"""Structured logs: one JSON object a line on standard error, with service and correlation id where there is one."""

import logging
import sys
from contextvars import ContextVar
from typing import TextIO

import structlog

from answerable_events.claims import claimed_request_id
from answerable_events.message import Record

_worked_on: ContextVar[tuple[str, Record] | None] = ContextVar("worked_on", default=None)


def note_work(service: str, record: Record) -> None:
    """What this task writes to the log from now on is about this record."""
    _worked_on.set((service, record))


def configure(level: str, *, stream: TextIO = sys.stderr) -> None:
    """Set up structlog and route the standard library's logging (aiokafka, uvicorn) through the same renderer.

    Exception texts are left out on purpose: they may quote a question or a document. Type and place are logged instead.
    """
    shared: list[structlog.typing.Processor] = [
        _what_it_is_about,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _exception_type_only,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("aiokafka", "uvicorn.access", "faststream", "httpx", "httpx2", "kafka"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _what_it_is_about(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Read off the record only when a line is written, which is seldom."""
    if (work := _worked_on.get()) is None:
        return event
    service, record = work
    about = {"service": service, "topic": record.topic, "partition": record.partition, "offset": record.offset,
             "correlation_id": str(claimed_request_id(record))}  # fmt: skip
    return {**about, **event}


def _exception_type_only(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, tuple) and info[0] is not None:
        event["exception"] = info[0].__name__
    elif isinstance(info, BaseException):
        event["exception"] = type(info).__name__
    return event
