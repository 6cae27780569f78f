"""What those who contend keep of their calls."""

import asyncio

import httpx
from tests.chaos.contention import History
from tests.chaos.order_model import Create, Seen
from tests.chaos.sales import Kind, Sale


async def test_a_call_that_time_cut_short_may_still_take_effect() -> None:
    history = History(Sale("K1", Kind.CONTENDED, "wechat", "before"))
    asked = asyncio.Event()

    async def call() -> httpx.Response:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    creating = asyncio.ensure_future(history.note(call(), lambda _: Create(None)))
    await asked.wait()
    creating.cancel()
    await asyncio.gather(creating, return_exceptions=True)
    (kept,) = history.calls
    assert kept.operation == Create(None)
    assert kept.answered_s is None
    history.calls.append(type(kept)(Seen("open"), kept.called_s + 1, kept.called_s + 2))
    assert history.is_sound()
