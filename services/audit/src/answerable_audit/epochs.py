"""Which incarnation of a partition is this? A broker that lost its log starts again at offset 0.

Positions are `(epoch, topic, partition, offset)`, so nothing recorded before is overwritten or swallowed.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from answerable_runtime.log import Log, Partition
from answerable_trail.identity import identify
from answerable_trail.rows import LastPosition


async def find_epochs(
    partitions: Collection[Partition], last: Mapping[Partition, LastPosition], log: Log
) -> dict[Partition, int]:
    """The epoch of each partition: the recorded one, or one more when the log no longer holds what was recorded last.

    Compared by event and time at the newest recorded offset, because a lost log may have grown past it since. The time
    tells an event from itself, put again into a new log. What retention deleted cannot be compared and counts as the
    same log.

    Raises:
        BrokerUnavailable: the log cannot be read.
    """
    known = {place: last[place] for place in partitions if place in last}
    bounds = await log.bounds(list(known))
    ranges = {
        place: (position.offset, position.offset + 1)
        for place, position in known.items()
        if bounds[place][0] <= position.offset < bounds[place][1]
    }
    found = {
        (record.topic, record.partition): (UUID(identify(record).event_id), record.timestamp_ms)
        async for record in log.read(ranges)
    }
    epochs = dict.fromkeys(partitions, 0)
    for place, position in known.items():
        differs = place in ranges and position.known_by is not None and found.get(place) != position.known_by
        lost = position.offset >= bounds[place][1] or differs
        epochs[place] = position.epoch + lost
    return epochs
