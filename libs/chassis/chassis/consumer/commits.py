"""What was applied is committed a moment later, several batches at once.

A commit costs client and broker as much as a fetch. What is not committed when a member dies comes
again, which changes nothing; so no batch waits for a commit, and a commit waits for company.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

log = structlog.get_logger()

EVERY_S: Final = 0.1
LIMIT_S: Final = 10.0


class Commits:
    """Of one start of a group's member: commits exactly what it is told, never where the member
    happens to be."""

    def __init__(self, kafka: AIOKafkaConsumer, group: str) -> None:
        self._kafka = kafka
        self._group = group
        self._offsets: dict[TopicPartition, int] = {}
        self._is_news = asyncio.Event()
        self._committing = asyncio.Lock()

    def note(self, offsets: Mapping[TopicPartition, int]) -> None:
        """All before these was applied, and is durable."""
        self._offsets.update(offsets)
        self._is_news.set()

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await self._is_news.wait()
            await asyncio.sleep(EVERY_S)
            await self.flush()

    async def flush(self) -> None:
        """Commit what was noted; what cannot be committed comes again, which is harmless."""
        async with self._committing:
            self._is_news.clear()
            offsets, self._offsets = self._offsets, {}
            if offsets:
                await self._commit(offsets)

    async def _commit(self, offsets: dict[TopicPartition, int]) -> None:
        try:
            async with asyncio.timeout(LIMIT_S):
                await self._kafka.commit(offsets)
        except (CommitFailedError, IllegalStateError) as error:
            log.info("consumer.partitions_moved", group=self._group, reason=repr(error))
        except (KafkaError, TimeoutError) as error:
            log.warning("consumer.not_committed", group=self._group, reason=repr(error))
