"""What the gateway makes of a channel that is slow, gone or broken: part of `conformance.py`."""

from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import (
    MOMENT,
    NOTIFY_URL,
    NOW,
    Side,
    closing_trade,
    operations_of,
    order,
    refunding,
    trade,
    undoing,
)
from tests.unit.gateway.harness import FakeTransport, Step

from gateway.calling.executor import Executor
from gateway.calling.transport import Broken, NotReached
from gateway.channels.plugin import HandOver, NotSent, Outcome, Serial, Unknown
from gateway.directory import ChannelAccount

FOR_SERVERS = {"notify_url", "notifyUrl", "backUrl"}
"""What channels call the address to which their servers post."""

BYTES_OF_A_URL = 256
"""As long as our own address for notifications may become."""


class Calls:
    """Expects the fixtures `side` and `account`."""

    @pytest.mark.parametrize("fault", [Broken("timed out"), Broken("the answer was cut off")])
    async def test_a_timeout_is_unknown_never_failed(
        self, side: Side, account: Any, fault: Step
    ) -> None:
        for outcome in await _asked_all(side, account, fault):
            assert isinstance(outcome, Unknown), outcome

    async def test_what_was_never_reached_was_not_sent(self, side: Side, account: Any) -> None:
        for outcome in await _asked_all(side, account, NotReached("no route")):
            assert isinstance(outcome, NotSent), outcome
            assert not outcome.is_spoken

    def test_a_long_address_is_sent_whole(self, side: Side, account: Any) -> None:
        """What is told to the wrong address, or to half of one, is lost."""
        address = f"https://pay.example/webhooks/{'c' * BYTES_OF_A_URL}"[:BYTES_OF_A_URL]
        for method, way in side.plugin.methods.items():
            call = way.call(order(method, notify_url=address), account)
            request = side.plugin.wire.sign(call, account, MOMENT)
            if not isinstance(way, HandOver):
                side.asked(request)

    def test_no_browser_is_sent_to_our_webhook(self, side: Side, account: Any) -> None:
        """Who had just paid saw an error of a programme, or "ok"."""
        for method, way in side.plugin.methods.items():
            call = way.call(order(method, return_url=None), account)
            sent = {**(call.query or {}), **(call.body if isinstance(call.body, dict) else {})}
            named = {name for name, value in sent.items() if value == NOTIFY_URL}
            assert named <= FOR_SERVERS, method

    def test_no_number_of_ours_is_cut(self, side: Side, account: Any) -> None:
        """Of all that is sent, our numbers are what the answer is compared by."""
        for name, (operation, subject) in operations_of(side.plugin).items():
            call = operation.call(subject, account)
            sent = f"{call.target} {call.query} {call.body}"
            number = subject.refund_no if name in ("refund", "undo") else ""
            assert number in sent or side.plugin.has_serials, name


async def _asked_all(side: Side, account: Any, fault: Step) -> list[Outcome]:
    """Every operation of the plugin, asked over a line that has this trouble."""
    here = ChannelAccount("C1", "M1", True, side.plugin, account)
    ask = Executor(
        FakeTransport([fault]), now=lambda: NOW, monotonic=lambda: 0.0, tell=lambda _: None
    )
    serial = Serial(1, NOW) if side.plugin.has_serials else None
    paid = [
        await ask.pay(here, order(method, serial=serial))
        for method, way in side.plugin.methods.items()
        if not isinstance(way, HandOver)
    ]
    asked = [
        await ask.query(here, trade()),
        await ask.refund(here, refunding()),
        await ask.query_refund(here, refunding()),
        await ask.refund(here, undoing()),
        await ask.query_refund(here, undoing()),
    ]
    closing = closing_trade(side.plugin)
    return paid + asked + ([await ask.close(here, closing)] if side.plugin.close else [])
