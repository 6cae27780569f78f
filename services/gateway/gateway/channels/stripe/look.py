"""How payers see Stripe on our page."""

from typing import Final

from contracts.internal import ChannelLook
from contracts.words import Words

LOOK: Final = ChannelLook(
    name=Words("银行卡", "Card"),
    colour="#635bff",
)
