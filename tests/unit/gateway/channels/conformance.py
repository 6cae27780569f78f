"""What every channel plugin must do, whatever its protocol: inherited by the tests of each channel.

`class TestWechat(Conformance): make_side = WechatSide` is all a channel adds; its `Side` speaks the
channel's protocol from the other end. Methods and operations are taken from the plugin itself.
"""

from collections.abc import Iterator
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
    operations_of,
    order,
    refunding,
    trade,
)

from contracts.api import Method
from contracts.money import Money
from gateway.channels.plugin import (
    Answer,
    Declined,
    HandOver,
    Moment,
    NoticedPayment,
    NotSent,
    Operation,
    Outcome,
    Pending,
    RawNotice,
    Reply,
    Request,
    Succeeded,
    Unknown,
    Unverifiable,
)

SUBJECTS = [
    "物业费 11月",
    "a/b=c&d",
    "50% + 50% = 100%",
    '"quoted" \\ back',
    "<b>粗</b>",
    "🏠🔥 ​",
    "é" * 127,
    "费" * 127,
    "&" * 127,
]
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


class Conformance:
    """`make_side` makes the other end; everything else is inherited."""

    make_side: type[Any]

    @pytest.fixture(scope="class")
    @classmethod
    def side(cls) -> Side:
        side: Side = cls.make_side()
        return side

    @pytest.fixture(scope="class")
    @classmethod
    def account(cls, side: Side) -> Any:
        return side.plugin.open_account(side.plugin.credentials.model_validate(side.credentials()))

    # ── requests ──

    def test_every_request_is_signed_as_the_channel_reads_it(
        self, side: Side, account: Any
    ) -> None:
        for operation, subject in operations_of(side.plugin).values():
            call = operation.call(subject, account)
            side.asked(side.plugin.wire.sign(call, account, MOMENT))

    def test_a_changed_request_is_not_signed(self, side: Side, account: Any) -> None:
        call = side.plugin.refund.call(refunding(), account)
        request = side.plugin.wire.sign(call, account, MOMENT)
        dearer = request.body.replace(b"500", b"501").replace(b"5.00", b"5.01")
        forged = Request(request.verb, request.url, request.headers, dearer)
        assert dearer != request.body
        with pytest.raises(AssertionError):
            side.asked(forged)

    def test_a_repeat_asks_for_the_same(self, side: Side, account: Any) -> None:
        for operation, subject in operations_of(side.plugin).values():
            assert operation.call(subject, account) == operation.call(subject, account)

    @pytest.mark.parametrize("subject", SUBJECTS)
    def test_any_subject_can_be_asked_for(self, side: Side, account: Any, subject: str) -> None:
        for method, way in side.plugin.methods.items():
            call = way.call(order(method, subject=subject), account)
            request = side.plugin.wire.sign(call, account, MOMENT)
            if not isinstance(way, HandOver):
                side.asked(request)

    def test_a_payment_that_ends_at_once_can_be_asked_for(self, side: Side, account: Any) -> None:
        for method, way in side.plugin.methods.items():
            call = way.call(order(method, expires_at=NOW), account)
            side.plugin.wire.sign(call, account, MOMENT)

    def test_what_a_method_does_not_need_may_be_absent(self, side: Side, account: Any) -> None:
        for method, way in side.plugin.methods.items():
            details = ("openid", "auth_code", "client_ip")
            absent = {name: None for name in details if name not in way.needs}
            call = way.call(order(method, return_url=None, **absent), account)
            side.plugin.wire.sign(call, account, MOMENT)

    # ── answers ──

    def test_an_initiation_waits_for_its_payer(self, side: Side, account: Any) -> None:
        for method, way in _asked_methods(side):
            said = _outcome(side, account, way, order(method), side.prepared(method, PAYMENT_NO))
            if method is Method.BARCODE:
                assert isinstance(said, Succeeded)
                assert said.amount == Money(1299, "CNY")
            else:
                assert isinstance(said, Pending)
                assert said.action is not None

    def test_a_paid_trade_is_told_with_its_amount_and_number(
        self, side: Side, account: Any
    ) -> None:
        said = _outcome(side, account, side.plugin.query, trade(), side.paid(PAYMENT_NO))
        assert isinstance(said, Succeeded)
        assert said.amount == Money(1299, "CNY")
        assert said.channel_no
        assert said.at is not None
        assert (said.at - NOW).total_seconds() == 5

    def test_the_amount_is_the_channels_word(self, side: Side, account: Any) -> None:
        said = _outcome(side, account, side.plugin.query, trade(), side.paid(PAYMENT_NO, 1))
        assert isinstance(said, Succeeded)
        assert said.amount == Money(1, "CNY")

    def test_an_unpaid_trade_waits(self, side: Side, account: Any) -> None:
        said = _outcome(side, account, side.plugin.query, trade(), side.unpaid(PAYMENT_NO))
        assert isinstance(said, Pending)
        assert said.found

    def test_an_unheard_of_state_is_unknown(self, side: Side, account: Any) -> None:
        reply = side.of_unknown_state(PAYMENT_NO)
        said = _outcome(side, account, side.plugin.query, trade(), reply)
        assert isinstance(said, Unknown)
        assert said.code == "UNHEARD_OF"

    def test_a_closed_trade_is_closed(self, side: Side, account: Any) -> None:
        if side.plugin.close is not None:
            reply = side.closed(Method.NATIVE, PAYMENT_NO)
            said = _outcome(side, account, side.plugin.close, trade(), reply)
            assert said == Succeeded()

    def test_a_taken_refund_is_under_way(self, side: Side, account: Any) -> None:
        reply = side.refund_taken(REFUND_NO, PAYMENT_NO)
        said = _outcome(side, account, side.plugin.refund, refunding(), reply)
        assert isinstance(said, Pending)

    def test_a_returned_refund_has_succeeded(self, side: Side, account: Any) -> None:
        reply = side.refund_returned(REFUND_NO, PAYMENT_NO)
        said = _outcome(side, account, side.plugin.query_refund, refunding(), reply)
        assert isinstance(said, Succeeded)
        assert said.amount == Money(500, "CNY")

    def test_an_answer_about_another_trade_is_no_answer(self, side: Side, account: Any) -> None:
        plugin = side.plugin
        for operation, subject, reply in (
            (plugin.query, trade(), side.paid(OTHER_PAYMENT_NO)),
            (plugin.query_refund, refunding(), side.refund_returned(OTHER_REFUND_NO, PAYMENT_NO)),
        ):
            with pytest.raises(Unverifiable):
                _outcome(side, account, operation, subject, reply)

    def test_an_unheard_of_code_is_unknown(self, side: Side, account: Any) -> None:
        for operation, subject in operations_of(side.plugin).values():
            said = _outcome(side, account, operation, subject, side.refused("UNHEARD_OF"))
            assert isinstance(said, Unknown)
            assert said.code == "UNHEARD_OF"

    @pytest.mark.parametrize("status", [200, 201, 202, 204, 301, 400, 404, 429, 500, 502, 503])
    def test_no_answer_is_never_a_yes_or_a_no(self, side: Side, account: Any, status: int) -> None:
        for body in NO_ANSWERS:
            _assert_nothing_is_said(side, account, Reply(status, {}, body))

    @pytest.mark.parametrize("status", [500, 502, 503])
    def test_a_broken_server_is_never_a_yes_or_a_no(
        self, side: Side, account: Any, status: int
    ) -> None:
        """Even if what it says looks like an answer: it may have done the work."""
        for good in (side.paid(PAYMENT_NO), side.refused("PARAM_ERROR")):
            _assert_nothing_is_said(side, account, Reply(status, good.headers, good.body))

    def test_a_tampered_answer_is_never_another_yes(self, side: Side, account: Any) -> None:
        reply = side.paid(PAYMENT_NO)
        honest = _outcome(side, account, side.plugin.query, trade(), reply)
        for body in _tampered(reply.body):
            try:
                said = _outcome(
                    side, account, side.plugin.query, trade(), Reply(200, reply.headers, body)
                )
            except Unverifiable:
                continue
            # Outside what is signed a byte may change without changing what is said.
            assert said == honest or isinstance(said, Unknown | Declined | NotSent)

    def test_a_yes_without_a_signature_is_no_yes(self, side: Side, account: Any) -> None:
        answer = _verified(side, account, side.paid(PAYMENT_NO))
        unsigned = Answer(answer.status, answer.content, answer.moment, signed=False)
        try:
            said = side.plugin.query.outcome(unsigned, trade(), account)
        except Unverifiable:
            return
        assert isinstance(said, Unknown)

    # ── notices ──

    def test_a_notice_of_payment_is_read(self, side: Side, account: Any) -> None:
        [noticed] = side.plugin.notices.read(side.paid_notice(PAYMENT_NO), account, MOMENT)
        assert isinstance(noticed, NoticedPayment)
        assert noticed.payment_no == PAYMENT_NO
        assert isinstance(noticed.outcome, Succeeded)
        assert noticed.outcome.amount == Money(1299, "CNY")
        assert noticed.outcome.channel_no

    def test_a_notice_tells_the_wrong_amount_too(self, side: Side, account: Any) -> None:
        [noticed] = side.plugin.notices.read(side.paid_notice(PAYMENT_NO, 1), account, MOMENT)
        assert isinstance(noticed.outcome, Succeeded)
        assert noticed.outcome.amount == Money(1, "CNY")

    def test_the_same_notice_reads_the_same_again(self, side: Side, account: Any) -> None:
        notice = side.paid_notice(PAYMENT_NO)
        read = side.plugin.notices.read
        assert read(notice, account, MOMENT) == read(notice, account, MOMENT)

    def test_a_tampered_notice_is_refused(self, side: Side, account: Any) -> None:
        notice = side.paid_notice(PAYMENT_NO)
        honest = side.plugin.notices.read(notice, account, MOMENT)
        for body in _tampered(notice.body):
            try:
                read = side.plugin.notices.read(RawNotice(notice.headers, body), account, MOMENT)
            except Unverifiable:
                continue
            assert read == honest

    @pytest.mark.parametrize("body", NO_ANSWERS)
    def test_what_is_no_notice_is_refused(self, side: Side, account: Any, body: bytes) -> None:
        headers = side.paid_notice(PAYMENT_NO).headers
        with pytest.raises(Unverifiable):
            side.plugin.notices.read(RawNotice(headers, body), account, MOMENT)

    def test_a_notice_for_another_merchant_is_refused(self, side: Side, account: Any) -> None:
        notice = side.notice_for_another_merchant(PAYMENT_NO)
        with pytest.raises(Unverifiable):
            side.plugin.notices.read(notice, account, MOMENT)

    def test_a_notice_signed_by_somebody_else_is_refused(self, side: Side, account: Any) -> None:
        stranger: Side = self.make_side()
        with pytest.raises(Unverifiable):
            side.plugin.notices.read(stranger.paid_notice(PAYMENT_NO), account, MOMENT)

    def test_a_notice_of_an_unheard_of_state_is_refused(self, side: Side, account: Any) -> None:
        """So that it comes again; meanwhile the query is asked."""
        notice = side.notice_of_unknown_state(PAYMENT_NO)
        with pytest.raises(Unverifiable):
            side.plugin.notices.read(notice, account, MOMENT)

    def test_only_acceptance_is_a_2xx(self, side: Side) -> None:
        assert side.plugin.notices.accept.status in (200, 204)
        assert side.plugin.notices.refuse.status >= 500

    # ── the plugin as data ──

    def test_offers_and_hosted_methods_are_methods_of_the_plugin(self, side: Side) -> None:
        plugin = side.plugin
        assert set(plugin.offers) | set(plugin.hosted) <= set(plugin.methods)

    def test_the_channels_own_addresses_are_accepted_by_its_credentials(self, side: Side) -> None:
        for name, urls in side.plugin.own_urls.items():
            for url in urls:
                changed = side.credentials() | {name: url}
                model = side.plugin.credentials.model_validate(changed)
                assert getattr(model, name) == url

    def test_secrets_are_not_shown(self, side: Side, account: Any) -> None:
        model = side.plugin.credentials.model_validate(side.credentials())
        secrets = [
            value
            for name, value in side.credentials().items()
            if "private_key" in name or name == "apiv3_key"
        ]
        assert secrets
        for secret in secrets:
            assert secret not in f"{model!r} {model} {account!r}"


