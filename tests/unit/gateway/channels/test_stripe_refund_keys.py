"""A refund that Stripe refuses for lack of balance is made soon after there is some, and never
twice: the keys it is sent by, and what becomes of it where calls get lost, late and crossed."""

import asyncio
import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.unit.gateway.channels.channel_side import NOW, REFUND_NO, refunding
from tests.unit.gateway.channels.plugin_driver import opened
from tests.unit.gateway.channels.stripe_side import StripeSide

from gateway.calling.executor import Executor
from gateway.calling.transport import Broken
from gateway.channels.plugin import NotSent, Outcome, Refunding, Reply, Request, Succeeded
from gateway.channels.stripe import refund_keys
from gateway.directory import ChannelAccount

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEASE = timedelta(minutes=30)
LATE = timedelta(minutes=5)
"""Longer than any request stays under way."""


def after(age: timedelta, lease: timedelta = timedelta()) -> Refunding:
    return refunding(lease_until=NOW + age + lease)


@pytest.mark.parametrize(
    ("age", "keys"),
    [
        (timedelta(), ("",)),
        (timedelta(minutes=59), ("",)),
        (timedelta(minutes=60), ("", "-0-1")),
        (timedelta(hours=2.5), ("", "-0-1", "-0-2")),
        (timedelta(hours=23), ()),
        (timedelta(hours=23, minutes=59), ()),
        (timedelta(hours=24), ("-1-0",)),
        (timedelta(hours=25), ("-1-0", "-1-1")),
        (timedelta(hours=47), ()),
        (timedelta(days=30, hours=1), ("-30-0", "-30-1")),
        (-timedelta(hours=1), ("",)),
    ],
)
def test_each_hour_of_each_day_has_a_key_of_its_own(age: timedelta, keys: tuple[str, ...]) -> None:
    assert refund_keys.usable(after(age)) == tuple(REFUND_NO + each for each in keys)


def test_the_last_hour_of_a_days_keys_is_over_before_stripe_forgets_the_first() -> None:
    assert len(refund_keys.usable(after(timedelta(hours=22.9)))) == refund_keys.HOURS_SENT
    sent_for = LEASE + refund_keys.HOURS_SENT * HOUR
    assert sent_for + LATE < refund_keys.KEPT


def test_who_does_not_say_when_it_is_sent_has_one_key() -> None:
    assert refund_keys.usable(refunding()) == (REFUND_NO,)


@dataclass
class Stripe:
    """Remembers each key exactly as long as it promises, and nothing of what it did not begin.

    `lost`: how often the answer does not come, `late`: how often the call itself comes later."""

    side: StripeSide
    chance: random.Random
    lost: float = 0.0
    late: float = 0.0
    busy: float = 0.0
    age: timedelta = timedelta()
    has_money: bool = False
    made: list[timedelta] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    _kept: dict[str, tuple[timedelta, Reply]] = field(default_factory=dict)
    _under_way: list[tuple[timedelta, str]] = field(default_factory=list)

    async def send(self, request: Request, *, timeout_s: float) -> Reply:
        for _ in range(self.chance.randrange(4)):
            await asyncio.sleep(0)
        if request.verb == "GET":
            return self._listed(request)
        key = request.headers["Idempotency-Key"]
        self.calls.append(key)
        if self.chance.random() < self.busy:
            return self.side.error(429, code="rate_limit")
        if self.chance.random() < self.late:
            self._under_way.append((self.age + LATE * self.chance.random(), key))
            raise Broken("timeout")
        answer = self._answered(key)
        if self.chance.random() < self.lost:
            raise Broken("timeout")
        return answer

    def pass_on(self, passed: timedelta) -> None:
        until = self.age + passed
        for at, key in sorted(self._under_way):
            if at <= until:
                self._under_way.remove((at, key))
                self.age = max(self.age, at)
                self._answered(key)
        self.age = until

    def _answered(self, key: str) -> Reply:
        kept = self._kept.get(key)
        if kept is not None and self.age < kept[0] + DAY:
            headers = {**kept[1].headers, "idempotent-replayed": "true"}
            return replace(kept[1], headers=headers)
        answer = self.side.refused("balance_insufficient")
        if self.has_money:
            self.made.append(self.age)
            answer = self.side.refund_returned(REFUND_NO, refunding().trade.payment_no)
        self._kept[key] = (self.age, answer)
        return answer

    def _listed(self, request: Request) -> Reply:
        parts = urlsplit(request.url)
        asked = parse_qs(parts.query)
        assert asked["payment_intent"] == [refunding().trade.channel_trade_no]
        assert int(asked["created[gte]"][0]) < NOW.timestamp()
        rows = [self.side.refund(REFUND_NO, refunding().trade.payment_no) for _ in self.made]
        return self.side.answer(self.side.listed(*rows))


