"""How payers see Alipay on our page. The mark is drawn by ourselves."""

from typing import Final

from contracts.internal import ChannelLook
from contracts.words import Words

LOOK: Final = ChannelLook(
    name=Words("支付宝", "Alipay"),
    scan=Words("请用支付宝扫一扫付款", "Scan with Alipay to pay"),
    colour="#1677ff",
    lines=(
        "M6 8.500h12M12 5.500v3M7.500 11.500h8.500c-.8 3.300-3.600 6-8.500 6.500M8.500 "
        "13.500c2.500.2 6 1.800 9.500 4",
    ),
)
