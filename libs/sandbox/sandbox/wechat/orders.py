"""WeChat Pay orders: opened once per out_trade_no, queried, closed.

Sources: pay.weixin.qq.com/doc/v3/merchant/4012791858 (query), 4012791860 (close)
"""

import hashlib
import secrets
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from sandbox import codes, payer
from sandbox.answering import Call, Done, answer
from sandbox.clock import DAY_S, beijing_date, beijing_rfc3339, now
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.transport import HangUp
from sandbox.truth import Trade
from sandbox.wechat import parties
from sandbox.wechat.account import CHANNEL, WechatAccount
from sandbox.wechat.requests import H5Request, JsapiRequest, OrderRequest
from sandbox.wechat.wire import (
    FAILURES,
    Asked,
    Refusal,
    parameter_error,
    parse,
    receive,
    refusing,
    respond,
)

KEPT_S = 7 * DAY_S  # an order nobody pays is closed after seven days
TRADE_TYPES = {
    "native": "NATIVE",
    "jsapi": "JSAPI",
    "app": "APP",
    "h5": "MWEB",
    "codepay": "MICROPAY",
}
REQUESTS = {"native": OrderRequest, "jsapi": JsapiRequest, "app": OrderRequest, "h5": H5Request}
STATE_TEXTS = {
    "NOTPAY": "订单未支付",
    "USERPAYING": "用户支付中，需要输入密码",
    "SUCCESS": "支付成功",
    "REFUND": "转入退款",
    "CLOSED": "订单已关闭",
    "REVOKED": "订单已撤销",
}
CODES_AGE = frozenset({"native", "jsapi", "app"})
UNKNOWN_STATE = "UNHEARD_OF"
REVERSED = "reverse"
H5_PAGE = "/cgi-bin/mmpayweb-bin/checkmweb"


@dataclass(frozen=True, slots=True)
class Order:
    """A checked requested: what is to be paid, how, and to whom."""

    product: str
    parties: dict[str, str]
    requested: OrderRequest


@refusing
async def create(deps: Deps, request: Request) -> Response | HangUp:
    """POST /v3/pay/transactions/{native,jsapi,app,h5}, and the same for partners."""
    asked = await receive(deps, request)
    product = request.url.path.rpartition("/")[2]
    order = Order(product, parties.of_order(request, asked), parse(REQUESTS[product], asked))
    _check_payer(deps, order)
    call = Call(CHANNEL, "pay", order.requested.out_trade_no, FAILURES)
    return await answer(deps, call, partial(_create, deps, asked, order))


@refusing
async def query(deps: Deps, request: Request) -> Response | HangUp:
    """GET …/out-trade-no/{out_trade_no} and …/id/{transaction_id}."""
    asked = await receive(deps, request)
    found = find(deps, asked.account, request, parties.of_query(request, asked))
    call = Call(CHANNEL, "query", _payment_no(found, request), FAILURES)

    def work(hit: Hit) -> Done:
        trade = existing(found)
        state = state_of(deps, trade)
        return Done(respond(deps, asked, hit, view(trade, state, hit)))

    return await answer(deps, call, work)


@refusing
async def close(deps: Deps, request: Request) -> Response | HangUp:
    """POST …/out-trade-no/{out_trade_no}/close; repeatable."""
    asked = await receive(deps, request)
    found = find(deps, asked.account, request, parties.of_body(request, asked))
    call = Call(CHANNEL, "close", _payment_no(found, request), FAILURES)
    return await answer(deps, call, partial(_close, deps, asked, found))


def find(
    deps: Deps, account: WechatAccount, request: Request, named: dict[str, str]
) -> Trade | None:
    """The trade the path names, if it is theirs; WeChat's own number exists once it is paid."""
    truth, path = deps.truth, request.path_params
    if "out_trade_no" in path:
        trade = truth.find_trade(CHANNEL, account.mchid, path["out_trade_no"])
    else:
        number = path["transaction_id"]
        trade = truth.find_trade_by_channel_number(CHANNEL, account.mchid, number)
        if trade and trade.paid_at is None:
            return None
    return trade if trade and parties.is_of(trade, named) else None


def repeated(deps: Deps, asked: Asked, order: Order) -> Trade | None:
    """The trade this number names already, if the same order is asked for; raises Refusal."""
    trade = deps.truth.find_trade(CHANNEL, asked.account.mchid, order.requested.out_trade_no)
    if trade is None:
        return None
    if trade.state == "paid":
        raise Refusal(400, "ORDERPAID", "该订单已支付")
    if trade.state == "closed":
        raise Refusal(400, "ORDER_CLOSED", "该订单已关闭")
    if trade.product != order.product:
        raise Refusal(400, "INVALID_REQUEST", "201 商户订单号重复")
    if trade.fingerprint != fingerprint_of(asked, order.product):
        raise Refusal(403, "OUT_TRADE_NO_USED", "商户订单号重复")
    return trade


def fingerprint_of(asked: Asked, product: str) -> str:
    """Equal for equal parameters, whatever their order and spacing."""
    try:
        content = orjson.loads(asked.body)
    except orjson.JSONDecodeError as error:  # stricter than the first reader, as on lone surrogates
        raise parameter_error("/", "不是合法的JSON") from error
    canonical = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(product.encode() + canonical).hexdigest()


