"""What every plugin must make of answers, whatever the protocol: part of `conformance.py`."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import (
    MOMENT,
    NOW,
    OTHER_PAYMENT_NO,
    OTHER_REFUND_NO,
    PAYMENT_NO,
    REFUND_NO,
    Side,
    closing_trade,
    operations_of,
    order,
    refunding,
    trade,
)
from tests.unit.gateway.channels.plugin_driver import outcome

from contracts.api import Method
from contracts.money import Money
from gateway.channels.plugin import (
    Answer,
    Declined,
    HandOver,
    NotSent,
    Operation,
    Pending,
    Reply,
    Succeeded,
    Unknown,
    Unverifiable,
)

NO_ANSWERS = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"{",
    b'{"code":NaN}',
    b"<html>502 Bad Gateway</html>",
    b"\xff\xfe{}",
    b'{"a":' * 5000,
    b'{"code":{"x":[1]},"message":7}',
    b'{"code":"\\ud800","sign":"\\ud800","bizData":{"a":"\\ud800"}}',
    b'{"code":1e400,"sign":' + b"9" * 5000 + b"}",
]


class Answers:
    """Expects the fixtures `side` and `account`."""

    def test_an_initiation_waits_for_its_payer(self, side: Side, account: Any) -> None:
        for method, way in _asked_methods(side):
            answered = outcome(side, account, way, order(method), side.prepared(method, PAYMENT_NO))
            if method is Method.BARCODE and isinstance(answered, Succeeded):
                assert answered.amount == Money(1299, "CNY")
            else:
                assert isinstance(answered, Pending)
                assert answered.action is not None
                assert answered.action.type == way.action

    def test_a_paid_trade_is_told_with_its_amount_and_number(
        self, side: Side, account: Any
    ) -> None:
        answered = outcome(side, account, side.plugin.query, trade(), side.paid(PAYMENT_NO))
        assert isinstance(answered, Succeeded)
        assert answered.amount == Money(1299, "CNY")
        assert answered.channel_no
        assert answered.at == (NOW + timedelta(seconds=5) if side.tells_paid_at else None)

    def test_the_amount_is_the_channels_word(self, side: Side, account: Any) -> None:
        answered = outcome(side, account, side.plugin.query, trade(), side.paid(PAYMENT_NO, 1))
        assert isinstance(answered, Succeeded)
        assert answered.amount == Money(1, "CNY")

    def test_an_unpaid_trade_waits(self, side: Side, account: Any) -> None:
        answered = outcome(side, account, side.plugin.query, trade(), side.unpaid(PAYMENT_NO))
        assert isinstance(answered, Pending)
        assert answered.found

    def test_an_unheard_of_state_is_unknown(self, side: Side, account: Any) -> None:
        reply = side.of_unknown_state(PAYMENT_NO)
        answered = outcome(side, account, side.plugin.query, trade(), reply)
        assert isinstance(answered, Unknown)
        assert answered.code == "UNHEARD_OF"
        assert not answered.is_listed

    def test_a_closed_trade_is_closed(self, side: Side, account: Any) -> None:
        if side.plugin.close is not None:
            asked = closing_trade(side.plugin)
            reply = side.closed(asked.method, PAYMENT_NO)
            answered = outcome(side, account, side.plugin.close, asked, reply)
            assert answered in (Succeeded(), Succeeded(is_reversed=True))

    def test_a_taken_refund_is_under_way(self, side: Side, account: Any) -> None:
        reply = side.refund_taken(REFUND_NO, PAYMENT_NO)
        answered = outcome(side, account, side.plugin.refund, refunding(), reply)
        assert isinstance(answered, Pending)

    def test_a_returned_refund_has_succeeded(self, side: Side, account: Any) -> None:
        reply = side.refund_returned(REFUND_NO, PAYMENT_NO)
        answered = outcome(side, account, side.plugin.query_refund, refunding(), reply)
        assert isinstance(answered, Succeeded)
        assert answered.amount == Money(500, "CNY")

    def test_an_answer_about_another_trade_is_no_answer(self, side: Side, account: Any) -> None:
        plugin = side.plugin
        for operation, subject, reply in (
            (plugin.query, trade(), side.paid(OTHER_PAYMENT_NO)),
            (plugin.query_refund, refunding(), side.refund_returned(OTHER_REFUND_NO, PAYMENT_NO)),
        ):
            with pytest.raises(Unverifiable):
                outcome(side, account, operation, subject, reply)

    def test_an_unheard_of_code_is_unknown(self, side: Side, account: Any) -> None:
        for operation, subject in operations_of(side.plugin).values():
            answered = outcome(side, account, operation, subject, side.refused("UNHEARD_OF"))
            assert isinstance(answered, Unknown)
            assert answered.code == "UNHEARD_OF"
            assert not answered.is_listed

    @pytest.mark.parametrize("status", [200, 201, 202, 204, 301, 400, 404, 429, 500, 502, 503])
    def test_no_answer_is_never_a_yes_or_a_no(self, side: Side, account: Any, status: int) -> None:
        for body in NO_ANSWERS:
            _assert_no_word_counts(side, account, Reply(status, {}, body))

    @pytest.mark.parametrize("status", [500, 502, 503])
    def test_a_broken_server_is_never_a_yes_or_a_no(
        self, side: Side, account: Any, status: int
    ) -> None:
        """Even if what it says looks like an answer: it may have done the work."""
        for good in (side.paid(PAYMENT_NO), side.refused("PARAM_ERROR")):
            _assert_no_word_counts(side, account, Reply(status, good.headers, good.body))

    def test_a_tampered_answer_is_never_another_yes(self, side: Side, account: Any) -> None:
        reply = side.paid(PAYMENT_NO)
        honest = outcome(side, account, side.plugin.query, trade(), reply)
        for body in tampered(reply.body):
            try:
                answered = outcome(
                    side, account, side.plugin.query, trade(), Reply(200, reply.headers, body)
                )
            except Unverifiable:
                continue
            if side.signs_answers:
                # Outside what is signed a byte may change without changing what is said.
                assert answered == honest or isinstance(answered, Unknown | Declined | NotSent)
            else:
                # What cannot be the channel's still is no yes: of another payment, or no amount.
                assert PAYMENT_NO.encode() in body
                assert not isinstance(answered, Succeeded) or answered.amount is not None

    def test_what_nobody_signed_ends_nothing(self, side: Side, account: Any) -> None:
        """`unverified-ends-nothing`: whatever it says, and whatever was asked, we ask again."""
        for reply in side.unsigned():
            _assert_no_word_counts(side, account, reply)

    def test_a_yes_without_a_signature_is_no_yes(self, side: Side, account: Any) -> None:
        call = side.plugin.query.call(trade(), account)
        answer = side.plugin.wire.verify(side.paid(PAYMENT_NO), call, account, MOMENT)
        unsigned = Answer(answer.status, answer.content, answer.moment, signed=False)
        try:
            answered = side.plugin.query.outcome(unsigned, trade(), account)
        except Unverifiable:
            return
        assert isinstance(answered, Unknown)


def tampered(body: bytes) -> Iterator[bytes]:
    """Each byte changed in turn, then cut and lengthened."""
    for at in range(len(body)):
        yield body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    yield body[:-1]
    yield body + b" x"


def _asked_methods(side: Side) -> Iterator[tuple[Method, Operation[Any, Any]]]:
    for method, way in side.plugin.methods.items():
        if not isinstance(way, HandOver):
            yield method, way


def _assert_no_word_counts(side: Side, account: Any, reply: Reply) -> None:
    for operation, subject in operations_of(side.plugin).values():
        try:
            answered = outcome(side, account, operation, subject, reply)
        except Unverifiable:
            continue
        assert isinstance(answered, Unknown), (operation, reply, answered)
