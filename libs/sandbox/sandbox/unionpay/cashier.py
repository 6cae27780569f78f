"""UnionPay's own page: the browser brings the form, the payer pays, and a form leads back.

Source: open.unionpay.com (acpAPIId=901, 前台通知)
"""

from functools import partial
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.answering import Call, Done, answer
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.pages import HEADERS, counter, page
from sandbox.transport import HangUp
from sandbox.truth import Trade
from sandbox.unionpay.account import CHANNEL, KIND
from sandbox.unionpay.orders import members_of, open_front
from sandbox.unionpay.wire import FAILURES, SUCCESS, Asked, Refusal, read_form, seal, verify

FRONT = "/gateway/api/frontTransReq.do"
PAGE = "/unionpay/cashier"
BACK = "/unionpay/cashier/back"


def routes(deps: Deps) -> list[Route]:
    return [
        Route(FRONT, partial(_front, deps), methods=["POST"]),
        Route(PAGE, partial(_page, deps), methods=["GET", "POST"]),
        Route(BACK, partial(_back, deps), methods=["GET"]),
    ]


async def _front(deps: Deps, request: Request) -> Response | HangUp:
    try:
        asked = verify(deps, await read_form(request))
        call = Call(CHANNEL, "pay", asked.fields.get("orderId", ""), FAILURES)
        return await answer(deps, call, partial(_open, deps, asked))
    except Refusal as refusal:
        text = f"<p>{escape(refusal.code)}</p><p>{escape(refusal.message)}</p>"
        return HTMLResponse(page(deps, CHANNEL, text), headers=HEADERS)


def _open(deps: Deps, asked: Asked, hit: Hit) -> Done:
    trade = open_front(deps, asked, hit)
    return Done(RedirectResponse(f"{deps.public_url}{PAGE}?t={trade.token}", 302), trade)


async def _page(deps: Deps, request: Request) -> Response:
    trade = deps.truth.find_trade_by_token(request.query_params.get("t", ""))
    return await counter(deps, request, trade, partial(_way_back, deps))


def _way_back(deps: Deps, trade: Trade, is_paid: bool) -> str:
    return f"{deps.public_url}{BACK}?t={trade.token}" if is_paid else ""


async def _back(deps: Deps, request: Request) -> Response:
    """The browser is sent back by POST, with the fields of the notification."""
    trade = deps.truth.find_trade_by_token(request.query_params.get("t", ""))
    if trade is None or trade.state != "paid":
        return HTMLResponse(page(deps, CHANNEL, "<p>订单不存在</p>"), 404, headers=HEADERS)
    members = members_of(trade) | {
        "txnType": "01",
        "txnAmt": str(trade.taken),
        "respCode": SUCCESS,
        "respMsg": "success",
    }
    sealed = seal(deps.accounts(KIND).get(trade.merchant), members, Hit())
    inputs = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in sealed.items()
    )
    form = (
        f'<p class="amount">支付成功</p><form method="post" '
        f'action="{escape(trade.details["front_url"])}">{inputs}<button>返回商户</button></form>'
    )
    return HTMLResponse(page(deps, CHANNEL, form), headers=HEADERS)
