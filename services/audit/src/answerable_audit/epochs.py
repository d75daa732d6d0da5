"""Which incarnation of a partition is this? A broker that lost its log starts again at offset 0.

Positions are `(epoch, topic, partition, offset)`, so nothing recorded before is overwritten or swallowed.
"""

import hashlib
from collections.abc import Collection, Mapping

from answerable_runtime.log import Log, Partition
from answerable_trail.identity import erased_mark
from answerable_trail.rows import LastPosition


async def find_epochs(
    partitions: Collection[Partition], last: Mapping[Partition, LastPosition], log: Log
) -> dict[Partition, int]:
    """The epoch of each partition: the recorded one, or one more when the log no longer holds what was recorded last.

    Compared by content at the newest recorded offset, because a lost log may have grown past it since; once that record
    is erased, by its id and time. What retention deleted cannot be compared and counts as the same log.

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
        (record.topic, record.partition): {hashlib.sha256(record.value).hexdigest(), erased_mark(record)}
        async for record in log.read(ranges)
    }
    epochs = dict.fromkeys(partitions, 0)
    for place, position in known.items():
        differs = place in ranges and position.body_sha256 not in found.get(place, ())
        lost = position.offset >= bounds[place][1] or differs
        epochs[place] = position.epoch + lost
    return epochs
