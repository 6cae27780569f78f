"""Who watches which order in this replica: news of an order wakes the streams of its pages."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chassis.problems import Overloaded


@dataclass(frozen=True, slots=True)
class OrderKey:
    """An order as pages and events both know it. Apps may share a number: then one app's page is
    woken for nothing, which costs a question and tells nobody anything."""

    merchant_id: str
    merchant_order_no: str


class Hub:
    """`max_streams`: the most pages that are watched at once."""

    def __init__(self, max_streams: int) -> None:
        self._max_streams = max_streams
        self._listeners: dict[OrderKey, set[asyncio.Event]] = {}
        self._count = 0

    @property
    def is_idle(self) -> bool:
        return self._count == 0

    @contextmanager
    def listening(self, key: OrderKey) -> Iterator[asyncio.Event]:
        """An event that is set at each news of this order. Raises Overloaded when full."""
        if self._count >= self._max_streams:
            raise Overloaded("Too many pages are being watched.", retry_after_s=5)
        news = asyncio.Event()
        self._count += 1
        self._listeners.setdefault(key, set()).add(news)
        try:
            yield news
        finally:
            self._count -= 1
            self._listeners[key].remove(news)
            if not self._listeners[key]:
                del self._listeners[key]

    def tell(self, key: OrderKey) -> None:
        for news in self._listeners.get(key, ()):
            news.set()
