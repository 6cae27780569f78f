"""How payers see WeChat Pay on our page. The mark is drawn by ourselves."""

from typing import Final

from contracts.internal import ChannelLook
from contracts.words import Words

LOOK: Final = ChannelLook(
    name=Words("微信支付", "WeChat Pay"),
    scan=Words("请用微信扫一扫付款", "Scan with WeChat to pay"),
    colour="#07a952",
    lines=(),
    fills=(
        "M10 5.2c-3.3 0-6 2.1-6 4.8 0 1.5.8 2.8 2.1 3.7l-.5 1.7 2-1c.7.2 1.5.4 2.4.4h.5"
        "a4 4 0 0 1-.2-1.2c0-2.5 2.4-4.4 5.3-4.4h.3C15.300 6.900 12.900 5.200 10 5.200z",
        "M20 13.700c0-2.200-2.100-3.900-4.700-3.900s-4.700 1.700-4.700 3.900 2.100 3.90"
        "0 4.700 3.900c.6 0 1.200-.1 1.800-.3l1.600.9-.4-1.500c1-.7 1.700-1.800 1.700-3"
        "z",
    ),
)