def _asked_methods(side: Side) -> Iterator[tuple[Method, Operation[Any, Any]]]:
    for method, way in side.plugin.methods.items():
        if not isinstance(way, HandOver):
            yield method, way


def _verified(side: Side, account: Any, reply: Reply, moment: Moment = MOMENT) -> Answer:
    call = side.plugin.query.call(trade(), account)
    return side.plugin.wire.verify(reply, call, account, moment)


def _outcome(
    side: Side, account: Any, operation: Operation[Any, Any], subject: Any, reply: Reply
) -> Outcome:
    """As the executor does; what it takes for Unknown is raised here."""
    call = operation.call(subject, account)
    answer = side.plugin.wire.verify(reply, call, account, MOMENT)
    return operation.outcome(answer, subject, account)


def _assert_nothing_is_said(side: Side, account: Any, reply: Reply) -> None:
    for operation, subject in operations_of(side.plugin).values():
        try:
            said = _outcome(side, account, operation, subject, reply)
        except Unverifiable:
            continue
        assert isinstance(said, Unknown), (operation, reply, said)


def _tampered(body: bytes) -> Iterator[bytes]:
    """Each byte changed in turn, then cut and lengthened."""
    for at in range(len(body)):
        yield body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    yield body[:-1]
    yield body + b" x"
