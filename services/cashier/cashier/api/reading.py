"""What a request says: by which link it comes, from where, and what the device remembers."""

import re
import secrets
from typing import Annotated, Final

from fastapi import Depends, Request, Response
from pydantic import AfterValidator

from cashier.domain.places import place_of
from cashier.domain.stage import Seat, payments_of
from cashier.domain.ways import LastUsed
from cashier.flows.checkouts import Deps
from chassis.problems import NotFound
from contracts.internal import Checkout

VISIT: Final = "paymesh_visit"
"""Random, known to this browser only: an address that a wallet sends back works nowhere else."""

ATTEMPT: Final = "paymesh_attempt"
"""The payments that this device began last, the newest first, separated by dots."""

ATTEMPTS_KEPT: Final = 8  # As many orders are paid in one browser at once at most.

LAST_USED: Final = "paymesh_channel"
"""The channel that was chosen last on this device, a dot, and the account there."""

LAST_USED_KEPT_S: Final = 365 * 24 * 3600
PLACE: Final = "paymesh_place"
"""Where the payer said to be when they last chose a way: a channel sends the browser back by an
address that does not carry it."""

PATH: Final = "/pay"

CHECKED: Final = "checked"
"""Stands in the page's address where the payer has just had the channel asked."""


async def _deps(request: Request) -> Deps:
    deps: Deps = request.app.state.deps
    return deps


def _with_form(form: str, thing: str) -> AfterValidator:
    """Raises NotFound for what has not this form."""
    pattern = re.compile(form, re.ASCII)

    def checked(text: str) -> str:
        if not pattern.fullmatch(text):
            raise NotFound(f"There is no such {thing}.")
        return text

    return AfterValidator(checked)


DepsOf = Annotated[Deps, Depends(_deps)]
Token = Annotated[str, _with_form(r"P[0-9A-Z]{26}\.[0-9A-Za-z_-]{22}", "checkout")]
PointId = Annotated[str, _with_form(r"[LF][0-9A-Z]{26}", "payment link")]
MerchantId = Annotated[str, _with_form(r"M[0-9A-Z]{26}", "merchant")]
LogoMark = Annotated[str, _with_form(r"[0-9a-f]{24}", "logo")]


def seat_of(request: Request, deps: Deps, checkout: Checkout) -> Seat:
    """Where the payer says to be stands in the address as `place`."""
    given = request.query_params.get("place")
    place = place_of(agent_of(request), given, wallets=checkout.wallets)
    of_this = {payment.payment_no for payment in payments_of(checkout)}
    begun = _attempts(request)
    # The newest where none is of this order: one that was just begun may not be known here yet.
    attempt = next((number for number in begun if number in of_this), begun[0] or None)
    has_checked = request.query_params.get(CHECKED) == "1"
    return Seat(place, attempt, deps.clock(), has_checked, begun)


def with_attempt(request: Request, payment_no: str) -> str:
    """What the device is to remember once it has begun this payment, too."""
    others = [number for number in _attempts(request) if number not in ("", payment_no)]
    return ".".join([payment_no, *others][:ATTEMPTS_KEPT])


def last_used_of(request: Request) -> LastUsed:
    channel, _, account_id = request.cookies.get(LAST_USED, "").partition(".")
    return LastUsed(channel, account_id)


def kept(last: LastUsed) -> str:
    """As `last_used_of` reads it."""
    return f"{last.channel}.{last.account_id}"


def _attempts(request: Request) -> list[str]:
    return request.cookies.get(ATTEMPT, "").split(".")[:ATTEMPTS_KEPT]


def agent_of(request: Request) -> str:
    return request.headers.get("user-agent", "")


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def visit_of(request: Request) -> str:
    """That of this browser; a fresh one where it has none."""
    known = request.cookies.get(VISIT, "")
    return known if 16 <= len(known) <= 64 else secrets.token_urlsafe(24)


def remember(
    request: Request, response: Response, name: str, value: str, age_s: int | None
) -> None:
    """Keep it on the device, for our pages and not for their scripts."""
    response.set_cookie(
        name,
        value,
        max_age=age_s,
        path=PATH,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
