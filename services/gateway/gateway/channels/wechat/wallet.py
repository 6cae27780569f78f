"""WeChat on the payer's device: its browsers, its bridge, the links that open it.

Source: strings of real clients; pay.weixin.qq.com/doc/v3/merchant/4012791857 (the bridge).
"""

from typing import Final

from contracts.internal import Bridge, Browser, Wallet

WALLET: Final = Wallet(
    browsers=(
        # Enterprise WeChat's OAuth wants another id, and its bridge pays on iOS only.
        Browser(says="wxwork/", place="embedded"),
        Browser(says="miniprogram/wx", place="embedded"),  # a page there may not pay
        Browser(says="windowswechat", place="desktop"),
        Browser(says="macwechat", place="desktop"),
        Browser(says="miniprogramenv/", place="desktop"),
        Browser(says="micromessenger/", place="own"),
    ),
    schemes=("weixin",),
    bridge=Bridge(
        object="WeixinJSBridge",
        method="invoke",
        function="getBrandWCPayRequest",
        frames=("weixin", "weixinping"),
    ),
)
