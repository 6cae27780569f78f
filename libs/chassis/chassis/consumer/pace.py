"""How close together the fetches of a consumer may follow: where records flow, each brings more.

A fetch, the transaction of its records and their commit cost about the same whatever they bring.
aiokafka asks for the next records as soon as it has handed out the last: hence the wrapped method
of its client (the dependency is pinned to one minor).
"""

import asyncio
from typing import Any, Final

from aiokafka import AIOKafkaConsumer
from aiokafka.protocol.fetch import FetchRequest


class Pace:
    """Two fetches from one broker begin at least `every_s` apart. A record that comes after a rest
    is not held up: whoever waits for it has asked long ago."""

    def __init__(self, every_s: float) -> None:
        self._every_s: Final = every_s
        self._next_at: dict[int, float] = {}

    def hold(self, kafka: AIOKafkaConsumer) -> None:
        """From now on this consumer, which has not been started yet."""
        client = kafka._client
        send = client.send
        now = asyncio.get_running_loop().time

        async def paced(node_id: int, request: Any, **options: Any) -> Any:
            if isinstance(request, FetchRequest):
                if (wait_s := self._next_at.get(node_id, 0.0) - now()) > 0:
                    await asyncio.sleep(wait_s)
                self._next_at[node_id] = now() + self._every_s
            return await send(node_id, request, **options)

        client.send = paced
