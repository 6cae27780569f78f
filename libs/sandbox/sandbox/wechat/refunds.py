"""WeChat Pay refunds: accepted, then done a moment later; abnormal ones await a person.

Sources: pay.weixin.qq.com/doc/v3/merchant/4013071036 (refund), 4013071041 (query),
4013071193 (abnormal refund)
"""

import secrets
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from sandbox import payer
from sandbox.answering import Call, Done, answer
from sandbox.clock import DAY_S, beijing_date, beijing_rfc3339, now
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.keys import Key
from sandbox.transport import HangUp
from sandbox.truth import Refund, Trade
from sandbox.wechat.account import CHANNEL, WechatAccount
from sandbox.wechat.certificates import PlatformCertificates
from sandbox.wechat.orders import UNKNOWN_STATE, fingerprint_of
from sandbox.wechat.parties import merchants_of
from sandbox.wechat.requests import Fen, NotifyUrl, RefundNumber, Short, at_most_bytes
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

REFUNDABLE_S = 365 * DAY_S
MAX_REFUNDS = 50
STATUSES = {
    "processing": "PROCESSING",
    "succeeded": "SUCCESS",
    "failed": "CLOSED",
    "abnormal": "ABNORMAL",
}
REFUND_ASKED_AT = "refund_asked_at"
PAYER_ACCOUNT = "支付用户零钱"


class RefundAmount(BaseModel):
    refund: Fen
    total: Fen
    currency: Literal["CNY"]


class RefundRequest(BaseModel):
    out_refund_no: RefundNumber
    amount: RefundAmount
    sub_mchid: Short | None = None
    transaction_id: Short | None = None
    out_trade_no: Short | None = None
    reason: Annotated[str, at_most_bytes(80)] | None = None
    notify_url: NotifyUrl | None = None


class AbnormalRequest(BaseModel):
    out_refund_no: RefundNumber
    sub_mchid: Short | None = None
    type: Literal["USER_BANK_CARD", "MERCHANT_BANK_CARD"]
    bank_type: str | None = None
    bank_account: str | None = None
    real_name: str | None = None


@refusing
async def create(deps: Deps, request: Request) -> Response | HangUp:
    """POST /v3/refund/domestic/refunds."""
    asked = await receive(deps, request)
    requested = parse(RefundRequest, asked)
    trade = _find_trade(deps, asked.account, requested)
    payment_no = trade.payment_no if trade else requested.out_trade_no or ""
    call = Call(CHANNEL, "refund", payment_no, FAILURES)
    return await answer(deps, call, partial(_refund, deps, asked, trade, requested))


