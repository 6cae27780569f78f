"""What every channel plugin must do, whatever its protocol: inherited by the tests of each channel.

All that a channel adds is its `Side`, which speaks the channel's protocol from the other end; it
is found by its file. Methods and operations are taken from the plugin itself.
"""

from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import (
    MOMENT,
    NOW,
    PAYMENT_NO,
    Side,
    operations_of,
    order,
    refunding,
    trade,
)
from tests.unit.gateway.channels.conformance_answers import NO_ANSWERS, Answers, tampered
from tests.unit.gateway.channels.conformance_calls import Calls
from tests.unit.gateway.channels.conformance_forms import Forms
from tests.unit.gateway.channels.conformance_odd import OddValues
from tests.unit.gateway.channels.conformance_splits import SplitAnswers
from tests.unit.gateway.channels.conformance_undo import Undos

from contracts.money import Money
from gateway.channels.plugin import (
    HandOver,
    NotifiedPayment,
    RawNotification,
    Request,
    Succeeded,
    Unverifiable,
)
from gateway.channels.plugin.forms import SECRET

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


class Conformance(Answers, Calls, OddValues, SplitAnswers, Undos, Forms):
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
        side.asked(request)
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

    # ── notifications ──

    def test_a_notification_of_payment_is_read(self, side: Side, account: Any) -> None:
        [notified] = side.plugin.notifications.read(
            side.paid_notification(PAYMENT_NO), account, MOMENT
        )
        assert isinstance(notified, NotifiedPayment)
        assert notified.payment_no == PAYMENT_NO
        assert isinstance(notified.outcome, Succeeded)
        assert notified.outcome.amount == Money(1299, "CNY")
        assert notified.outcome.channel_no

    def test_a_notification_tells_the_wrong_amount_too(self, side: Side, account: Any) -> None:
        [notified] = side.plugin.notifications.read(
            side.paid_notification(PAYMENT_NO, 1), account, MOMENT
        )
        assert isinstance(notified.outcome, Succeeded)
        assert notified.outcome.amount == Money(1, "CNY")

    def test_the_same_notification_reads_the_same_again(self, side: Side, account: Any) -> None:
        notification = side.paid_notification(PAYMENT_NO)
        read = side.plugin.notifications.read
        assert read(notification, account, MOMENT) == read(notification, account, MOMENT)

    def test_a_tampered_notification_is_refused(self, side: Side, account: Any) -> None:
        notification = side.paid_notification(PAYMENT_NO)
        honest = side.plugin.notifications.read(notification, account, MOMENT)
        for body in tampered(notification.body):
            try:
                read = side.plugin.notifications.read(
                    RawNotification(notification.headers, body), account, MOMENT
                )
            except Unverifiable:
                continue
            # An unbound one's number is not signed: the channel is asked, and has the last word.
            assert [each.outcome for each in read] == [each.outcome for each in honest]
            assert read == honest or all(getattr(each, "is_unbound", False) for each in read)

    @pytest.mark.parametrize("body", NO_ANSWERS)
    def test_what_is_no_notification_is_refused(
        self, side: Side, account: Any, body: bytes
    ) -> None:
        headers = side.paid_notification(PAYMENT_NO).headers
        with pytest.raises(Unverifiable):
            side.plugin.notifications.read(RawNotification(headers, body), account, MOMENT)

    def test_a_notification_for_another_merchant_is_refused(self, side: Side, account: Any) -> None:
        notification = side.notification_for_another_merchant(PAYMENT_NO)
        with pytest.raises(Unverifiable):
            side.plugin.notifications.read(notification, account, MOMENT)

    def test_a_notification_signed_by_somebody_else_is_refused(
        self, side: Side, account: Any
    ) -> None:
        stranger: Side = type(side)()
        with pytest.raises(Unverifiable):
            side.plugin.notifications.read(stranger.paid_notification(PAYMENT_NO), account, MOMENT)

    def test_a_notification_of_an_unheard_of_state_is_refused(
        self, side: Side, account: Any
    ) -> None:
        """So that it comes again; meanwhile the query is asked."""
        notification = side.notification_of_unknown_state(PAYMENT_NO)
        with pytest.raises(Unverifiable):
            side.plugin.notifications.read(notification, account, MOMENT)

    def test_only_acceptance_is_a_2xx(self, side: Side) -> None:
        assert side.plugin.notifications.accept.status in (200, 204)
        assert side.plugin.notifications.refuse.status >= 500

    # ── keys that rotate ──

    def test_what_is_signed_under_an_earlier_key_is_believed(
        self, side: Side, account: Any
    ) -> None:
        """Until it is withdrawn: both keys count, for notifications as for answers."""
        renewed: Side = type(side)()
        opened = renewed.plugin.open_account(
            renewed.plugin.credentials.model_validate(renewed.credentials())
        )
        both = side.plugin.overlap(opened, account)
        call = side.plugin.query.call(trade(), both)
        for each in (side, renewed):
            [notified] = each.plugin.notifications.read(
                each.paid_notification(PAYMENT_NO), both, MOMENT
            )
            assert isinstance(notified.outcome, Succeeded)
            answer = each.plugin.wire.verify(each.paid(PAYMENT_NO), call, both, MOMENT)
            assert isinstance(each.plugin.query.outcome(answer, trade(), both), Succeeded)
            renewed.asked(each.plugin.wire.sign(call, both, MOMENT))
        with pytest.raises(Unverifiable):
            side.plugin.notifications.read(side.paid_notification(PAYMENT_NO), opened, MOMENT)

    # ── the plugin as data ──

    def test_an_identity_is_made_of_credentials(self, side: Side, account: Any) -> None:
        """`one-identity`: named by the plugin, told by credentials and opened account alike."""
        plugin = side.plugin
        given = plugin.credentials.model_validate(side.credentials())
        assert plugin.identity
        assert plugin.learnt_later <= set(plugin.identity)
        for name in plugin.identity:
            assert getattr(account, name) == getattr(given, name)

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
        entered = {each.name for each in side.plugin.form.fields if each.kind in SECRET}
        secrets = [value for name, value in side.credentials().items() if name in entered]
        assert secrets
        for secret in secrets:
            assert secret not in f"{model!r} {model} {account!r}"
