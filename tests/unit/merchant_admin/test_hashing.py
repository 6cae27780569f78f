"""Who waits for whom where passwords are hashed."""

import asyncio
import threading

import pytest

from chassis.problems import Overloaded
from merchant_admin.domain.guessing import Priority
from merchant_admin.flows.hashing import MAX_WAITING, PLACES, Hashing, Patience, Recognised


class Work:
    """Blocks its threads until it is let go; notes the order in which it was begun."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.begun: list[str] = []

    def __call__(self, name: str) -> str:
        self.begun.append(name)
        assert self.may_end.wait(10)
        return name


async def all_wait(count: int) -> None:
    """Until whoever was started has gone as far as it can."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_known_addresses_come_before_strangers() -> None:
    hashing, work = Hashing(), Work()
    running = [asyncio.ensure_future(hashing.run(Priority.LAST, work, "x")) for _ in range(PLACES)]
    await all_wait(5)
    waiting = []
    for priority, name in (
        (Priority.LAST, "last"),
        (Priority.STRANGER, "stranger"),
        (Priority.KNOWN, "known"),
    ):
        waiting.append(asyncio.ensure_future(hashing.run(priority, work, name)))
        await all_wait(5)
    work.may_end.set()
    await asyncio.gather(*running, *waiting)
    assert work.begun.index("known") < work.begun.index("last")


async def test_too_many_strangers_are_told_so_and_known_addresses_still_wait() -> None:
    hashing, work = Hashing(), Work()
    many = PLACES + MAX_WAITING[Priority.STRANGER]
    running = [
        asyncio.ensure_future(hashing.run(Priority.STRANGER, work, "x")) for _ in range(many)
    ]
    await all_wait(5)
    with pytest.raises(Overloaded):
        await hashing.run(Priority.STRANGER, work, "one more")
    known = asyncio.ensure_future(hashing.run(Priority.KNOWN, work, "known"))
    await all_wait(5)
    work.may_end.set()
    assert await known == "known"
    await asyncio.gather(*running)


async def test_whoever_hangs_up_leaves_their_place_to_the_next() -> None:
    hashing, work = Hashing(), Work()
    running = [asyncio.ensure_future(hashing.run(Priority.KNOWN, work, "x")) for _ in range(PLACES)]
    await all_wait(5)
    gone = asyncio.ensure_future(hashing.run(Priority.KNOWN, work, "gone"))
    after = asyncio.ensure_future(hashing.run(Priority.KNOWN, work, "after"))
    await all_wait(5)
    gone.cancel()
    await all_wait(5)
    work.may_end.set()
    assert await after == "after"
    await asyncio.gather(*running)
    assert "gone" not in work.begun
    assert await hashing.run(Priority.KNOWN, work, "later") == "later"


async def test_who_has_waited_long_enough_is_told_so_and_leaves_the_place_to_the_next() -> None:
    """With 60 strangers before them people waited for more than a minute."""
    hashing, work = Hashing(), Work()
    running = [asyncio.ensure_future(hashing.run(Priority.KNOWN, work, "x")) for _ in range(PLACES)]
    await all_wait(5)
    with pytest.raises(Overloaded):
        await hashing.run(Priority.KNOWN, work, "late", patience=Patience(0.01))
    after = asyncio.ensure_future(hashing.run(Priority.KNOWN, work, "after"))
    await all_wait(5)
    work.may_end.set()
    assert await after == "after"
    await asyncio.gather(*running)
    assert "late" not in work.begun


async def test_all_waits_of_a_login_end_together() -> None:
    patience, never = Patience(0.05), asyncio.Event()
    with pytest.raises(Overloaded):
        async with patience.waiting():
            await never.wait()
    with pytest.raises(Overloaded):
        async with patience.waiting():
            await asyncio.sleep(0)


def test_only_the_very_password_is_recognised_and_only_for_its_user() -> None:
    recognised = Recognised()
    recognised.remember("li", "$hash", "a password of li's")
    assert recognised.find("li", "a password of li's") == "$hash"
    for username, password in (("li", "another"), ("wu", "a password of li's")):
        assert recognised.find(username, password) is None
    recognised.remember("li", "$hash2", "another")
    assert recognised.find("li", "a password of li's") is None