@refusing
async def query(deps: Deps, request: Request) -> Response | HangUp:
    """GET /v3/refund/domestic/refunds/{out_refund_no}."""
    asked = await receive(deps, request)
    number = request.path_params["out_refund_no"]
    sub_mchid = request.query_params.get("sub_mchid")
    refund = deps.truth.find_refund(CHANNEL, asked.account.mchid, number)
    trade = deps.truth.get_trade(refund.trade_id) if refund else None
    call = Call(CHANNEL, "query_refund", trade.payment_no if trade else "", FAILURES)

    def work(hit: Hit) -> Done:
        if refund is None or trade is None or merchants_of(trade).get("sub_mchid") != sub_mchid:
            raise Refusal(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
        return Done(respond(deps, asked, hit, view(trade, refund, hit)))

    return await answer(deps, call, work)


@refusing
async def handle_abnormal(deps: Deps, request: Request) -> Response | HangUp:
    """POST …/{refund_id}/apply-abnormal-refund: send the money somewhere else."""
    asked = await receive(deps, request)
    requested = parse(AbnormalRequest, asked)
    refund = deps.truth.find_refund(CHANNEL, asked.account.mchid, requested.out_refund_no)
    if refund is None or refund.channel_refund_no != request.path_params["refund_id"]:
        raise Refusal(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
    trade = deps.truth.get_trade(refund.trade_id)
    if merchants_of(trade).get("sub_mchid") != requested.sub_mchid:
        raise Refusal(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
    if requested.type == "USER_BANK_CARD":
        _check_card(deps, asked.account, request, requested)
    call = Call(CHANNEL, "refund", trade.payment_no, FAILURES)
    return await answer(deps, call, partial(_try_again, deps, asked, trade, refund))


def view(trade: Trade, refund: Refund, hit: Hit) -> dict[str, Any]:
    """The refund as answers tell it."""
    content: dict[str, Any] = {
        "refund_id": refund.channel_refund_no,
        "out_refund_no": refund.number,
        "transaction_id": trade.channel_trade_no,
        "out_trade_no": trade.number,
        "channel": "ORIGINAL",
        "user_received_account": PAYER_ACCOUNT,
        "create_time": beijing_rfc3339(refund.created_at),
        "status": UNKNOWN_STATE if "unknown_status" in hit else STATUSES[refund.state],
        "funds_account": "AVAILABLE",
        "amount": amounts(trade, refund, hit)
        | {
            "from": [],
            "settlement_refund": refund.amount,
            "settlement_total": trade.taken,
            "discount_refund": 0,
            "currency": "CNY",
            "refund_fee": 0,
        },
        "promotion_detail": [],
    }
    if refund.state == "succeeded" and refund.finished_at is not None:
        content["success_time"] = beijing_rfc3339(refund.finished_at)
    return content


def amounts(trade: Trade, refund: Refund, hit: Hit) -> dict[str, int | list[Any] | str]:
    given = refund.amount + ("wrong_amount" in hit)
    return {
        "total": trade.taken,
        "refund": given,
        "payer_total": trade.taken,
        "payer_refund": given,
    }


def _find_trade(deps: Deps, account: WechatAccount, requested: RefundRequest) -> Trade | None:
    truth = deps.truth
    if requested.transaction_id:
        return truth.find_trade_by_channel_number(CHANNEL, account.mchid, requested.transaction_id)
    if requested.out_trade_no:
        return truth.find_trade(CHANNEL, account.mchid, requested.out_trade_no)
    raise parameter_error("/out_trade_no", "transaction_id与out_trade_no二选一")


def _refund(
    deps: Deps, asked: Asked, trade: Trade | None, requested: RefundRequest, hit: Hit
) -> Done:
    if trade is None or merchants_of(trade).get("sub_mchid") != requested.sub_mchid:
        raise Refusal(404, "RESOURCE_NOT_EXISTS", "订单不存在")
    refund = deps.truth.find_refund(CHANNEL, asked.account.mchid, requested.out_refund_no)
    if refund is None:
        _check_pause(deps, trade)
        _check(deps, trade, requested)
        refund = _open(deps, asked, trade, requested, is_held="hold" in hit)
    elif refund.trade_id != trade.id or refund.amount != requested.amount.refund:
        raise Refusal(400, "REFUND_FEE_MISMATCH", "订单金额或退款金额与之前请求不一致")
    elif refund.details.get("mark", _mark(asked)) != _mark(asked):
        raise Refusal(400, "INVALID_REQUEST", "请求参数与之前请求不一致")
    return Done(respond(deps, asked, hit, view(trade, refund, hit)))


def _mark(asked: Asked) -> str:
    """What must be the same at each repeat is all of it; none is kept of a refund made in the
    console."""
    return fingerprint_of(asked, "refund")


def _check_pause(deps: Deps, trade: Trade) -> None:
    """Counted from the latest that was asked for, also from one that was refused."""
    if not deps.settings.refund_pause_s:
        return
    asked_at, at = trade.details.get(REFUND_ASKED_AT, 0.0), now()
    trade.details[REFUND_ASKED_AT] = at
    deps.truth.save_trade(trade)
    if at - asked_at < deps.settings.refund_pause_s:
        raise Refusal(429, "FREQUENCY_LIMITED", "同一笔订单多次退款的请求需相隔1分钟")


def _check(deps: Deps, trade: Trade, requested: RefundRequest) -> None:
    if trade.paid_at is None:
        raise Refusal(400, "INVALID_REQUEST", "订单未支付，不能退款")
    if now() - trade.paid_at > REFUNDABLE_S:
        raise Refusal(400, "TRADE_OVERDUE", "订单已经超过退款期限")
    if requested.amount.total != trade.taken:
        raise Refusal(400, "REFUND_FEE_MISMATCH", "订单金额与实际不一致")
    if len(deps.truth.list_refunds(trade)) >= MAX_REFUNDS:
        raise Refusal(400, "INVALID_REQUEST", "退款次数超限，一笔订单最多支持50次部分退款")
    if requested.amount.refund > payer.refundable(deps, trade):
        raise Refusal(400, "INVALID_REQUEST", "申请退款金额大于订单剩余可退金额")


def _open(
    deps: Deps, asked: Asked, trade: Trade, requested: RefundRequest, *, is_held: bool
) -> Refund:
    at = now()
    day = beijing_date(at).replace("-", "")
    refund = Refund(
        trade_id=trade.id,
        channel=CHANNEL,
        merchant=trade.merchant,
        number=requested.out_refund_no,
        refund_no=requested.out_refund_no,
        channel_refund_no=f"5030{secrets.randbelow(10**6):06d}{day}{secrets.randbelow(10**11):011d}",
        amount=requested.amount.refund,
        reason=requested.reason or "",
        notify_url=requested.notify_url or "",
        created_at=at,
        held=is_held,
        details={"signer": asked.signer, "mark": _mark(asked)},
    )
    deps.truth.add_refund(refund)
    payer.succeed_later(deps, refund)
    return refund


def _check_card(
    deps: Deps, account: WechatAccount, request: Request, requested: AbnormalRequest
) -> None:
    """The card's number and its owner come encrypted to the key the header names."""
    serial = request.headers.get("wechatpay-serial", "")
    certificate = deps.own(PlatformCertificates).find(serial.upper())
    key = _sealing_key(account, serial, certificate.key if certificate else None)
    if not (requested.bank_type and requested.bank_account and requested.real_name):
        raise parameter_error("/bank_account", "退款到用户银行卡时必填")
    try:
        key.open_oaep(requested.bank_account)
        key.open_oaep(requested.real_name)
    except ValueError as error:
        raise parameter_error("/bank_account", "敏感信息解密失败") from error


def _sealing_key(account: WechatAccount, serial: str, certificate_key: Key | None) -> Key:
    if serial == account.public_key_id:
        return account.platform_key
    if not serial:
        raise Refusal(400, "PARAM_ERROR", "HTTP header缺少微信支付平台证书序列号(Wechatpay-Serial)")
    if certificate_key is None:
        raise Refusal(400, "PARAM_ERROR", "平台证书序列号Wechatpay-Serial错误")
    return certificate_key


def _try_again(deps: Deps, asked: Asked, trade: Trade, refund: Refund, hit: Hit) -> Done:
    if refund.state != "abnormal":
        raise Refusal(400, "INVALID_REQUEST", "退款单状态不是异常，无需处理")
    refund.state = "processing"
    refund.finished_at = None
    refund.held = "hold" in hit
    deps.truth.save_refund(refund)
    payer.succeed_later(deps, refund)
    return Done(respond(deps, asked, hit, view(trade, refund, hit)))
