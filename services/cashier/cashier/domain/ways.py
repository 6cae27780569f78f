"""How the payer is called, by where they are: which offers stand on the page, and in which way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cashier.domain.places import Place, Whereabouts
from contracts.api import Method
from contracts.internal import Offer

_BY_PLACE: Final[dict[Whereabouts, tuple[Method, ...]]] = {
    Place.PHONE: (Method.H5, Method.CASHIER, Method.NATIVE),
    Place.DESKTOP: (Method.NATIVE, Method.CASHIER),
    Place.EMBEDDED: (Method.CASHIER,),
}
_IN_WALLET: Final = (Method.JSAPI, Method.CASHIER)
"""The best first. `cashier` is the channel's own page, which works everywhere."""


@dataclass(frozen=True, slots=True)
class Way:
    """An offer and the method by which it is paid here."""

    offer: Offer
    method: Method


@dataclass(frozen=True, slots=True)
class LastUsed:
    """Where this device paid last. The account is one merchant's; at another's, the channel
    counts."""

    channel: str = ""
    account_id: str = ""

    def among(self, offers: Sequence[Offer]) -> str | None:
        """The account that is to be shown as last used; none where two may be it."""
        if any(each.payment_id == self.account_id for each in offers):
            return self.account_id
        there = [each.payment_id for each in offers if each.channel == self.channel]
        return there[0] if len(there) == 1 else None


NOWHERE: Final = LastUsed()


def ways_at(place: Whereabouts, offers: Sequence[Offer], *, last: LastUsed = NOWHERE) -> list[Way]:
    """What can be paid here, with what this device used last in front."""
    found = [Way(offer, method) for offer in offers if (method := _method(place, offer))]
    return sorted(
        found,
        key=lambda way: (
            way.offer.payment_id != last.account_id,
            way.offer.channel != last.channel,
        ),
    )


def _method(place: Whereabouts, offer: Offer) -> Method | None:
    can = offer.ways or [offer.method]
    for method in _BY_PLACE.get(place, _IN_WALLET):
        if method is Method.JSAPI and offer.wallet != place:
            continue
        if method in can:
            return method
    return None