def gateway(stripe: Stripe) -> tuple[Executor, ChannelAccount]:
    executor = Executor(
        stripe, now=lambda: NOW, monotonic=lambda: stripe.age.total_seconds(), tell=lambda _: None
    )
    plugin: Any = stripe.side.plugin
    return executor, ChannelAccount("C1", "M1", True, plugin, opened(stripe.side))


async def sent(stripe: Stripe, *leases: timedelta) -> list[Outcome]:
    """By several replicas at once."""
    executor, here = gateway(stripe)
    asked = [after(stripe.age, lease) for lease in leases]
    return await asyncio.gather(*(executor.refund(here, each) for each in asked))


def quiet_stripe() -> Stripe:
    return Stripe(StripeSide(), random.Random(1))


async def test_a_refusal_is_heard_until_the_hour_is_over_and_then_the_money_goes_back() -> None:
    stripe = quiet_stripe()
    assert [await sent(stripe, timedelta()) for _ in range(3)]
    assert stripe.calls == [REFUND_NO] * 3
    stripe.has_money = True
    [repeated] = await sent(stripe, timedelta())
    assert isinstance(repeated, NotSent)
    assert repeated.is_kept
    stripe.pass_on(HOUR)
    [made] = await sent(stripe, timedelta())
    assert isinstance(made, Succeeded)
    assert stripe.made == [HOUR]


async def test_money_that_comes_days_later_goes_back_once() -> None:
    stripe = quiet_stripe()
    while stripe.age < timedelta(days=3, hours=5):
        assert all(isinstance(each, NotSent) for each in await sent(stripe, timedelta()))
        stripe.pass_on(LEASE)
    stripe.has_money = True
    for _ in range(20):
        await sent(stripe, timedelta())
        stripe.pass_on(LEASE)
    assert len(stripe.made) == 1
    assert stripe.made[0] - timedelta(days=3, hours=5) <= 2 * HOUR


async def test_a_refusal_that_was_not_kept_leads_to_no_other_key() -> None:
    """The same key may yet make the refund."""
    stripe = quiet_stripe()
    await sent(stripe, timedelta())
    stripe.pass_on(2 * HOUR)
    stripe.busy, stripe.calls = 1.0, []
    await sent(stripe, timedelta())
    assert stripe.calls == [REFUND_NO]


async def test_a_call_that_was_not_answered_is_repeated_by_its_own_key() -> None:
    stripe = quiet_stripe()
    stripe.pass_on(5 * HOUR)
    stripe.late, stripe.calls = 1.0, []
    for _ in range(3):
        await sent(stripe, timedelta())
    assert stripe.calls == [REFUND_NO] * 3


@pytest.mark.parametrize("seed", range(40))
async def test_whatever_gets_lost_late_or_crossed_the_money_goes_back_once(seed: int) -> None:
    """First nothing is sent for a while; at the end nothing goes wrong any more."""
    chance = random.Random(seed)
    stripe = Stripe(StripeSide(), chance, lost=0.2, late=0.4, busy=0.2)
    stripe.pass_on(timedelta(hours=chance.uniform(0, 49)))
    has_money_at = stripe.age + timedelta(hours=chance.uniform(-0.5, 2))
    for step in range(60):
        if step == 40:
            stripe.lost = stripe.late = stripe.busy = 0.0
        stripe.has_money = stripe.age >= has_money_at
        replicas = chance.choice([1, 2, 2, 3])
        await sent(stripe, *(LEASE * chance.random() for _ in range(replicas)))
        assert len(stripe.made) <= 1
        calm = step >= 40
        stripe.pass_on(timedelta(minutes=30 if calm else chance.choice([0, 1, 3, 10, 25])))
    assert len(stripe.made) == 1
