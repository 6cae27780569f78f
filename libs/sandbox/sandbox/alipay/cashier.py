"""Alipay's cashier for pages, mobile pages and apps: opening it makes the trade.

Sources: opendocs.alipay.com/open/028r8t (page), 02ivbs (wap), 02e7gq (app)
"""

from functools import partial
from html import escape
from urllib.parse import quote, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.alipay.account import CHANNEL, KIND
from sandbox.alipay.requests import TradeRequest, read_request
from sandbox.alipay.trades import names, open_trade, refuse_unknown
from sandbox.alipay.wire import FAILURES, Asked, Refusal, signed_text
from sandbox.answering import Call, Done, answer
from sandbox.clock import beijing_text, now
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.money import yuan
from sandbox.pages import counter, page
from sandbox.transport import HangUp
from sandbox.truth import Trade

PRODUCTS = {
    "alipay.trade.page.pay": "page",
    "alipay.trade.wap.pay": "wap",
    "alipay.trade.app.pay": "app",
}
PAGE = "/standard/auth.htm"


def routes(deps: Deps) -> list[Route]:
    return [Route(PAGE, partial(_page, deps), methods=["GET", "POST"])]


async def open_cashier(deps: Deps, asked: Asked) -> Response | HangUp:
    """The form was posted, the link followed or the order string handed over by the app."""
    requested = read_request(asked, PRODUCTS[asked.method])
    call = Call(CHANNEL, "pay", requested.number, FAILURES)
    return await answer(deps, call, partial(_open, deps, asked, requested))


def error_page(deps: Deps, refusal: Refusal) -> Response:
    """Errors of page products are a page, and in GBK."""
    node = refusal.node
    text = f"<p>{escape(node['sub_code'])}</p><p>{escape(node['sub_msg'])}</p>"
    content = page(deps, CHANNEL, text).replace('charset="utf-8"', 'charset="gbk"').encode("gbk")
    return Response(content, media_type="text/html;charset=GBK")


def _open(deps: Deps, asked: Asked, requested: TradeRequest, hit: Hit) -> Done:
    trade = open_trade(deps, asked, requested)
    refuse_unknown(hit)
    address = f"{deps.public_url}{PAGE}?payOrderId={trade.token}"
    return Done(RedirectResponse(address, 302), trade)


async def _page(deps: Deps, request: Request) -> Response:
    trade = deps.truth.find_trade_by_token(request.query_params.get("payOrderId", ""))
    return await counter(deps, request, trade, partial(_way_back, deps))


def _way_back(deps: Deps, trade: Trade, is_paid: bool) -> str:
    """return_url with signed parameters after paying; quit_url, if any, after leaving."""
    if not is_paid:
        return str(trade.details["quit_url"])
    url = str(trade.details["return_url"])
    if not url:
        return ""
    account = deps.accounts(KIND).get(trade.merchant)
    fields = names(trade) | {
        "app_id": account.app_id,
        "auth_app_id": account.app_id,
        "charset": "utf-8",
        "method": f"alipay.trade.{trade.product}.pay.return",
        "seller_id": account.seller_id,
        "sign_type": "RSA2",
        "timestamp": beijing_text(now()),
        "total_amount": yuan(trade.taken),
        "version": "1.0",
    }
    fields["sign"] = account.alipay_key.sign(signed_text(fields, {"sign", "sign_type"}))
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(fields, quote_via=quote)}"
