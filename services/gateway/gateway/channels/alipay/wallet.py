"""Alipay on the payer's device: its browser, its bridge, the links that open it.

Source: strings of real clients; opendocs.alipay.com/open/05xhsr (`tradePay`).
"""

from typing import Final

from contracts.internal import Bridge, Browser, Wallet

WALLET: Final = Wallet(
    browsers=(
        Browser(says="alipayclient/", place="own"),
        Browser(says="aliapp(ap/", place="own"),
    ),
    schemes=("alipays",),
    bridge=Bridge(
        object="AlipayJSBridge",
        method="call",
        function="tradePay",
        members={"tradeNO": "trade_no"},
    ),
)
