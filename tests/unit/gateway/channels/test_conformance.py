"""Every registered channel inherits the conformance suite."""

from typing import Any

from tests.unit.gateway.channels.alipay_side import AlipaySide
from tests.unit.gateway.channels.channel_side import MOMENT, PAYMENT_NO, Side, trade
from tests.unit.gateway.channels.conformance import Conformance
from tests.unit.gateway.channels.conformance_answers import tampered
from tests.unit.gateway.channels.easy_direct_side import EasyDirectSide
from tests.unit.gateway.channels.easy_side import EasySide
from tests.unit.gateway.channels.stripe_side import StripeSide
from tests.unit.gateway.channels.unionpay_side import UnionpaySide
from tests.unit.gateway.channels.wechat_side import WechatSide

from gateway.channels.plugin import Reply, Succeeded, Unverifiable
from gateway.channels.registry import PLUGINS


class TestWechat(Conformance):
    make_side = WechatSide


class TestAlipay(Conformance):
    make_side = AlipaySide


class TestEasy(Conformance):
    make_side = EasySide


class TestEasyDirect(Conformance):
    make_side = EasyDirectSide


class TestUnionpay(Conformance):
    make_side = UnionpaySide


class TestStripe(Conformance):
    make_side = StripeSide

    def test_a_tampered_answer_is_never_another_yes(self, side: Side, account: Any) -> None:
        """Stripe signs no answers; TLS does. What cannot be theirs still is no yes: of another
        payment, of the other mode, or without a number of its own."""
        reply = side.paid(PAYMENT_NO)
        call = side.plugin.query.call(trade(), account)
        for body in tampered(reply.body):
            try:
                answer = side.plugin.wire.verify(
                    Reply(200, reply.headers, body), call, account, MOMENT
                )
                said = side.plugin.query.outcome(answer, trade(), account)
            except Unverifiable:
                continue
            assert b'"payment_no": "%s"' % PAYMENT_NO.encode() in body
            assert not isinstance(said, Succeeded) or said.amount is not None


def test_no_registered_channel_and_no_product_goes_without_the_suite() -> None:
    suites = {suite.make_side.plugin.title for suite in Conformance.__subclasses__()}
    products = [each for plugin in PLUGINS.values() for each in plugin.list_products()]
    assert suites == {each.title for each in products}
