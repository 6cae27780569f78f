"""One batch of what waits, however little the broker gives at a time.

Kafka gives all of it at once, librdkafka's mock cluster only what was produced together: a burst
would take as many batches as it had sends, and as many rests.
"""

from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

WAIT_MS: Final = 50
"""For what is there already."""


async def fill(
    batches: dict[TopicPartition, list[ConsumerRecord]], kafka: AIOKafkaConsumer, *, most: int
) -> None:
    """Read on while partitions of the batch are known to have more, up to `most` records."""
    while room := most - sum(map(len, batches.values())):
        ends = {tp: raws[-1].offset + 1 for tp, raws in batches.items()}
        if not any((kafka.highwater(tp) or 0) > end for tp, end in ends.items()):
            return
        more = await kafka.getmany(timeout_ms=WAIT_MS, max_records=room)
        if not more:
            return
        for tp, raws in more.items():
            batches.setdefault(tp, []).extend(raws)
