"""Who waits for an order is woken when this replica has changed it, instead of looking again."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class OrderWakeUps:
    """Wakes whoever waits for an order, when this replica has changed it."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def wake(self, order_ids: Iterable[str]) -> None:
        """These orders were changed, and the change is committed."""
        if not self._waiting:
            return
        for order_id in order_ids:
            for changed in self._waiting.get(order_id, ()):
                changed.set()

    @contextmanager
    def watched(self, order_id: str) -> Iterator[asyncio.Event]:
        """Set whenever the order is changed from now on."""
        changed = asyncio.Event()
        self._waiting[order_id].add(changed)
        try:
            yield changed
        finally:
            self._waiting[order_id].discard(changed)
            if not self._waiting[order_id]:
                del self._waiting[order_id]
