"""Coming into a group and leaving it without leaving work half done."""

import asyncio

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError

log = structlog.get_logger()

HANDOVER_LIMIT_S = 10.0
STOP_LIMIT_S = 10.0


@ConsumerRebalanceListener.register
class Handover:
    """Lets the running batch finish and commit before its partitions go to another member."""

    def __init__(self, working: asyncio.Lock, progress: dict[TopicPartition, int]) -> None:
        self._working = working
        self._progress = progress

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        try:
            async with asyncio.timeout(HANDOVER_LIMIT_S), self._working:
                return
        except TimeoutError:
            log.warning("consumer.handover_late", partitions=len(revoked))

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._progress.clear()  # Another member may have gone on meanwhile.
        log.info("consumer.assigned", partitions=sorted(f"{t}/{p}" for t, p in assigned))


async def leave(kafka: AIOKafkaConsumer) -> None:
    """Stop a consumer, within a limit and whatever state it is in."""
    try:
        async with asyncio.timeout(STOP_LIMIT_S):
            await kafka.stop()
    except (TimeoutError, KafkaError) as error:
        log.warning("consumer.stop_failed", reason=repr(error))
