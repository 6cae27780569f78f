"""How payers see UnionPay on our page. The mark is drawn by ourselves."""

from typing import Final

from contracts.internal import ChannelLook
from contracts.words import Words

LOOK: Final = ChannelLook(
    name=Words("银联云闪付", "UnionPay"),
    scan=Words("请用云闪付或银行 App 扫码付款", "Scan with UnionPay or your bank's app to pay"),
    colour="#d81e06",
    lines=("M6 8h12M6 12h12M6 16h8",),
)
