"""A refund that is first sent late at UnionPay is made once, and never twice: the seconds in which
it may be begun, and what becomes of it where calls get lost, late and crossed."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import NOW, REFUND_NO, refunding, undoing
from tests.unit.gateway.channels.plugin_driver import opened, outcome
from tests.unit.gateway.channels.unionpay_side import UnionpaySide

from gateway.calling.money_back import MoneyBack
from gateway.channels import unionpay as unionpay_plugin
from gateway.channels.formats import compact, read_compact
from gateway.channels.plugin import (
    Declined,
    NotSent,
    Operation,
    Outcome,
    Pending,
    Refunding,
    Succeeded,
    Unknown,
    Unverifiable,
)
from gateway.channels.unionpay import refund_times
from gateway.channels.unionpay.operations import refund

ABSENT, LOST = Pending(found=False), Unknown("timeout", "…", is_spoken=False)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LEASE = timedelta(minutes=30)
"""Of a command of trade-core, at most; and how long it waits between two."""

LATE = timedelta(minutes=5)
"""Longer than any request stays under way."""

PERIOD = refund_times.PERIOD


def second(after: timedelta) -> str:
    return compact(NOW + after)


@pytest.mark.parametrize(
    ("until", "keys"),
    [
        (-HOUR, (REFUND_NO,)),
        (timedelta(), (REFUND_NO,)),
        (34 * MINUTE, (REFUND_NO,)),
        (35 * MINUTE, ()),
        (89 * MINUTE, ()),
        (90 * MINUTE, (second(70 * MINUTE),)),
        (124 * MINUTE, (second(70 * MINUTE),)),
        (125 * MINUTE, ()),
        (180 * MINUTE, (second(160 * MINUTE),)),
        (24 * HOUR - PERIOD, (second(24 * HOUR - PERIOD - refund_times.BEFORE),)),
        (24 * HOUR, ()),
        (720 * HOUR, ()),
    ],
)
def test_each_period_of_the_first_day_has_a_second_of_its_own(
    until: timedelta, keys: tuple[str, ...]
) -> None:
    assert refund_times.usable(refunding(lease_until=NOW + until)) == keys


def test_it_is_asked_about_in_every_second_in_which_it_may_have_been_begun() -> None:
    begun = [second(70 * MINUTE), second(160 * MINUTE)]
    assert refund_times.later(refunding()) == ()
    assert refund_times.later(refunding(lease_until=NOW + 89 * MINUTE)) == ()
    assert refund_times.later(refunding(lease_until=NOW + 3 * HOUR)) == tuple(begun)
    assert len(refund_times.later(refunding(lease_until=NOW + 720 * HOUR))) == 15


def test_whenever_a_command_is_carried_out_its_second_is_less_than_an_hour_away() -> None:
    for minute in range(24 * 60):
        until = NOW + minute * MINUTE
        for key in refund_times.usable(refunding(lease_until=until)):
            begun_at = NOW if key == REFUND_NO else read_compact(key)
            assert begun_at is not None
            for carried_out in (until - LEASE, until):
                assert abs(max(carried_out, NOW) - begun_at) < HOUR


def test_one_of_trade_cores_commands_falls_into_each_period() -> None:
    assert LEASE + LATE <= refund_times.SENT_FOR
    assert PERIOD - refund_times.SENT_FOR - LEASE >= 4 * LATE


@dataclass
class Unionpay:
    """Knows a transaction by its number and second, and takes none that was begun so long ago.

    `lost`: how often the answer does not come, `late`: how often the call itself comes later."""

    chance: random.Random
    lost: float = 0.0
    late: float = 0.0
    takes_undo: bool = True
    takes_for: timedelta = HOUR
    age: timedelta = timedelta()
    made: dict[tuple[str, datetime], timedelta] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    _under_way: list[tuple[timedelta, str, Refunding]] = field(default_factory=list)

    async def ask(self, name: str, _: Operation[Refunding, Any], about: Refunding) -> Outcome:
        for _turn in range(self.chance.randrange(4)):
            await asyncio.sleep(0)
        self.asked.append(name)
        if name in ("refund", "undo") and self.chance.random() < self.late:
            self._under_way.append((self.age + LATE * self.chance.random(), name, about))
            return LOST
        answer = self._answered(name, about)
        return LOST if self.chance.random() < self.lost else answer

    def pass_on(self, passed: timedelta) -> None:
        until = self.age + passed
        for at, name, about in sorted(self._under_way, key=lambda each: each[0]):
            if at <= until:
                self._under_way.remove((at, name, about))
                self.age = max(self.age, at)
                self._answered(name, about)
        self.age = until

    def _answered(self, name: str, about: Refunding) -> Outcome:
        is_undo = name.endswith("undo")
        begun_at = about.created_at if is_undo else refund_times.begun_at(about)
        known = about.refund_no if is_undo else refund.number_of(about), begun_at
        if name.startswith("query"):
            return Succeeded("1", about.amount, NOW) if known in self.made else ABSENT
        if known in self.made:
            return Pending()
        if abs(NOW + self.age - begun_at) > self.takes_for:
            return NotSent("10", "报文格式错误[txnTime]")
        if is_undo and not self.takes_undo:
            return Declined("64", "the issuer takes none")
        self.made[known] = self.age
        return Pending()


async def sent(unionpay: Unionpay, *asked: Refunding) -> list[Outcome]:
    """By several replicas at once."""
    backs = [MoneyBack(unionpay_plugin.PLUGIN, each, unionpay.ask) for each in asked]
    return await asyncio.gather(*(each.send() for each in backs))


def quiet(age: timedelta = timedelta()) -> Unionpay:
    return Unionpay(random.Random(1), age=age)


async def test_a_refund_that_is_sent_in_time_costs_no_question() -> None:
    unionpay = quiet()
    assert await sent(unionpay, refunding(lease_until=NOW + 5 * MINUTE)) == [Pending()]
    assert unionpay.asked == ["refund"]


@pytest.mark.parametrize("hours", [1, 2, 3, 7, 20])
async def test_a_refund_that_is_first_sent_hours_late_is_made(hours: int) -> None:
    unionpay = quiet(hours * HOUR)
    while not unionpay.made and unionpay.age < (hours + 2) * HOUR:
        await sent(unionpay, refunding(lease_until=NOW + unionpay.age + LEASE))
        unionpay.pass_on(LEASE + timedelta(seconds=2))
    assert len(unionpay.made) == 1
    months_later = refunding(lease_until=NOW + 3_000 * HOUR)
    known = await MoneyBack(unionpay_plugin.PLUGIN, months_later, unionpay.ask).query()
    assert isinstance(known, Succeeded)


async def test_between_two_seconds_it_is_only_asked_about() -> None:
    unionpay = quiet(50 * MINUTE)
    [outcome] = await sent(unionpay, refunding(lease_until=NOW + 80 * MINUTE))
    assert isinstance(outcome, NotSent)
    assert unionpay.asked == ["query_refund"]


async def test_an_undo_does_not_begin_late() -> None:
    unionpay = quiet(70 * MINUTE)
    await sent(unionpay, undoing(lease_until=NOW + 95 * MINUTE))
    assert unionpay.asked == ["query_undo", "query_refund", "query_refund", "refund"]
    assert list(unionpay.made) == [(f"{REFUND_NO}04", NOW + 70 * MINUTE)]


@pytest.mark.parametrize("seed", range(200))
async def test_whatever_gets_lost_late_or_crossed_the_money_goes_back_once(seed: int) -> None:
    """First nothing is sent for a while, then a command is carried out whenever its lease lets it,
    mostly around the end of a period; at the end nothing goes wrong any more. How long UnionPay
    takes a second is not relied on: about an hour, at least."""
    chance = random.Random(seed)
    takes_undo, takes_for = chance.random() < 0.5, HOUR * chance.uniform(1, 4)
    unionpay = Unionpay(chance, 0.3, 0.6, takes_undo, takes_for)
    asked = undoing if chance.random() < 0.5 else refunding
    unionpay.pass_on(PERIOD * chance.randrange(9) + MINUTE * chance.uniform(0, 90))
    commands: list[tuple[timedelta, timedelta]] = []
    for step in range(100):
        calm = step >= 80
        if calm:
            unionpay.lost = unionpay.late = 0.0
        for _ in range(1 if calm else chance.choice([0, 1, 2])):
            lease = LEASE if calm else LEASE * chance.random()
            begins = unionpay.age if calm else unionpay.age + lease * chance.random()
            commands.append((begins, unionpay.age + lease))
        ripe = [one for one in commands if one[0] <= unionpay.age]
        commands = [one for one in commands if one not in ripe]
        alive = [until for _, until in ripe if until >= unionpay.age]
        await sent(unionpay, *(asked(lease_until=NOW + until) for until in alive))
        assert len(unionpay.made) <= 1
        unionpay.pass_on(LEASE if calm else MINUTE * chance.choice([0, 0.2, 1, 3]))
    assert len(unionpay.made) == 1


def test_the_second_is_what_is_said_to_unionpay_and_what_it_must_answer() -> None:
    side, key = UnionpaySide(), second(70 * MINUTE)
    here, late = opened(side), refunding(key=key)
    for operation in (side.plugin.refund, side.plugin.query_refund):
        body = operation.call(late, here).body
        assert body is not None
        assert body["txnTime"] == key
        with pytest.raises(Unverifiable):
            outcome(side, here, operation, late, side.origin(REFUND_NO, "00", 500))
