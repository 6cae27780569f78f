"""Where the payer is, read from the User-Agent: a hint and never a proof, so the payer may say
otherwise.

Source: strings of real clients; the first token that is found decides. What is a channel's own says
its plugin.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeAlias

from contracts.internal import Wallet

MAX_AGENT: Final = 1_024


class Place(StrEnum):
    """`phone`: a phone's browser · `desktop`, also the wallets' programs for computers ·
    `embedded`: inside another app, whose pages can neither call a wallet nor be trusted to open
    one."""

    PHONE = "phone"
    DESKTOP = "desktop"
    EMBEDDED = "embedded"


Whereabouts: TypeAlias = str
"""A Place, or the name of the channel in whose wallet's own browser the page is open."""

_TOKENS: Final = (
    (r"huaweibrowser/|arkweb/", Place.PHONE),  # HarmonyOS, often without "Android"
    (r"; wv\)", Place.EMBEDDED),
    (r"iphone(?!.*safari/)", Place.EMBEDDED),
    (r"iphone|android|mobile", Place.PHONE),
)
_TABLE: Final = tuple((re.compile(token), place) for token, place in _TOKENS)

CHOSEN: Final = frozenset({Place.PHONE, Place.DESKTOP})
"""What a payer may say of themselves: a wallet that is not there cannot be called."""


def place_of(
    user_agent: str, given: str | None = None, *, wallets: Mapping[str, Wallet]
) -> Whereabouts:
    """`given`: where the payer says to be. `wallets`: by channel."""
    if given in CHOSEN:
        return Place(given)
    agent = user_agent[:MAX_AGENT].lower()
    for channel, wallet in wallets.items():
        for browser in wallet.browsers:
            if browser.says in agent:
                return channel if browser.place == "own" else Place(browser.place)
    return next((place for token, place in _TABLE if token.search(agent)), Place.DESKTOP)
