"""The channels of this gateway. Adding one is a folder and its line here."""

from collections.abc import Mapping
from typing import Any, Final

from gateway.channels import alipay, easy, stripe, unionpay, wechat
from gateway.channels.plugin import Plugin

PLUGINS: Final[Mapping[str, Plugin[Any]]] = {
    "alipay": alipay.PLUGIN,
    "wechat": wechat.PLUGIN,
    "easy": easy.PLUGIN,
    "unionpay": unionpay.PLUGIN,
    "stripe": stripe.PLUGIN,
}
