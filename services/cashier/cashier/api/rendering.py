"""From a checkout to HTML: escaped throughout, in the payer's language, nothing foreign."""

import base64
import hashlib
import random
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any, Final

import orjson
from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from cashier.api.packing import packed, packed_style
from cashier.api.reading import last_used_of
from cashier.api.texts import POINT_REFUSALS, REFUSALS, TEXTS
from cashier.domain.colours import shades_of
from cashier.domain.names import look_of, name_of, named_here
from cashier.domain.places import CHOSEN, Place
from cashier.domain.stage import (
    ANSWERED_BY_STAGE,
    CHOOSING,
    PAY_NOW,
    RECEIPTS,
    Seat,
    Stage,
    current_of,
    is_safe_link,
    is_untouched,
    overtaken_by,
    paid_of,
    payments_of,
    status_of,
)
from cashier.domain.ways import ways_at
from cashier.flows.checkouts import ATTEMPTS_OVER
from chassis.problems import Problem
from contracts.actions import JsapiAction, QrCodeAction
from contracts.api import PaymentStatus
from contracts.internal import Bridge, Checkout, Look, PayPoint
from contracts.money import MAX_AMOUNT, MINOR_DIGITS
from foundation.money_text import money, plain_amount
from foundation.pages import Pages, templates_of
from foundation.qr import qr_svg

LINK_LIVES_S: Final = 240
"""A channel's link is opened as it is so long; after that it is made anew with the tap."""

