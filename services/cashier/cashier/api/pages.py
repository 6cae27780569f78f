"""`/pay/{token}`: the page, the choice, and the ways back from wallets and channels."""

import re
from functools import partial
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from cashier.api import points, streams
from cashier.api.forms import read_form
from cashier.api.reading import (
    ATTEMPT,
    CHECKED,
    LAST_USED,
    LAST_USED_KEPT_S,
    PLACE,
    VISIT,
    DepsOf,
    LogoMark,
    MerchantId,
    Token,
    address_of,
    agent_of,
    kept,
    remember,
    seat_of,
    visit_of,
    with_attempt,
)
from cashier.api.rendering import (
    HEADERS,
    page_asked,
    render_checkout,
    render_landing,
    render_problem,
)
from cashier.domain.places import CHOSEN
from cashier.flows import checkouts
from cashier.flows.admission import Asker
from cashier.flows.checkouts import Choice, Step
from chassis.problems import (
    BodyTooLarge,
    Internal,
    InvalidRequest,
    NotFound,
    Problem,
    UnsupportedMediaType,
)
from chassis.web import READ, methods_of, problem_response
from contracts.internal import PayerCame
from foundation.qr import qr_png

MAX_CODE: Final = 256
MAX_STATE: Final = 128

PICTURE_HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}

UNREADABLE: Final = frozenset(
    {InvalidRequest.status, BodyTooLarge.status, UnsupportedMediaType.status}
)

_STATIC: Final = Path(__file__).parent / "static"
_OFFER: Final = re.compile(r"C[0-9A-Z]{26}", re.ASCII)

router = APIRouter(include_in_schema=False)


def add_to(app: FastAPI) -> None:
    app.include_router(router)
    app.include_router(streams.router)
    app.include_router(points.router)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.add_exception_handler(Problem, _problem_page)
    app.add_exception_handler(HTTPException, _lost_page)
    app.add_exception_handler(Exception, partial(_broken_page, app.exception_handlers[Exception]))


@router.get("/pay/payer")
async def payer(request: Request, deps: DepsOf) -> Response:
    """Back from the wallet that was asked who pays. The code does not stay in the address."""
    query = request.query_params
    step = await checkouts.payer_came(
        deps,
        PayerCame(
            state=query.get("state", "")[:MAX_STATE],
            code=(query.get("code") or query.get("auth_code") or "")[:MAX_CODE],
            visit=request.cookies.get(VISIT, "")[:64],
            client_ip=address_of(request),
        ),
    )
    return _go_on(request, step)


@router.api_route("/pay/landing", methods=[*READ, "POST"])
async def land(request: Request) -> Response:
    """Back from a channel's page of a payment that its app shows, by link or by form. Which payment
    it was is not told here, and nothing is said of its money."""
    return render_landing(request)


@router.api_route("/pay/{token}", methods=READ)
async def show(request: Request, deps: DepsOf, token: Token) -> Response:
    checkout = await checkouts.get_checkout(deps, Asker(token, address_of(request)))
    return render_checkout(request, token, checkout, seat_of(request, deps, checkout))


@router.post("/pay/{token}/channel")
async def choose(request: Request, deps: DepsOf, token: Token) -> Response:
    """To where this choice is paid, or back to the page with the reason why not."""
    form = await read_form(request)
    account_id, given = form.get("payment_id", ""), form.get("place", "")
    if not _OFFER.fullmatch(account_id):
        return _to_page(token)
    visit, place = visit_of(request), given or request.query_params.get("place", "")
    choice = Choice(account_id, agent_of(request), place, address_of(request), visit)
    response = _go_on(request, await checkouts.choose(deps, token, choice), given)
    remember(request, response, VISIT, visit, None)
    remember(request, response, PLACE, place if place in CHOSEN else "", None)
    return response


@router.post("/pay/{token}/check")
async def check(request: Request, deps: DepsOf, token: Token) -> Response:
    """The payer says to have paid, or came back: the channel is asked, and the page tells."""
    await checkouts.check(deps, Asker(token, address_of(request)))
    return _to_page(token, place=request.query_params.get("place", ""), is_checked=True)


