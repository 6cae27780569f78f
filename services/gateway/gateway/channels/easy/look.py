"""How payers see 易生 on our page."""

from typing import Final

from contracts.internal import ChannelLook
from contracts.words import Words

LOOK: Final = ChannelLook(
    name=Words("微信／支付宝／云闪付", "WeChat, Alipay or UnionPay"),
)
