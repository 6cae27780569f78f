"""UnionPay's own page: the browser brings the form, the payer pays, and a form leads back.

Source: open.unionpay.com (acpAPIId=901, 前台通知)
"""

from functools import partial
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.answering import Call, Done, answer
from sandbox.faults import Hit
from sandbox.pages import HEADERS, counter, page
from sandbox.transport import HangUp
from sandbox.truth import Trade
from sandbox.unionpay.account import CHANNEL, KIND
from sandbox.unionpay.orders import facts, open_front
from sandbox.unionpay.wire import FAILURES, SUCCESS, Asked, Refusal, read_form, seal, verify
from sandbox.world import World

FRONT = "/gateway/api/frontTransReq.do"
PAGE = "/unionpay/cashier"
BACK = "/unionpay/cashier/back"


def routes(world: World) -> list[Route]:
    return [
        Route(FRONT, partial(_front, world), methods=["POST"]),
        Route(PAGE, partial(_page, world), methods=["GET", "POST"]),
        Route(BACK, partial(_back, world), methods=["GET"]),
    ]


async def _front(world: World, request: Request) -> Response | HangUp:
    try:
        asked = verify(world, await read_form(request))
        call = Call(CHANNEL, "pay", asked.fields.get("orderId", ""), FAILURES)
        return await answer(world, call, partial(_open, world, asked))
    except Refusal as refusal:
        text = f"<p>{escape(refusal.code)}</p><p>{escape(refusal.message)}</p>"
        return HTMLResponse(page(world, CHANNEL, text), headers=HEADERS)


def _open(world: World, asked: Asked, hit: Hit) -> Done:
    trade = open_front(world, asked, hit)
    return Done(RedirectResponse(f"{world.public_url}{PAGE}?t={trade.token}", 302), trade)


async def _page(world: World, request: Request) -> Response:
    trade = world.truth.find_trade_by_token(request.query_params.get("t", ""))
    return await counter(world, request, trade, partial(_way_back, world))


def _way_back(world: World, trade: Trade, is_paid: bool) -> str:
    return f"{world.public_url}{BACK}?t={trade.token}" if is_paid else ""


async def _back(world: World, request: Request) -> Response:
    """The browser is sent back by POST, with the fields of the notification."""
    trade = world.truth.find_trade_by_token(request.query_params.get("t", ""))
    if trade is None or trade.state != "paid":
        return HTMLResponse(page(world, CHANNEL, "<p>订单不存在</p>"), 404, headers=HEADERS)
    members = facts(trade) | {
        "txnType": "01",
        "txnAmt": str(trade.taken),
        "respCode": SUCCESS,
        "respMsg": "success",
    }
    sealed = seal(world.accounts(KIND).get(trade.merchant), members, Hit())
    inputs = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in sealed.items()
    )
    form = (
        f'<p class="amount">支付成功</p><form method="post" '
        f'action="{escape(trade.details["front_url"])}">{inputs}<button>返回商户</button></form>'
    )
    return HTMLResponse(page(world, CHANNEL, form), headers=HEADERS)
