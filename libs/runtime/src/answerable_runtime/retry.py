"""When to try again: in place with full jitter, then through the retry topic, then never."""

from datetime import UTC, datetime, timedelta

from answerable_events.message import Message, Record
from answerable_events.topics import RETRY_SUFFIX
from answerable_runtime.deadletters import ATTEMPT_HEADER, NOT_BEFORE_HEADER, RUNTIME_HEADERS
from answerable_runtime.routes import RetryPolicy


def pause_before(attempt: int, policy: RetryPolicy, draw: float) -> timedelta:
    """Pause before in-place try `attempt` (1 is the first repetition); `draw` is uniform in [0, 1).

    Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    return policy.backoff * (1 << (attempt - 1)) * draw


def round_of(record: Record) -> int:
    """How many times the message went through the retry topic already; 0 for a header that is no number."""
    text = record.header_text(ATTEMPT_HEADER)
    return int(text) if text.isdecimal() and len(text) < 6 else 0  # noqa: PLR2004 - a forged header must not cost memory


def not_before(record: Record) -> datetime | None:
    """Earliest moment for a message of a retry topic."""
    text = record.header_text(NOT_BEFORE_HEADER)
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)


def try_later(record: Record, policy: RetryPolicy, now: datetime) -> Message | None:
    """The message for the retry topic, or None when all rounds are used up. Bytes and ids stay as they are."""
    done = round_of(record)
    if done >= len(policy.later):
        return None
    kept = tuple((name, value) for name, value in record.headers if name not in RUNTIME_HEADERS)
    return Message(
        topic=record.topic.removesuffix(RETRY_SUFFIX) + RETRY_SUFFIX,
        key=record.key,
        value=record.value,
        headers=(
            *kept,
            (ATTEMPT_HEADER, str(done + 1).encode()),
            (NOT_BEFORE_HEADER, (now + policy.later[done]).isoformat().encode()),
        ),
        partition=record.partition,
    )
