"""What payers call where they pay: the same on buttons, in sentences and on the receipt."""

from collections.abc import Sequence

from cashier.domain.places import Whereabouts
from cashier.domain.ways import ways_at
from contracts.api import PaymentView
from contracts.internal import ChannelLook, Checkout, Offer
from contracts.words import Words


def look_of(checkout: Checkout, channel: str) -> ChannelLook:
    """What is told without looks, as a gateway of before them does, is called by its name."""
    return checkout.looks.get(channel) or ChannelLook(name=Words(channel, channel))


def named_here(checkout: Checkout, place: Whereabouts) -> list[Offer]:
    """The offers that a page here may name: those that can be paid here, or were begun."""
    begun = {each.payment_id for each in checkout.payments}
    usable = {way.offer.payment_id for way in ways_at(place, checkout.offers)}
    return [each for each in checkout.offers if each.payment_id in usable | begun]


def name_of(
    checkout: Checkout, named: Sequence[Offer], place: Offer | PaymentView, language: str
) -> str:
    """The account's own name, else its channel's; accounts of one channel that nobody gave a name
    are told apart by a number, as far as the page may have `named` several."""
    account_id, channel = place.payment_id or "", place.channel or ""
    offered = next((each.name for each in checkout.offers if each.payment_id == account_id), "")
    if own := offered or checkout.account_names.get(account_id):
        return own
    name = look_of(checkout, channel).name.of(language)
    unnamed = [o.payment_id for o in named if o.channel == channel and not o.name]
    is_one_of_several = account_id in unnamed and len(unnamed) > 1
    return f"{name} {unnamed.index(account_id) + 1}" if is_one_of_several else name
