"""Keys of channels that change in use: asked for when they are unknown or old, within bounds."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.gateway.harness import (
    NOW,
    FakeTransport,
    FakeWire,
    HangingTransport,
    Harness,
    Step,
    fake_plugin,
    harness,
    reply,
)
from tests.unit.gateway.test_executor import TRADE

from gateway.calling.executor import Executor
from gateway.calling.key_renewal import PAUSE_S, RETRY_S
from gateway.calling.transport import Broken
from gateway.channels.plugin import (
    Acknowledgement,
    Answer,
    Call,
    KeyRenewal,
    Moment,
    Notifications,
    Notified,
    RawNotification,
    Reply,
    Succeeded,
    Unknown,
    UnknownKey,
    Unverifiable,
)
from gateway.directory import ChannelAccount
from gateway.flows.notification import Notification, receive
from gateway.jobs import KeyWatch

EVERY_S = 600.0
PAID = Reply(200, {}, json.dumps({"paid": 1, "signed_by": "new"}).encode())
KEYS = reply({"keys": "old new"})


class KeyedWire(FakeWire):
    """An account is the keys it knows, separated by spaces; an answer names the one it needs."""

    def verify(self, reply: Reply, call: Call, account: str, moment: Moment) -> Answer:
        answer = super().verify(reply, call, account, moment)
        key = answer.content.get("signed_by", "old")
        if key not in account.split():
            raise UnknownKey(key)
        return answer


def learn(reply: Reply, call: Call, account: str, moment: Moment) -> str:
    content = json.loads(reply.body)
    if "keys" not in content:
        raise Unverifiable("no keys")
    return str(content["keys"])


def read(raw: RawNotification, account: str, moment: Moment) -> list[Notified]:
    if raw.body.decode() not in account.split():
        raise UnknownKey(raw.body.decode())
    return []


def keyed(opened: str = "old", payment_id: str = "C1", **changes: Any) -> ChannelAccount:
    keys: KeyRenewal[str] = KeyRenewal(lambda *_: Call("GET", "/keys"), learn, EVERY_S)
    notifications = Notifications(read, Acknowledgement(200), Acknowledgement(500))
    plugin = fake_plugin(
        **{"wire": KeyedWire(), "keys": keys, "notifications": notifications, **changes}
    )
    return ChannelAccount(payment_id, "M1", True, plugin, opened)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def over(transport: FakeTransport, clock: Callable[[], float] | None = None) -> Executor:
    measured = clock or Clock()
    return Executor(transport, now=lambda: NOW, monotonic=measured, tell=lambda _: None)


def paths(transport: FakeTransport) -> list[str]:
    return [request.url.removeprefix("https://fake.example") for request in transport.sent]


async def test_a_key_that_is_not_known_is_asked_for_and_then_known() -> None:
    transport = FakeTransport([PAID, KEYS, PAID])
    executor, account = over(transport), keyed()
    assert isinstance(await executor.query(account, TRADE), Succeeded)
    assert isinstance(await executor.query(account, TRADE), Succeeded)
    assert paths(transport) == ["/query", "/keys", "/query"]


@pytest.mark.parametrize("answer", [Broken("reset"), reply({}), reply({"keys": "old other"})])
async def test_a_key_that_is_not_to_be_had_is_unknown_and_not_asked_for_all_the_time(
    answer: Step,
) -> None:
    clock, transport = Clock(), FakeTransport([PAID, answer, PAID])
    executor, account = over(transport, clock), keyed()
    for _ in range(3):
        assert isinstance(await executor.query(account, TRADE), Unknown)
    assert paths(transport).count("/keys") == 1
    clock.now = PAUSE_S
    await executor.query(account, TRADE)
    assert paths(transport).count("/keys") == 2


async def test_answers_at_the_same_time_share_one_download() -> None:
    transport = HangingTransport(PAID, PAID, KEYS)
    executor, account = over(transport), keyed()
    asking = [asyncio.ensure_future(executor.query(account, TRADE)) for _ in range(2)]
    for _ in asking:
        await transport.arrived.get()
    transport.released.set()
    assert all(isinstance(each, Succeeded) for each in await asyncio.gather(*asking))
    assert paths(transport) == ["/query", "/query", "/keys"]


async def test_what_was_learned_is_forgotten_when_the_account_changes() -> None:
    transport = FakeTransport([PAID, KEYS, PAID])
    executor = over(transport)
    await executor.query(keyed(), TRADE)
    assert isinstance(await executor.query(keyed("changed"), TRADE), Unknown)


async def test_a_notification_under_a_new_key_is_read_after_one_download() -> None:
    gateway = harness(KEYS)
    gateway.directory.put(keyed())
    assert (await notify(gateway, "new")).status == 200
    assert (await notify(gateway, "new")).status == 200
    assert (await notify(gateway, "forged")).status == 401
    assert paths(gateway.transport) == ["/keys"]


async def notify(gateway: Harness, key: str) -> Acknowledgement:
    raw = RawNotification({}, key.encode())
    return await receive(gateway.deps, Notification("fake", "C1", raw))


async def test_keys_are_fetched_soon_and_again_before_they_are_old() -> None:
    clock, gateway = Clock(), harness(KEYS)
    executor = over(gateway.transport, clock)
    account = keyed()
    assert executor.keys.is_due(account)
    await executor.keys.renew(account)
    clock.now = EVERY_S - 1
    assert not executor.keys.is_due(account)
    clock.now = EVERY_S
    assert executor.keys.is_due(account)


async def test_a_download_that_failed_is_tried_again_after_a_while() -> None:
    clock = Clock()
    executor, account = over(FakeTransport([Broken("reset")]), clock), keyed()
    await executor.keys.renew(account)
    assert not executor.keys.is_due(account)
    clock.now = RETRY_S
    assert executor.keys.is_due(account)


async def test_the_watch_looks_after_every_account_that_has_such_keys() -> None:
    gateway = harness(KEYS)
    for number in range(10):
        gateway.directory.put(keyed(payment_id=f"C{number}"))
    gateway.directory.put(ChannelAccount("C98", "M1", True, fake_plugin(), "key"))
    fixed: KeyRenewal[str] = KeyRenewal(lambda *_: None, learn, EVERY_S)
    gateway.directory.put(keyed(payment_id="C99", keys=fixed))
    watch = KeyWatch(gateway.deps)
    for _ in range(3):
        await watch.check()
    assert paths(gateway.transport) == ["/keys"] * 10
