"""Ids of new requests: UUIDv7 (RFC 9562, section 5.7), which sort by time and keep the record's index dense."""

from datetime import datetime
from uuid import UUID

from answerable_events.message import EPOCH

RANDOM_BYTES = 10


def time_ordered_id(now: datetime, random: bytes) -> UUID:
    """48 bits of milliseconds, then 74 of the 80 random bits."""
    milliseconds = int((now - EPOCH).total_seconds() * 1000)
    number = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(random[:RANDOM_BYTES], "big")
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=number)
