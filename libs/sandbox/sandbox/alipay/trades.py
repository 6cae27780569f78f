"""Alipay trades: opened, queried, closed, cancelled.

Sources: opendocs.alipay.com/open/02ekfh (query), 02o6e7 (close), 02ekfi (cancel)
"""

import secrets
from typing import Any

from sandbox import codes, payer
from sandbox.alipay.account import CHANNEL, KIND, MINI_PROGRAM, WEB
from sandbox.alipay.requests import TradeRequest, read_request
from sandbox.alipay.wire import Asked, refused, respond
from sandbox.answering import Done
from sandbox.clock import beijing_date, beijing_text, now
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.money import yuan
from sandbox.truth import Refund, Trade

UNKNOWN_STATUS = "UNHEARD_OF"
CANCELLED = "cancel"  # the number of the refund a cancellation makes
BUYER_LOGON_ID = "138****0000"


def precreate(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """alipay.trade.precreate; the QR counts as scanned at once, so the trade exists."""
    trade = open_trade(deps, asked, read_request(asked, "precreate"))
    refuse_unknown(hit)
    node = {
        "out_trade_no": trade.number,
        "qr_code": f"https://qr.alipay.com/bax{codes.of(deps, trade)}",
    }
    return Done(respond(asked, node, hit), trade)


def create(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """alipay.trade.create, for mini-programs and pages inside Alipay."""
    request = read_request(asked, "create")
    _check_app(deps, asked)
    if not (request.buyer_open_id or asked.text("buyer_id", 28)):
        raise refused("INVALID_PARAMETER", "参数无效：buyer_id与buyer_open_id不能同时为空")
    if not deps.logins.may_be(request.buyer_open_id, asked.account.app_id):
        raise refused("BUYER_NOT_EXIST", "买家不存在")
    trade = open_trade(deps, asked, request)
    refuse_unknown(hit)
    return Done(respond(asked, names(trade), hit), trade)


def _check_app(deps: Deps, asked: Asked) -> None:
    """JSAPI payments are of mini programs, and mini programs have no other. An app that is not of
    this sandbox may be one."""
    app_id = asked.text("op_app_id", 32)
    if asked.biz.get("product_code") != "JSAPI_PAY":
        if asked.account.sort == MINI_PROGRAM:
            raise refused("PRODUCT_NOT_SUPPORT_IN_TINY_APP", "该产品不支持在小程序中使用")
        return
    if not app_id:
        raise refused("INVALID_PARAMETER", "参数无效：op_app_id")
    app = deps.accounts(KIND).find(app_id)
    if app is not None and app.sort == WEB:
        raise refused("OPEN_ID_NOT_TINY_APP", "请求的应用id非小程序应用类型")


def query(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """alipay.trade.query."""
    trade = named(deps, asked)
    node = names(trade) | {"buyer_logon_id": BUYER_LOGON_ID} | amounts(trade, hit)
    node["trade_status"] = UNKNOWN_STATUS if "unknown_status" in hit else status(deps, trade)
    if trade.paid_at is not None:
        node |= buyer(trade) | {"send_pay_date": beijing_text(trade.paid_at)}
    return Done(respond(asked, node, hit))


def close(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """alipay.trade.close: unpaid trades only."""
    trade = named(deps, asked)
    if trade.state != "created":
        raise refused("TRADE_STATUS_ERROR", "交易状态不合法")
    payer.close(deps, trade, "close")
    refuse_unknown(hit)
    return Done(respond(asked, names(trade), hit))


def cancel(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """alipay.trade.cancel: closes what is unpaid, gives back what is paid; repeatable."""
    trade = find(deps, asked)
    if trade is None:
        node = {"out_trade_no": str(asked.biz.get("out_trade_no", "")), "retry_flag": "N"}
        return Done(respond(asked, node, hit))
    if CANCELLED not in trade.details:
        trade.details[CANCELLED] = _cancel(deps, trade)
        deps.truth.save_trade(trade)
    action = trade.details[CANCELLED]
    refuse_unknown(hit)
    return Done(respond(asked, names(trade) | {"retry_flag": "N"} | action, hit))


def open_trade(deps: Deps, asked: Asked, request: TradeRequest) -> Trade:
    """The trade of this number: a new one, or the same again; raises Refusal."""
    account = asked.account
    trade = deps.truth.find_trade(CHANNEL, account.app_id, request.number)
    if trade is not None:
        return _same(trade, request)
    at = now()
    trade = Trade(
        channel=CHANNEL,
        merchant=account.app_id,
        number=request.number,
        payment_no=request.number,
        channel_trade_no=_trade_no(at),
        product=request.product,
        amount=request.amount,
        subject=request.subject,
        notify_url=request.notify_url,
        fingerprint=request.fingerprint,
        created_at=at,
        closes_at=request.expires_at,
        token=secrets.token_hex(16),
        details={
            "return_url": request.return_url,
            "quit_url": request.quit_url,
            "passback_params": request.passback_params,
            "body": request.body,
            "buyer_open_id": request.buyer_open_id,
            "buyer_user_id": f"2088{secrets.randbelow(10**12):012d}",
        }
        | (codes.first() if request.product == "precreate" else {}),
    )
    deps.truth.add_trade(trade)
    return trade


def find(deps: Deps, asked: Asked) -> Trade | None:
    """By trade_no, which wins, or out_trade_no."""
    truth, app_id = deps.truth, asked.account.app_id
    if trade_no := asked.text("trade_no", 64):
        return truth.find_trade_by_channel_number(CHANNEL, app_id, trade_no)
    number = asked.text("out_trade_no", 64)
    if not number:
        raise refused("INVALID_PARAMETER", "参数无效：out_trade_no与trade_no不能同时为空")
    return truth.find_trade(CHANNEL, app_id, number)


def named(deps: Deps, asked: Asked) -> Trade:
    trade = find(deps, asked)
    if trade is None:
        raise refused("TRADE_NOT_EXIST", "交易不存在")
    return trade


def names(trade: Trade) -> dict[str, Any]:
    return {"trade_no": trade.channel_trade_no, "out_trade_no": trade.number}


def amounts(trade: Trade, hit: Hit) -> dict[str, str]:
    total = yuan(trade.taken + ("wrong_amount" in hit))
    if trade.paid_at is None:
        return {"total_amount": total}
    return {
        "total_amount": total,
        "receipt_amount": total,
        "buyer_pay_amount": total,
        "invoice_amount": total,
        "point_amount": "0.00",
    }


def buyer(trade: Trade) -> dict[str, str]:
    """New apps are told the open id of a buyer, older ones the user id."""
    if trade.details["buyer_open_id"]:
        return {"buyer_open_id": trade.details["buyer_open_id"]}
    return {"buyer_user_id": trade.details["buyer_user_id"]}


def refunded(refunds: list[Refund]) -> int:
    return sum(refund.amount for refund in refunds if refund.state == "succeeded")


def status(deps: Deps, trade: Trade) -> str:
    """TRADE_CLOSED is both: never paid, and paid but given back in full."""
    match trade.state:
        case "created":
            return "WAIT_BUYER_PAY"
        case "closed":
            return "TRADE_CLOSED"
        case _:
            is_given_back = refunded(deps.truth.list_refunds(trade)) >= trade.taken
            return "TRADE_CLOSED" if is_given_back else "TRADE_SUCCESS"


def refuse_unknown(hit: Hit) -> None:
    """Operations without a status of their own answer a code nobody has heard of."""
    if "unknown_status" in hit:
        raise refused(UNKNOWN_STATUS, "未知的结果")


def _same(trade: Trade, request: TradeRequest) -> Trade:
    if trade.state == "paid":
        raise refused("TRADE_HAS_SUCCESS", "交易已被支付")
    if trade.state == "closed":
        raise refused("TRADE_HAS_CLOSE", "交易已经关闭")
    if trade.fingerprint != request.fingerprint:
        raise refused("CONTEXT_INCONSISTENT", "交易信息被篡改")
    return trade


def _cancel(deps: Deps, trade: Trade) -> dict[str, str]:
    if trade.state == "created":
        payer.close(deps, trade, CANCELLED)
        return {"action": "close"}
    left = payer.refundable(deps, trade) if trade.state == "paid" else 0
    if not left:
        return {}
    at = now()
    refund = Refund(
        trade_id=trade.id,
        channel=CHANNEL,
        merchant=trade.merchant,
        number=CANCELLED,
        refund_no=f"{trade.number}-{CANCELLED}",
        channel_refund_no=_trade_no(at),
        amount=left,
        reason="撤销",
        notify_url="",
        created_at=at,
    )
    deps.truth.add_refund(refund)
    payer.decide(deps, refund, "succeeded")
    return {"action": "refund", "gmt_refund_pay": beijing_text(at)}


def _trade_no(at: float) -> str:
    """28 digits that begin with the day, as real ones."""
    day = beijing_date(at).replace("-", "")
    return f"{day}22001{secrets.randbelow(10**15):015d}"