@router.api_route("/pay/{token}/channel", methods=READ)
@router.api_route("/pay/{token}/check", methods=READ)
async def again(token: Token) -> Response:
    """A tab that is opened anew asks for the address of the form that was sent last."""
    return _to_page(token)


@router.api_route("/pay/{token}/back", methods=["GET", "POST"])
async def back(request: Request, deps: DepsOf, token: Token) -> Response:
    """Back from a channel's page, by link or by form, whatever the browser carries along. The
    device that was there began it, also where our page had not sent it there."""
    await checkouts.check(deps, Asker(token, address_of(request)))
    response = _to_page(token, place=request.cookies.get(PLACE, ""), is_checked=True)
    begun = with_attempt(request, token.partition(".")[0])
    remember(request, response, ATTEMPT, begun, None)
    return response


@router.api_route("/pay/{token}/code.png", methods=READ)
async def code(request: Request, deps: DepsOf, token: Token) -> Response:
    """The page's own address as an image, to be kept or sent on."""
    checkout = await checkouts.get_checkout(deps, Asker(token, address_of(request)))
    return Response(qr_png(checkout.page_url), media_type="image/png", headers=HEADERS)


@router.api_route("/pay/logos/{merchant_id}/{mark}", methods=READ)
async def logo(deps: DepsOf, merchant_id: MerchantId, mark: LogoMark) -> Response:
    """A picture from outside: it is shown and does nothing else, wherever it is opened."""
    picture = await deps.logos.get(deps.gateway, merchant_id, mark)
    return Response(picture.content, media_type=picture.media_type, headers=PICTURE_HEADERS)


@router.api_route("/MP_verify_{proof}.txt", methods=READ)
async def wechat_proof(request: Request, proof: str) -> Response:
    """By this file WeChat sees that a merchant's payers may be sent to this host."""
    if proof not in request.app.state.wechat_proofs:
        raise NotFound("There is no such file.")
    return PlainTextResponse(proof)


def _go_on(request: Request, step: Step, place: str = "") -> Response:
    if step.url is not None:
        response: Response = RedirectResponse(step.url, 303, headers=HEADERS)
    else:
        response = _to_page(step.token, refusal=step.refusal or "", place=place)
    if step.attempt is not None:
        remember(request, response, ATTEMPT, with_attempt(request, step.attempt), None)
    if step.last is not None:
        remember(request, response, LAST_USED, kept(step.last), LAST_USED_KEPT_S)
    return response


def _to_page(
    token: str, *, refusal: str = "", place: str = "", is_checked: bool = False
) -> Response:
    given = {
        "refusal": refusal,
        "place": place if place in CHOSEN else "",
        CHECKED: "1" if is_checked else "",
    }
    query = "&".join(f"{name}={value}" for name, value in given.items() if value)
    return RedirectResponse(f"/pay/{token}{'?' if query else ''}{query}", 303, headers=HEADERS)


async def _lost_page(request: Request, error: Exception) -> Response:
    """What is at none of our addresses, or not by this method."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405 and (its_page := _page_of_form(request)):
        return its_page
    page = render_problem(request, NotFound("There is nothing at this address."))
    if error.status_code == 405:
        page.status_code = 405
        page.headers["Allow"] = ", ".join(methods_of(request))
    return page


async def _problem_page(request: Request, problem: Exception) -> Response:
    """People see a page, not problem+json; scripts need none. Who sent a form that cannot be read
    is back where they can send it anew."""
    assert isinstance(problem, Problem)
    if request.url.path.endswith(streams.FOR_SCRIPTS):
        return problem_response(problem)
    if problem.status in UNREADABLE and (its_page := _page_of_form(request)):
        return its_page
    return render_problem(request, problem)


def _page_of_form(request: Request) -> Response | None:
    here = page_asked(request) if request.method == "POST" else ""
    return RedirectResponse(here, 303, headers=HEADERS) if here else None


async def _broken_page(answer: Any, request: Request, error: Exception) -> Response:
    """What nobody expected; `answer` is for programs, and counts it."""
    response: Response = await answer(request, error)
    page = render_problem(request, Internal())
    for name in ("X-Request-Id", "Connection"):
        page.headers[name] = response.headers[name]
    return page
