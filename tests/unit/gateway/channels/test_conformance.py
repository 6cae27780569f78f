"""Every registered channel inherits the conformance suite."""

from tests.unit.gateway.channels.alipay_side import AlipaySide
from tests.unit.gateway.channels.conformance import Conformance
from tests.unit.gateway.channels.easy_direct_side import EasyDirectSide
from tests.unit.gateway.channels.easy_side import EasySide
from tests.unit.gateway.channels.unionpay_side import UnionpaySide
from tests.unit.gateway.channels.wechat_side import WechatSide

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


def test_no_registered_channel_and_no_product_goes_without_the_suite() -> None:
    suites = {suite.make_side.plugin.title for suite in Conformance.__subclasses__()}
    products = [each for plugin in PLUGINS.values() for each in plugin.list_products()]
    assert suites == {each.title for each in products}
