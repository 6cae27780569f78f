"""When Kafka last answered, which a call that returns empty-handed does not tell.

aiokafka's `getmany` returns after its time-out whether or not there is a broker, and it has no
public sign of a fetch that was answered: hence the wrapped method of its client (the dependency is
pinned to one minor).
"""

import time
from typing import Any, Final

from aiokafka import AIOKafkaConsumer

FETCH: Final = "FetchRequest"


class LastAnswer:
    """The age of the last answer to a fetch; of a member without partitions, to any request. While
    a topic is not there nothing is an answer: nobody would be told of what comes into it."""

    def __init__(self) -> None:
        self._at: float | None = None

    def listen(self, kafka: AIOKafkaConsumer) -> None:
        """From now on to this consumer, which has not been started yet."""
        if self._at is None:
            self._at = time.monotonic()
        client = kafka._client
        send = client.send

        async def timed(node_id: int, request: Any, **options: Any) -> Any:
            answer = await send(node_id, request, **options)
            is_one = type(request).__name__.startswith(FETCH) or not kafka.assignment()
            if is_one and all(map(client.cluster.partitions_for_topic, kafka.subscription())):
                self._at = time.monotonic()
            return answer

        client.send = timed

    def rest(self) -> None:
        """Nothing is asked until `listen`."""
        self._at = None

    def age_s(self) -> float:
        """0 while nothing is asked."""
        return 0.0 if self._at is None else time.monotonic() - self._at
