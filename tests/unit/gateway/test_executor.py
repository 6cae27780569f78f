"""Whatever happens on the way to a channel ends as one of five outcomes."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from tests.unit.gateway.harness import (
    NOW,
    FakeTransport,
    FakeWire,
    HangingTransport,
    Step,
    fake_plugin,
    operation,
    reply,
)

from contracts.actions import QrCodeAction
from contracts.api import Method
from contracts.events.alerts import Alert
from contracts.money import Money
from gateway.calling.bulkhead import MAX_CALLS_PER_ACCOUNT, THRESHOLD
from gateway.calling.executor import MAX_PAGES, Executor
from gateway.calling.transport import Broken, NotReached
from gateway.channels.meanings import unlisted_code
from gateway.channels.plugin import (
    Answer,
    Call,
    Declined,
    FormerQuery,
    HandOver,
    Moment,
    Notified,
    NotifiedPayment,
    NotSent,
    Operation,
    Outcome,
    PayOrder,
    Pending,
    RawNotification,
    Refunding,
    Reply,
    Request,
    Succeeded,
    Trade,
    Unknown,
)
from gateway.directory import ChannelAccount

ORDER = PayOrder(
    payment_no="P1",
    amount=Money(1299, "CNY"),
    subject="物业费",
    method=Method.NATIVE,
    created_at=NOW,
    expires_at=NOW + timedelta(hours=2),
    notify_url="https://pay.example/webhooks/fake/C1",
    landing_url="https://cashier.example/pay/landing",
)
TRADE = Trade("P1", Money(1299, "CNY"), Method.NATIVE, NOW, NOW + timedelta(hours=2))


def account(payment_id: str = "C1", **plugin: Any) -> ChannelAccount:
    return ChannelAccount(payment_id, "M1", True, fake_plugin(**plugin), "key")


def over(transport: FakeTransport, kept: list[Alert] | None = None) -> Executor:
    outcome_of = kept if kept is not None else []
    return Executor(transport, now=lambda: NOW, monotonic=lambda: 0.0, tell=outcome_of.append)


def executor(*steps: Step) -> Executor:
    return over(FakeTransport(list(steps)))


@pytest.mark.parametrize(
    ("step", "outcome"),
    [
        (reply({"pay": "weixin://x"}), Pending(QrCodeAction(qr_code="weixin://x"), "T1")),
        (reply({"paid": 1299}), Succeeded("T1", Money(1299, "CNY"), NOW)),
        (reply({"no": "NOT_ENOUGH"}), Declined("NOT_ENOUGH", "no money")),
        (NotReached("no connection"), NotSent("not_reached", "no connection", is_spoken=False)),
        (Broken("reset"), Unknown("no_answer", "reset", is_spoken=False)),
        (
            Reply(200, {}, b"forged"),
            Unknown("unverifiable", "the signature is wrong", is_spoken=False),
        ),
        (
            Reply(502, {}, b"<html>"),
            Unknown("unreadable", "the answer makes no sense", is_spoken=False),
        ),
        (
            reply({"strange": 1}),
            Unknown("unreadable", "the answer makes no sense", is_spoken=False),
        ),
    ],
)
async def test_every_end_of_a_call_is_one_of_five(step: Step, outcome: Outcome) -> None:
    assert await executor(step).pay(account(), ORDER) == outcome
    assert await executor(step).query(account(), TRADE) == outcome


@pytest.mark.parametrize("is_former", [True, False])
async def test_what_an_earlier_release_may_have_named_otherwise_is_asked_about_so_too(
    is_former: bool,
) -> None:
    former = FormerQuery(lambda *_: is_former, operation("/former"))
    transport = FakeTransport([reply({"pay": "x"}), reply({"paid": 1299})])
    known = await over(transport).query(account(former_query=former), TRADE)
    paths = [urlsplit(each.url).path for each in transport.sent]
    assert paths == (["/query", "/former"] if is_former else ["/query"])
    assert isinstance(known, Succeeded if is_former else Pending)


@pytest.mark.parametrize("pages", [1, 3, MAX_PAGES + 9])
async def test_a_list_is_asked_for_page_by_page_and_ends_somewhere(pages: int) -> None:
    """And is as old as its first page: what was made since stands before that."""

    def read_page(answer: Answer, asked: Trade, account: str) -> Outcome:
        following = answer.content["next"]
        if not following:
            return Succeeded("T1")
        return Unknown("crowded", "…", is_spoken=False, next_page=Call("GET", f"/list/{following}"))

    steps = [reply({"next": number}) for number in range(pages - 1, -1, -1)]
    transport, moments = FakeTransport(list(steps)), iter(range(10_000))
    asking = Executor(
        transport,
        now=lambda: NOW + timedelta(seconds=next(moments)),
        monotonic=lambda: 0.0,
        tell=lambda _: None,
    )
    listed: Operation[Trade, str] = Operation(lambda *_: Call("GET", "/list"), read_page)
    known = await asking.query(account(query=listed), TRADE)
    assert isinstance(known, Unknown if pages > MAX_PAGES else Succeeded)
    assert len(transport.sent) == min(pages, MAX_PAGES + 1)
    assert known.asked_at == NOW
    assert known.said_at is not None
    assert known.said_at > NOW + timedelta(seconds=pages if pages < MAX_PAGES else MAX_PAGES)


class TwoAddresses(FakeWire):
    def sign(self, call: Call, account: str, moment: Moment) -> Request:
        return replace(super().sign(call, account, moment), spare_url="https://spare.example/pay")


async def test_a_channel_is_asked_at_its_other_address_when_the_first_is_not_reached() -> None:
    transport = FakeTransport([NotReached("no connection"), reply({"paid": 1299})])
    answered = await over(transport).pay(account(wire=TwoAddresses()), ORDER)
    assert isinstance(answered, Succeeded)
    first, second = transport.sent
    assert second == replace(first, url="https://spare.example/pay")


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ([Broken("reset"), reply({"paid": 1299})], Unknown),
        ([NotReached("no"), Broken("reset"), reply({"paid": 1299})], Unknown),
        ([NotReached("no"), NotReached("no"), reply({"paid": 1299})], NotSent),
    ],
)
async def test_what_may_have_been_sent_is_not_sent_to_the_other_address(
    steps: list[Step], kind: type[Outcome]
) -> None:
    answered = await over(FakeTransport(steps)).query(account(wire=TwoAddresses()), TRADE)
    assert isinstance(answered, kind)


@pytest.mark.parametrize(("took_s", "given_s"), [(3.0, [10.0, 7.0]), (9.5, [10.0])])
async def test_an_other_address_gets_the_time_that_is_left(
    took_s: float, given_s: list[float]
) -> None:
    class Slow(FakeTransport):
        async def send(self, request: Request, *, timeout_s: float) -> Reply:
            given.append(timeout_s)
            clock[0] += took_s
            return await super().send(request, timeout_s=timeout_s)

    given: list[float] = []
    clock = [100.0]
    transport = Slow([NotReached("no connection in time"), reply({"paid": 1299})])
    slow = Executor(transport, now=lambda: NOW, monotonic=lambda: clock[0], tell=print)
    await slow.query(account(wire=TwoAddresses()), TRADE)
    assert given == given_s


async def test_what_cannot_be_said_to_the_channel_was_not_sent() -> None:
    def call(*_: object) -> Call:
        raise ValueError("a secret")

    mute = account(methods={Method.NATIVE: Operation(call, operation("/pay").outcome)})
    with capture_logs() as logged:
        outcome = await executor(reply({})).pay(mute, ORDER)
    assert isinstance(outcome, NotSent)
    assert "a secret" not in str(logged)


async def test_a_hand_over_is_signed_and_never_sent() -> None:
    def outcome(request: Request) -> Pending:
        return Pending(QrCodeAction(qr_code=request.url))

    transport = FakeTransport([Broken("must not be asked")])
    method: HandOver[str] = HandOver(lambda _, __: Call("POST", "/page"), outcome)
    answer = await over(transport).pay(account(methods={Method.NATIVE: method}), ORDER)
    assert answer == Pending(QrCodeAction(qr_code="https://fake.example/page"))
    assert transport.sent == []


async def test_a_channel_that_cannot_close_is_not_asked_to() -> None:
    assert await executor(reply({})).close(account(close=None), TRADE) == NotSent(
        "no_close", "this channel cannot close", is_spoken=False
    )


async def test_refunds_go_the_same_way() -> None:
    refunding = Refunding(TRADE, "R1", Money(1, "CNY"), NOW, "https://pay.example")
    assert await executor(Broken("reset")).refund(account(), refunding) == Unknown(
        "no_answer", "reset", is_spoken=False
    )
    assert isinstance(
        await executor(reply({"paid": 1})).query_refund(account(), refunding), Succeeded
    )


async def test_an_account_that_hangs_holds_only_its_own_places() -> None:
    transport = HangingTransport(reply({"paid": 1299}))
    busy = over(transport)
    hanging = [
        asyncio.ensure_future(busy.query(account(), TRADE)) for _ in range(MAX_CALLS_PER_ACCOUNT)
    ]
    for _ in hanging:
        await transport.arrived.get()
    refused = await busy.query(account(), TRADE)
    assert isinstance(refused, NotSent)
    assert refused.code == "busy"
    other = asyncio.ensure_future(busy.query(account("C2"), TRADE))
    await transport.arrived.get()
    transport.released.set()
    assert all(isinstance(each, Succeeded) for each in await asyncio.gather(*hanging, other))


async def test_an_account_that_never_answers_is_left_alone() -> None:
    dead = FakeTransport([Broken("reset")])
    careful = over(dead)
    outcomes = [await careful.query(account(), TRADE) for _ in range(THRESHOLD + 1)]
    assert [type(each) for each in outcomes] == [Unknown] * THRESHOLD + [NotSent]
    assert len(dead.sent) == THRESHOLD
    assert isinstance(await careful.query(account("C2"), TRADE), Unknown)


async def test_one_line_tells_of_one_outcome_without_its_words() -> None:
    with capture_logs() as logged:
        await executor(reply({"no": "NOT_ENOUGH"})).pay(account(), ORDER)
    (line,) = [entry for entry in logged if entry["event"] == "channel.outcome"]
    assert line["outcome"] == "declined"
    assert line["code"] == "NOT_ENOUGH"
    assert "no money" not in str(line)


async def test_a_code_of_no_table_is_counted_each_time_and_told_once() -> None:
    kept: list[Alert] = []
    plain = operation("/query")
    strange = account(query=Operation(plain.call, lambda *_: unlisted_code("NEW_CODE", "?")))
    curious = over(FakeTransport([reply({})]), kept)
    before = _unlisted_codes()
    for _ in range(3):
        assert isinstance(await curious.query(strange, TRADE), Unknown)
    assert _unlisted_codes() - before == 3
    assert [alert.key for alert in kept] == ["channel:unlisted-code:fake:query:NEW_CODE"]


async def test_trouble_on_the_way_is_no_unlisted_code() -> None:
    kept: list[Alert] = []
    assert isinstance(
        await over(FakeTransport([Broken("x")]), kept).query(account(), TRADE), Unknown
    )
    assert kept == []


def _unlisted_codes() -> float:
    labels = {"channel": "fake", "operation": "query"}
    return REGISTRY.get_sample_value("paymesh_channel_unlisted_codes_total", labels) or 0.0


async def test_a_word_is_dated_from_the_question_to_its_answer() -> None:
    """`later-wins`: not true before it was asked for, and not after it was read."""
    seconds = iter(range(100))

    def now() -> datetime:
        return NOW + timedelta(seconds=next(seconds))

    asking = Executor(
        FakeTransport([reply({"paid": 1299}), Broken("reset")]),
        now=now,
        monotonic=lambda: 0.0,
        tell=lambda alert: None,
    )
    paid, lost = await asking.query(account(), TRADE), await asking.query(account(), TRADE)
    for one in (paid, lost):
        assert one.asked_at
        assert one.said_at
        assert one.asked_at < one.said_at
    assert (paid.asked_at, lost.asked_at) == (NOW, NOW + timedelta(seconds=4))


@pytest.mark.parametrize(
    ("kept", "asked_at", "said_at"),
    [
        (None, NOW, NOW),
        (NOW - timedelta(seconds=9), NOW - timedelta(seconds=9), NOW - timedelta(seconds=9)),
        (NOW + timedelta(seconds=9), NOW, NOW),  # the channel's clock is ahead
    ],
)
async def test_a_notification_has_the_channels_time_or_that_of_its_receipt(
    kept: datetime | None, asked_at: datetime, said_at: datetime
) -> None:
    def read(*_: object) -> list[Notified]:
        return [NotifiedPayment("P1", Succeeded("T1", asked_at=kept, said_at=kept))]

    notifications = replace(fake_plugin().notifications, read=read)
    [notified] = await executor().read_notification(
        account(notifications=notifications), RawNotification({}, b"")
    )
    assert (notified.outcome.asked_at, notified.outcome.said_at) == (asked_at, said_at)
