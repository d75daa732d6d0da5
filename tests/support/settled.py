"""Moving time for the typed rows of requests, which are stored once their records are old enough."""

from datetime import timedelta

from answerable_trail.client import Trail


async def refresh(trail: Trail) -> None:
    """What the trace does by itself every ten seconds."""
    await trail.query("SYSTEM REFRESH VIEW trace.requests_feed")
    await trail.query("SYSTEM WAIT VIEW trace.requests_feed")


async def age(trail: Trail, by: timedelta = timedelta(hours=1)) -> None:
    """As if everything had been recorded that much earlier."""
    seconds = int(by.total_seconds())
    await trail.query(
        f"ALTER TABLE trace.events UPDATE recorded_at = recorded_at - INTERVAL {seconds} SECOND WHERE 1 "
        "SETTINGS mutations_sync = 2"
    )


async def settle(trail: Trail) -> None:
    """So that every request is read from its stored row."""
    await age(trail)
    await refresh(trail)
