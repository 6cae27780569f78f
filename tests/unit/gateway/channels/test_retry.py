"""Trouble that passes: the same call once more, within the time of the app that waits."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.unit.gateway.channels.alipay_side import AlipaySide
from tests.unit.gateway.channels.channel_side import NOW, order, refunding, trade
from tests.unit.gateway.channels.plugin_driver import opened
from tests.unit.gateway.channels.wechat_side import WechatSide
from tests.unit.gateway.harness import FakeTransport, Step

from contracts.api import Method
from gateway.calling.executor import PAUSES_S, PAY_LIMIT_S, Executor
from gateway.calling.transport import Broken, NotReached
from gateway.channels.plugin import Declined, NotSent, Outcome, Pending, Reply, Unknown
from gateway.directory import ChannelAccount

WECHAT, ALIPAY = WechatSide(), AlipaySide()


class Clock:
    """Time passes only by pauses, and by what a call `takes_s`."""

    def __init__(self, takes_s: float = 0.0) -> None:
        self.now_s = 0.0
        self.takes_s = takes_s
        self.pauses: list[float] = []

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now_s += seconds

    def monotonic(self) -> float:
        return self.now_s


class Line(FakeTransport):
    """A transport whose calls take the clock's time; remembers how long each might have taken."""

    def __init__(self, steps: list[Step], clock: Clock) -> None:
        super().__init__(steps)
        self.clock = clock
        self.timeouts: list[float] = []

    async def send(self, request: Any, *, timeout_s: float) -> Reply:
        self.timeouts.append(timeout_s)
        self.clock.now_s += self.clock.takes_s
        return await super().send(request, timeout_s=timeout_s)


def gateway(steps: list[Step], clock: Clock | None = None) -> tuple[Executor, Line]:
    clock = clock or Clock()
    line = Line(steps, clock)
    made = Executor(
        line, now=lambda: NOW, monotonic=clock.monotonic, tell=lambda _: None, pause=clock.pause
    )
    return made, line


def account_of(side: Any) -> ChannelAccount:
    return ChannelAccount("C1", "M1", True, side.plugin, opened(side))


def passing_failures() -> Iterator[tuple[str, Any, Reply]]:
    """What the channels' documents say is to be repeated."""
    for code, status in (("SYSTEM_ERROR", 500), ("FREQUENCY_LIMITED", 429)):
        yield f"wechat {code}", WECHAT, WECHAT.refused(code, status)
    yield "wechat 202", WECHAT, WECHAT.answer({}, 202)
    method = "alipay.trade.precreate"
    yield "alipay SYSTEM_ERROR", ALIPAY, ALIPAY.business_refusal(method, "SYSTEM_ERROR")
    for code, sub_code in (("20000", "aop.unknow-error"), ("40005", "isv.app-call-limited")):
        yield f"alipay {code}", ALIPAY, ALIPAY.gateway_refusal(method, code, sub_code)


PASSING_FAILURES = [
    pytest.param(side, failure, id=name) for name, side, failure in passing_failures()
]


@pytest.mark.parametrize(("side", "failure"), PASSING_FAILURES)
@pytest.mark.parametrize("times", [1, 2])
async def test_a_call_that_the_channel_asks_for_again_is_repeated_with_the_same_number(
    side: Any, failure: Reply, times: int
) -> None:
    requested = order()
    steps: list[Step] = [failure] * times
    executor, line = gateway([*steps, side.prepared(Method.NATIVE, requested.payment_no)])
    assert isinstance(await executor.pay(account_of(side), requested), Pending)
    bodies = [side.asked(request).content for request in line.sent]
    numbers = {body["out_trade_no"] for body in bodies}
    assert (len(bodies), numbers) == (times + 1, {requested.payment_no})


@pytest.mark.parametrize(("side", "failure"), PASSING_FAILURES)
async def test_failure_that_does_not_pass_is_told_after_two_repeats(
    side: Any, failure: Reply
) -> None:
    executor, line = gateway([failure])
    outcome = await executor.pay(account_of(side), order())
    assert isinstance(outcome, NotSent | Unknown)
    assert outcome.is_passing
    assert len(line.sent) == 1 + len(PAUSES_S)


@pytest.mark.parametrize(("side", "failure"), PASSING_FAILURES)
async def test_a_payment_code_is_never_scanned_again_where_it_may_have_been_taken(
    side: Any, failure: Reply
) -> None:
    executor, line = gateway([failure])
    outcome = await executor.pay(account_of(side), order(Method.BARCODE))
    assert len(line.sent) == 1 or isinstance(outcome, NotSent)


async def test_all_repeats_together_end_within_the_time_of_the_app() -> None:
    clock = Clock(takes_s=4.0)
    executor, line = gateway([WECHAT.refused("SYSTEM_ERROR", 500)], clock)
    assert isinstance(await executor.pay(account_of(WECHAT), order()), Unknown)
    assert len(line.sent) == 2
    assert clock.now_s <= PAY_LIMIT_S
    assert line.timeouts == [PAY_LIMIT_S, PAY_LIMIT_S - 4.0 - PAUSES_S[0]]


@pytest.mark.parametrize(
    "then",
    [
        NotReached("no connection"),
        Broken("reset"),
        WECHAT.refused("FREQUENCY_LIMITED", 429),
        WECHAT.refused("PARAM_ERROR"),
    ],
    ids=["not reached", "broken", "limited", "declined"],
)
async def test_what_may_have_been_done_stays_unknown_whatever_the_repeat_meets(then: Step) -> None:
    executor, _ = gateway([WECHAT.refused("SYSTEM_ERROR", 500), then])
    assert isinstance(await executor.pay(account_of(WECHAT), order()), Unknown)


async def test_what_was_surely_not_done_may_be_declined_by_the_repeat() -> None:
    limited, declined = WECHAT.refused("FREQUENCY_LIMITED", 429), WECHAT.refused("PARAM_ERROR")
    executor, _ = gateway([limited, declined])
    assert isinstance(await executor.pay(account_of(WECHAT), order()), Declined)


@pytest.mark.parametrize("name", ["query", "close", "refund", "query_refund"])
async def test_what_trade_core_asks_again_by_its_own_clock_is_asked_once(name: str) -> None:
    executor, line = gateway([WECHAT.refused("SYSTEM_ERROR", 500)])
    subject = refunding() if "refund" in name else trade()
    outcome: Outcome = await getattr(executor, name)(account_of(WECHAT), subject)
    assert isinstance(outcome, Unknown)
    assert len(line.sent) == 1