def open_trade(deps: Deps, asked: Asked, order: Order) -> Trade:
    """A new trade, durable."""
    at, requested = now(), order.requested
    trade = Trade(
        channel=CHANNEL,
        merchant=asked.account.mchid,
        number=requested.out_trade_no,
        payment_no=requested.out_trade_no,
        channel_trade_no=transaction_id(at),
        product=order.product,
        amount=requested.amount.total,
        subject=requested.description,
        notify_url=requested.notify_url,
        fingerprint=fingerprint_of(asked, order.product),
        created_at=at,
        closes_at=at + KEPT_S,
        token=f"wx{secrets.token_hex(17)}",
        details={
            "signer": asked.signer,
            "parties": order.parties,
            "payer": _payer(order),
            "expires_at": requested.expires_at,
            "profit_sharing": bool(requested.settle_info and requested.settle_info.profit_sharing),
        }
        | (codes.first() if order.product in CODES_AGE else {})
        | ({"attach": requested.attach} if requested.attach else {}),
    )
    deps.truth.add_trade(trade)
    return trade


def transaction_id(at: float) -> str:
    """28 digits with the day inside, as real ones."""
    day = beijing_date(at).replace("-", "")
    return f"4200{secrets.randbelow(10**6):06d}{day}{secrets.randbelow(10**10):010d}"


def existing(trade: Trade | None) -> Trade:
    """Raises ORDER_NOT_EXIST."""
    if trade is None:
        raise Refusal(404, "ORDER_NOT_EXIST", "订单不存在")
    return trade


def state_of(deps: Deps, trade: Trade) -> str:
    """trade_state; any refund that did not fail makes it REFUND."""
    if trade.details.get("closed_by") == REVERSED:
        return "REVOKED"
    match trade.state:
        case "paid":
            refunds = deps.truth.list_refunds(trade)
            return "REFUND" if any(each.state != "failed" for each in refunds) else "SUCCESS"
        case "closed":
            return "CLOSED"
        case _:
            return "USERPAYING" if trade.product == "codepay" else "NOTPAY"


def view(trade: Trade, state: str, hit: Hit) -> dict[str, Any]:
    """The order as queries, codepay and notifications tell it."""
    amount = trade.taken + ("wrong_amount" in hit)
    state = UNKNOWN_STATE if "unknown_status" in hit else state
    content: dict[str, Any] = {
        **trade.details["parties"],
        "out_trade_no": trade.number,
        "trade_state": state,
        "trade_state_desc": STATE_TEXTS.get(state, state),
        "amount": {"total": amount, "currency": "CNY"},
        "promotion_detail": [],
        "of_a_later_release": "?",
    }
    if "attach" in trade.details:
        content["attach"] = trade.details["attach"]
    if trade.paid_at is not None:
        content |= {
            "transaction_id": trade.channel_trade_no,
            "trade_type": TRADE_TYPES[trade.product],
            "bank_type": "OTHERS",
            "success_time": beijing_rfc3339(trade.paid_at),
            "payer": trade.details["payer"],
        }
        content["amount"] |= {"payer_total": amount, "payer_currency": "CNY"}
    return content


def _create(deps: Deps, asked: Asked, order: Order, hit: Hit) -> Done:
    trade = repeated(deps, asked, order) or open_trade(deps, asked, order)
    if "unknown_status" in hit:
        raise Refusal(400, UNKNOWN_STATE, "未知的结果")
    return Done(respond(deps, asked, hit, _prepaid(deps, trade)), trade)


def _prepaid(deps: Deps, trade: Trade) -> dict[str, Any]:
    match trade.product:
        case "native":
            return {"code_url": f"weixin://wxpay/bizpayurl?pr={codes.of(deps, trade)}"}
        case "h5":
            query = f"prepay_id={trade.token}&package={trade.id}"
            return {"h5_url": f"{deps.public_url}{H5_PAGE}?{query}"}
        case _:
            return {"prepay_id": codes.of(deps, trade)}


def _close(deps: Deps, asked: Asked, found: Trade | None, hit: Hit) -> Done:
    trade = existing(found)
    if trade.state == "paid":
        raise Refusal(400, "ORDERPAID", "该订单已支付")
    if trade.state == "created":
        payer.close(deps, trade, "close")
    if "unknown_status" in hit:
        raise Refusal(400, UNKNOWN_STATE, "未知的结果")
    return Done(respond(deps, asked, hit, None))


def _payment_no(found: Trade | None, request: Request) -> str:
    return found.payment_no if found else request.path_params.get("out_trade_no", "")


def _check_payer(deps: Deps, order: Order) -> None:
    """An openid is one app's name of a person. Those that this process gave out are known."""
    named, own = order.requested.payer, order.parties
    for field, openid in (named.ids() if named else {}).items():
        app = own["sub_appid"] if field == "sub_openid" else own.get("sp_appid", own.get("appid"))
        if not deps.logins.may_be(openid, app or ""):
            raise parameter_error(f"/payer/{field}", "appid和openid不匹配")


def _payer(order: Order) -> dict[str, str]:
    """Who will pay: named by the merchant, or whoever scans the code."""
    named = order.requested.payer.ids() if order.requested.payer else {}
    somebody = "oSandbox" + hashlib.sha256(order.requested.out_trade_no.encode()).hexdigest()[:20]
    return named or {"sp_openid" if "sp_mchid" in order.parties else "openid": somebody}
