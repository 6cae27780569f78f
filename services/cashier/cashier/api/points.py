"""`/pay/to/{point_id}`: a payment link or counter code, where a payer begins by themselves."""

import hashlib
import hmac
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from cashier.api.forms import read_form
from cashier.api.reading import VISIT, DepsOf, PointId, address_of, remember, visit_of
from cashier.api.rendering import HEADERS, render_point
from cashier.api.texts import POINT_REFUSALS
from cashier.domain.stage import is_safe_link
from cashier.flows import points
from cashier.flows.admission import Asker
from chassis.web import READ
from contracts.internal import PayHere, PayPoint, PointState
from foundation.money_text import minor_units

MAX_NOTE: Final = 60

router = APIRouter(include_in_schema=False)


@router.api_route("/pay/to/{point_id}", methods=READ)
async def show(request: Request, deps: DepsOf, point_id: PointId) -> Response:
    """Who is to be paid for what; where that was begun, the page of that order."""
    point = await points.get_point(deps, Asker(point_id, address_of(request)))
    if point.page_url and point.state is not PointState.DISABLED:
        return _to(point.page_url)
    given = request.query_params.get("refusal", "")
    return _page(request, point, refusal=given if given in POINT_REFUSALS else None)


@router.post("/pay/to/{point_id}")
async def begin(request: Request, deps: DepsOf, point_id: PointId) -> Response:
    """To where it is paid, or back to the page with the reason why not.

    A form that this browser was not given by us begins nothing: other sites could send it.
    """
    form = await read_form(request)
    visit = request.cookies.get(VISIT, "")
    if not visit or not hmac.compare_digest(form.get("visit", "").encode(), _seal(visit).encode()):
        return _to(f"/pay/to/{point_id}")
    asker = Asker(point_id, address_of(request))
    point = await points.get_point(deps, asker)
    if point.state is not PointState.OPEN:
        return _to(f"/pay/to/{point_id}")
    note = _note(form.get("note", "")) if point.takes_note else None
    amount = point.amount
    if amount is None:
        amount = minor_units(form.get("amount", ""), point.currency)
        if amount is None or not _fits(point, amount):
            given = (form.get("amount", "")[:20], note or "")
            return _page(request, point, refusal="amount", given=given, status=422)
    deps.beginnings.take(point_id, browser=visit, address=asker.address)
    choice = PayHere(amount=amount, note=note, client_ip=asker.address)
    begun = await points.begin(deps, asker, choice)
    if begun.url is not None and is_safe_link(begun.url):
        return _to(begun.url)
    refusal = begun.refusal if begun.refusal in POINT_REFUSALS else "internal"
    return _to(f"/pay/to/{point_id}?refusal={refusal}")


def _page(
    request: Request,
    point: PayPoint,
    *,
    refusal: str | None,
    given: tuple[str, str] = ("", ""),
    status: int = 200,
) -> Response:
    """`given`: amount and note, as they were filled in."""
    visit = visit_of(request)
    response = render_point(
        request, point, visit=_seal(visit), refusal=refusal, given=given, status=status
    )
    remember(request, response, VISIT, visit, None)
    return response


def _fits(point: PayPoint, amount: int) -> bool:
    is_between = point.min_amount <= amount <= point.max_amount
    return is_between and (not point.amounts or amount in point.amounts)


def _note(text: str) -> str | None:
    """What the payer says it is for: one short line, without what cannot be seen."""
    shown = "".join(char for char in text if char.isprintable()).strip()
    return shown[:MAX_NOTE] or None


def _seal(visit: str) -> str:
    """What stands in the form for the cookie, which no page can read."""
    return hashlib.sha256(f"begin {visit}".encode()).hexdigest()


def _to(url: str) -> Response:
    return RedirectResponse(url, 303, headers=HEADERS)