HEADERS: Final = {
    "Cache-Control": "no-store",
    # WeChat judges h5 payments by the host that they come from. The path, which is the key to the
    # page, is told to nobody else.
    "Referrer-Policy": "strict-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}

STYLE: Final = packed_style(files("cashier.api").joinpath("static/cashier.css").read_text())
"""Stands in the page itself: on a slow network a second request is half a second of white."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
FORMS: Final = "; form-action 'self' https:"
"""A choice leads on to the channel's or the wallet's own address, which only it knows."""

OWN_FORMS: Final = "; form-action 'self'"

_templates: Final = templates_of("cashier.api")
_templates.filters.update(plain_amount=plain_amount)


_templates.globals.update(look_of=look_of)
_pages: Final = Pages(_templates, TEXTS)

NO_LOOK: Final = Look()

LANDING: Final = "/pay/landing"


def render_checkout(request: Request, token: str, checkout: Checkout, seat: Seat) -> HTMLResponse:
    status = status_of(checkout, seat)
    current, stage = current_of(checkout), status.stage
    refusal, given = request.query_params.get("refusal"), request.query_params.get("place")
    context = {
        "token": token,
        "place": seat.place,
        "chosen_place": given if given in CHOSEN else None,
        "checkout": checkout,
        "payment": current,
        "order": checkout.order,
        "status": status,
        "now": seat.now,
        "name_of": partial(name_of, checkout, named_here(checkout, seat.place)),
        "is_choosing": stage in CHOOSING,
        "is_paying": stage in PAY_NOW,
        "is_receipt": stage in RECEIPTS,
        "is_untouched": is_untouched(checkout),
        "has_checked": seat.has_checked,
        "is_unconfirmed": seat.has_checked and stage not in ANSWERED_BY_STAGE,
        "refusal": _refused(refusal, checkout),
        "overtaken": overtaken_by(checkout, seat) if stage in CHOOSING else None,
        **_ways(request, checkout, seat, stage),
        **_calling(checkout, seat, stage),
        **_receipt(checkout),
    }
    policy = _forms(request) + _frames(bridge_of(checkout, current.channel), stage)
    return _page(request, "checkout.html", context, look=checkout.look, policy=policy)


def render_point(
    request: Request,
    point: PayPoint,
    *,
    visit: str,
    refusal: str | None,
    given: tuple[str, str],
    status: int,
) -> HTMLResponse:
    """`refusal`: one of POINT_REFUSALS; `visit` shows that the form was given to this browser;
    `given`: amount and note, as they were filled in."""
    decimals = MINOR_DIGITS.get(point.currency, 2)
    context = {
        "point": point,
        "visit": visit,
        "refusal": _words_of(refusal, point),
        "amount_wrong": _amount_wrong(point),
        "decimals": decimals,
        "whole_digits": len(str(MAX_AMOUNT)) - 1 - decimals,
        "limits": {
            "least": money(point.min_amount, point.currency),
            "most": money(point.max_amount, point.currency),
            "decimals": decimals,
            "currency": point.currency,
            "currency_zh": "元" if point.currency == "CNY" else point.currency,
        },
        "is_amount_wrong": refusal == "amount",
        "given_amount": given[0],
        "given_note": given[1],
    }
    policy = _forms(request)
    return _page(request, "point.html", context, look=point.look, policy=policy, status=status)


def _refused(refusal: str | None, checkout: Checkout) -> str | None:
    """What the page does not say by itself."""
    is_known = refusal in REFUSALS and not (refusal == ATTEMPTS_OVER and checkout.attempts_over)
    return f"refusal.{refusal}" if is_known else None


def _words_of(refusal: str | None, point: PayPoint) -> str | None:
    match refusal:
        case None:
            return None
        case "amount":
            return "point.choice_wrong" if point.amounts else _amount_wrong(point)
        case "invalid_request" if not point.takes_note:  # a link, which has no limit of a day
            return "point.amount_not_taken"
    return POINT_REFUSALS[refusal]


def _amount_wrong(point: PayPoint) -> str:
    has_decimals = MINOR_DIGITS.get(point.currency, 2) > 0
    return "point.amount_wrong" if has_decimals else "point.whole_amount_wrong"


BUSY_S: Final = (5, 15)
"""A page that could not be shown tries again after so long: not all that met the same moment meet
the same one again."""


def render_landing(request: Request) -> HTMLResponse:
    """For payers who come from a channel's page, and whose app has no page for them."""
    return _page(request, "landing.html", {"here": LANDING})


def render_problem(request: Request, problem: Problem) -> HTMLResponse:
    """For people: not found, too often, or try again in a moment."""
    kind = {404: "lost", 429: "too_often"}.get(problem.status, "busy")
    wait_s = random.randint(*BUSY_S) + (problem.retry_after_s or 0)
    context: dict[str, object] = {"kind": kind, "here": page_asked(request), "wait_s": wait_s}
    response = _page(request, "problem.html", context, status=problem.status)
    if problem.retry_after_s is not None:
        response.headers["Retry-After"] = str(problem.retry_after_s)
    return response


def page_asked(request: Request) -> str:
    """The page that a form was sent from; a browser that sends the form's address again, as when
    it tries anew, would find nothing there."""
    token, point_id = (request.path_params.get(name) for name in ("token", "point_id"))
    return f"/pay/{token}" if token else f"/pay/to/{point_id}" if point_id else ""


def _ways(request: Request, checkout: Checkout, seat: Seat, stage: Stage) -> dict[str, Any]:
    """What may be chosen here, and what only elsewhere (then the page's link is given along)."""
    last = last_used_of(request)
    offers = [] if checkout.attempts_over else checkout.offers
    ways = ways_at(seat.place, offers, last=last)
    current = current_of(checkout)
    is_chosen = stage in PAY_NOW or stage is Stage.RENEW
    shown = [way for way in ways if not (is_chosen and way.offer.payment_id == current.payment_id)]
    is_phone = seat.place not in (Place.PHONE, Place.DESKTOP)
    return {
        "ways": shown if stage in CHOOSING else [],
        "last_used": last.among(checkout.offers),
        "is_carried": is_phone and len(ways) < len(offers) and stage in CHOOSING,
        "page_qr": Markup(qr_svg(checkout.page_url))
        if seat.place == Place.DESKTOP and ways and checkout.page_url and stage is Stage.CHOOSE
        else None,
    }


def _calling(checkout: Checkout, seat: Seat, stage: Stage) -> dict[str, Any]:
    """How the payer is called: a code, a link, a form, or the wallet's bridge."""
    current = current_of(checkout)
    action, return_url = current.action, checkout.return_url
    age_s = (seat.now - (checkout.latest_begun_at or current.created_at)).total_seconds()
    return {
        # Only dots and coordinates: what the code says does not stand in it as text.
        "qr": Markup(qr_svg(action.qr_code))
        if stage is Stage.SCAN and isinstance(action, QrCodeAction)
        else None,
        "bridge": _bridge(bridge_of(checkout, current.channel), action)
        if stage is Stage.BRIDGE and isinstance(action, JsapiAction)
        else None,
        "is_link_fresh": age_s < LINK_LIVES_S,
        "return_url": return_url if return_url and is_safe_link(return_url) else None,
    }


def bridge_of(checkout: Checkout, channel: str | None) -> Bridge | None:
    wallet = checkout.wallets.get(channel or "")
    return wallet.bridge if wallet else None


def _bridge(bridge: Bridge | None, action: JsapiAction) -> str | None:
    """What the page's script calls, and with what."""
    if bridge is None:
        return None
    call = bridge.model_dump(include={"object", "method", "function"})
    params = action.params
    if bridge.members:
        params = {name: params.get(ours, "") for name, ours in bridge.members.items()}
    return orjson.dumps({**call, "params": params}).decode()


def _frames(bridge: Bridge | None, stage: Stage) -> str:
    """By which the bridge speaks."""
    if bridge is None or stage is not Stage.BRIDGE or not bridge.frames:
        return ""
    return f"; frame-src {' '.join(f'{scheme}:' for scheme in bridge.frames)}"


def _receipt(checkout: Checkout) -> dict[str, Any]:
    paid = paid_of(checkout)
    succeeded = [each for each in payments_of(checkout) if each.status is PaymentStatus.SUCCEEDED]
    return {"paid": paid, "paid_twice": len(succeeded) > 1, "refunds": checkout.refunds}


def _forms(request: Request) -> str:
    """Where our own page is not served by https, as beside a sandbox, channels are not either."""
    return FORMS if request.url.scheme == "https" else f"{FORMS} http:"


def _page(
    request: Request,
    template: str,
    context: dict[str, object],
    *,
    look: Look = NO_LOOK,
    policy: str = OWN_FORMS,
    status: int = 200,
) -> HTMLResponse:
    """`policy` beyond that of all pages: where forms lead, what frames there are."""
    styles = [STYLE, *_colours(look)]
    allowed = " ".join(f"'sha256-{_digest(style)}'" for style in styles)
    csp = f"{POLICY}; style-src {allowed}{policy}"
    # The styles are ours, so they need no escaping.
    shown = {"here": "", "look": look, "styles": [Markup(style) for style in styles]}
    headers = {**HEADERS, "Content-Security-Policy": csp}
    page = _pages.render(request, template, {**shown, **context}, headers=headers, status=status)
    return packed(request, page)


def _colours(look: Look) -> list[str]:
    """The merchant's colour instead of ours, where it has one."""
    if look.colour is None:
        return []
    shades = shades_of(look.colour)
    return [
        f":root{{--brand:{shades.light};--on-brand:#fff}}"
        f"@media screen and (prefers-color-scheme:dark)"
        f"{{:root{{--brand:{shades.dark};--on-brand:#0f1419}}}}"
    ]


@lru_cache(maxsize=256)
def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
