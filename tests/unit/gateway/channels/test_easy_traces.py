"""`orgTrace`: one for one number, whatever the number of payments; and money proves its number."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import (
    MOMENT,
    NOW,
    OTHER_PAYMENT_NO,
    PAYMENT_NO,
    REFUND_NO,
    order,
    refunding,
    trade,
)
from tests.unit.gateway.channels.easy_side import EasySide
from tests.unit.gateway.channels.plugin_driver import opened, outcome

from chassis.problems import Overloaded
from contracts.api import Method
from contracts.internal import FindSerials, SerialList, SerialView
from gateway.calling.executor import Executor
from gateway.calling.serials import Serials
from gateway.channels.easy import PLUGIN
from gateway.channels.easy.traces import SERIALS, date_of, is_trace_of, of_question, trace_of
from gateway.channels.plugin import NotSent, Pending, Reply, Request, Serial, Unverifiable
from gateway.directory import ChannelAccount

ORG = "ORG000000001215"


def numbered(serial: int, at: datetime = NOW, payment_no: str = PAYMENT_NO) -> str:
    return trace_of(ORG, replace(trade(payment_no=payment_no), serial=Serial(serial, at)))


def test_a_second_of_the_busiest_day_has_no_two_payments_under_one_trace() -> None:
    """A hundred million a day are 1,160 a second; ten times that is still one trace each."""
    assert len({numbered(serial) for serial in range(9_000_000, 9_011_600)}) == 11_600
    assert len({numbered(serial) for serial in range(SERIALS - 5, SERIALS + 5)}) == 10


def test_what_moves_nothing_never_has_the_trace_of_money() -> None:
    money = {numbered(serial)[-6:] for serial in (0, 1, SERIALS - 1)}
    asked = {of_question(ORG, f"nonce {number}", NOW)[-6:] for number in range(500)}
    assert max(money) < min(asked)


def test_a_trace_has_the_prescribed_form_and_the_day_of_its_serial() -> None:
    drawn_at = datetime(2026, 1, 31, 16, 0, 1, tzinfo=UTC)  # already February in Beijing
    trace = numbered(1_234_567, drawn_at)
    assert trace == "ORG0121520260201000001434567"
    assert (len(trace), date_of(trace)) == (28, "20260201")
    assert is_trace_of(ORG, trace)
    assert not is_trace_of("ORG000000001216", trace)


def test_what_was_sent_before_there_were_serials_is_found_under_its_old_trace() -> None:
    assert trace_of(ORG, trade()) == trace_of(ORG, order())
    assert trace_of(ORG, trade()).startswith("ORG0121520260131120000")


def test_an_answer_under_the_same_trace_must_name_the_payment() -> None:
    """The trace of two old payments may be one; then one must not be paid by the other's money."""
    side = EasySide()
    account = opened(side)
    content = side.trade(PAYMENT_NO, "00")
    for info, is_ours in ((PAYMENT_NO, True), ("", True), (OTHER_PAYMENT_NO, False)):
        reply = side.answer(content, orgInfo=info)
        if is_ours:
            assert outcome(side, account, PLUGIN.query, trade(), reply)
        else:
            with pytest.raises(Unverifiable):
                outcome(side, account, PLUGIN.query, trade(), reply)
    refund = side.answer(side.trade(REFUND_NO, "00", 500), orgInfo=OTHER_PAYMENT_NO)
    with pytest.raises(Unverifiable):
        outcome(side, account, PLUGIN.query_refund, refunding(), refund)


# ── the serials themselves ──


class Book:
    """trade-core, as far as it keeps serials."""

    def __init__(self) -> None:
        self.drawn: dict[str, SerialView] = {}
        self.asked: list[FindSerials] = []
        self.is_away = False

    async def find(self, request: FindSerials) -> SerialList:
        if self.is_away:
            raise Overloaded("A service behind this one does not answer.")
        self.asked.append(request)
        if request.draw and request.draw not in self.drawn:
            number = 41 + len(self.drawn)
            at = NOW + timedelta(seconds=7)
            self.drawn[request.draw] = SerialView(number=request.draw, serial=number, drawn_at=at)
        return SerialList(items=[self.drawn[n] for n in request.numbers if n in self.drawn])


class Line:
    def __init__(self, side: EasySide) -> None:
        self.side, self.sent = side, list[Any]()

    async def send(self, request: Request, *, timeout_s: float) -> Reply:
        self.sent.append(json.loads(request.body))
        return self.side.prepared(Method.H5, PAYMENT_NO)


def gateway() -> tuple[Executor, Line, Book, ChannelAccount]:
    side, book = EasySide(), Book()
    line = Line(side)
    executor = Executor(
        line,
        now=lambda: MOMENT.now,
        monotonic=lambda: 0.0,
        tell=lambda alert: None,
        serials=Serials(book.find),
    )
    return executor, line, book, ChannelAccount("C1", "M1", True, PLUGIN, opened(side))


async def test_a_payment_draws_its_serial_before_it_is_sent_and_keeps_it() -> None:
    executor, line, book, here = gateway()
    for _ in range(2):
        assert isinstance(await executor.pay(here, order(Method.H5)), Pending)
    first, again = (sent["orgTrace"] for sent in line.sent)
    assert first == again
    assert first.endswith("120007000041")
    await executor.query(here, trade(Method.H5))
    assert line.sent[2]["bizData"] == {"oriOrgTrace": first, "oriBizDate": "20260131"}
    assert [each.draw for each in book.asked] == [PAYMENT_NO]


async def test_a_refund_draws_one_of_its_own() -> None:
    executor, line, book, here = gateway()
    await executor.pay(here, order(Method.H5))
    await executor.refund(here, refunding())
    paid, refund = line.sent
    assert refund["bizData"]["oriOrgTrace"] == paid["orgTrace"]
    assert refund["orgTrace"] != paid["orgTrace"]
    assert set(book.drawn) == {PAYMENT_NO, REFUND_NO}


async def test_a_question_draws_nothing() -> None:
    executor, _, book, here = gateway()
    await executor.query(here, trade(Method.H5))
    await executor.query_refund(here, refunding())
    assert book.drawn == {}


async def test_without_a_serial_nothing_is_sent() -> None:
    executor, line, book, here = gateway()
    book.is_away = True
    answered = await executor.pay(here, order(Method.H5))
    assert isinstance(answered, NotSent)
    assert (answered.code, answered.is_spoken, line.sent) == ("no_serial", False, [])
    book.is_away = False
    assert isinstance(await executor.pay(here, order(Method.H5)), Pending)


async def test_what_is_asked_at_once_has_one_serial() -> None:
    executor, line, _, here = gateway()
    await asyncio.gather(*(executor.pay(here, order(Method.H5)) for _ in range(5)))
    assert len({sent["orgTrace"] for sent in line.sent}) == 1
