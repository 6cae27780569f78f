"""Where the payer is, read from the User-Agent: a hint and never a proof, so the payer may say
otherwise.

Source: strings of real clients; the first token that is found decides.
"""

import re
from enum import StrEnum
from typing import Final

MAX_AGENT: Final = 1_024


class Place(StrEnum):
    """`wechat`, `alipay`: the wallet's own browser on a phone · `phone`: a phone's browser ·
    `desktop`, also the wallets' programs for computers · `embedded`: inside another app, whose
    pages can neither call a wallet nor be trusted to open one."""

    WECHAT = "wechat"
    ALIPAY = "alipay"
    PHONE = "phone"
    DESKTOP = "desktop"
    EMBEDDED = "embedded"


_TOKENS: Final = (
    (r"wxwork/", Place.EMBEDDED),  # its OAuth wants another id, and its bridge pays on iOS only
    (r"miniprogram/wx", Place.EMBEDDED),  # a page in a mini program may not pay
    (r"windowswechat|macwechat|miniprogramenv/", Place.DESKTOP),
    (r"micromessenger/", Place.WECHAT),
    (r"alipayclient/|aliapp\(ap/", Place.ALIPAY),
    (r"unionpay/", Place.EMBEDDED),
    (r"huaweibrowser/|arkweb/", Place.PHONE),  # HarmonyOS, often without "Android"
    (r"; wv\)", Place.EMBEDDED),
    (r"iphone(?!.*safari/)", Place.EMBEDDED),
    (r"iphone|android|mobile", Place.PHONE),
)
_TABLE: Final = tuple((re.compile(token, re.IGNORECASE), place) for token, place in _TOKENS)

CHOSEN: Final = frozenset({Place.PHONE, Place.DESKTOP})
"""What a payer may say of themselves: a wallet that is not there cannot be called."""


def place_of(user_agent: str, given: str | None = None) -> Place:
    """`given`: where the payer says to be."""
    if given in CHOSEN:
        return Place(given)
    agent = user_agent[:MAX_AGENT]
    return next((place for token, place in _TABLE if token.search(agent)), Place.DESKTOP)
