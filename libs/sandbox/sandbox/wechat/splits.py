"""WeChat Pay splits (分账): accepted, then done a moment later, receiver by receiver.

Sources: pay.weixin.qq.com/doc/v3/merchant/4012524936 (split), 4012526688 (query), 4012526938
(unfreeze), 4012526985 (amounts)
"""

import hashlib
import secrets
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from sandbox import sharing
from sandbox.answering import Call, Done, answer
from sandbox.clock import beijing_rfc3339, now
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.transport import HangUp
from sandbox.truth import Split, Trade
from sandbox.wechat.account import CHANNEL, WechatAccount
from sandbox.wechat.orders import UNKNOWN_STATE
from sandbox.wechat.parties import merchants_of
from sandbox.wechat.requests import Fen, RefundNumber, Short, at_most_bytes
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

MAX_SPLITS = 50
NOT_OVER = "1970-01-01T08:00:00+08:00"
REST = "解冻给分账方"
RESULTS = {"processing": "PENDING", "succeeded": "SUCCESS", "failed": "CLOSED"}

Account = Annotated[str, Field(min_length=1, max_length=64)]
Description = Annotated[str, Field(min_length=1), at_most_bytes(80)]


class ReceiverRequest(BaseModel):
    type: Literal["MERCHANT_ID", "PERSONAL_OPENID", "PERSONAL_SUB_OPENID"]
    account: Account
    amount: Fen
    description: Description
    name: str | None = None


class SplitRequest(BaseModel):
    transaction_id: Short
    out_order_no: RefundNumber
    receivers: Annotated[list[ReceiverRequest], Field(min_length=1, max_length=50)]
    unfreeze_unsplit: bool
    appid: Short | None = None
    sub_mchid: Short | None = None
    sub_appid: Short | None = None


class UnfreezeRequest(BaseModel):
    transaction_id: Short
    out_order_no: RefundNumber
    description: Description
    sub_mchid: Short | None = None


@refusing
async def create(deps: Deps, request: Request) -> Response | HangUp:
    """POST /v3/profitsharing/orders."""
    asked = await receive(deps, request)
    requested = parse(SplitRequest, asked)
    trade = find_trade(deps, asked.account, requested.transaction_id, requested.sub_mchid)
    call = Call(CHANNEL, "split", trade.payment_no if trade else "", FAILURES)
    return await answer(deps, call, partial(_split, deps, asked, trade, requested))


@refusing
async def unfreeze(deps: Deps, request: Request) -> Response | HangUp:
    """POST /v3/profitsharing/orders/unfreeze: the rest is the merchant's."""
    asked = await receive(deps, request)
    requested = parse(UnfreezeRequest, asked)
    trade = find_trade(deps, asked.account, requested.transaction_id, requested.sub_mchid)
    whole = SplitRequest.model_construct(
        **requested.model_dump(exclude={"description"}), receivers=[], unfreeze_unsplit=True
    )
    call = Call(CHANNEL, "split", trade.payment_no if trade else "", FAILURES)
    return await answer(deps, call, partial(_split, deps, asked, trade, whole))


@refusing
async def query(deps: Deps, request: Request) -> Response | HangUp:
    """GET /v3/profitsharing/orders/{out_order_no}?transaction_id=."""
    asked = await receive(deps, request)
    params = request.query_params
    number = request.path_params["out_order_no"]
    trade = find_trade(
        deps, asked.account, params.get("transaction_id", ""), params.get("sub_mchid")
    )
    call = Call(CHANNEL, "query_split", trade.payment_no if trade else "", FAILURES)

    def work(hit: Hit) -> Done:
        split = deps.truth.find_split(CHANNEL, asked.account.mchid, number)
        if trade is None or split is None or split.trade_id != trade.id:
            raise Refusal(404, "RESOURCE_NOT_EXISTS", "记录不存在")
        return Done(respond(deps, asked, hit, view(trade, split, hit)))

    return await answer(deps, call, work)


@refusing
async def amounts(deps: Deps, request: Request) -> Response | HangUp:
    """GET /v3/profitsharing/transactions/{transaction_id}/amounts."""
    asked = await receive(deps, request)
    number = request.path_params["transaction_id"]
    trade = deps.truth.find_trade_by_channel_number(CHANNEL, asked.account.mchid, number)
    call = Call(CHANNEL, "query_split", trade.payment_no if trade else "", FAILURES)

    def work(hit: Hit) -> Done:
        content = {"transaction_id": number, "unsplit_amount": sharing.unsplit(deps, _own(trade))}
        return Done(respond(deps, asked, hit, content))

    return await answer(deps, call, work)


def find_trade(
    deps: Deps, account: WechatAccount, number: str, sub_mchid: str | None
) -> Trade | None:
    """The paid trade of WeChat Pay's number, if it is this merchant's."""
    trade = deps.truth.find_trade_by_channel_number(CHANNEL, account.mchid, number)
    if trade is None or trade.paid_at is None:
        return None
    return trade if merchants_of(trade).get("sub_mchid") == sub_mchid else None


def view(trade: Trade, split: Split, hit: Hit) -> dict[str, Any]:
    """The split as answers tell it."""
    receivers = [_receiver(split, each) for each in split.receivers]
    if "wrong_amount" in hit and receivers:
        receivers[0]["amount"] += 1
    content = {name: value for name, value in merchants_of(trade).items() if name == "sub_mchid"}
    state = UNKNOWN_STATE if "unknown_status" in hit else split.state.upper()
    return content | {
        "transaction_id": trade.channel_trade_no,
        "out_order_no": split.number,
        "order_id": split.channel_split_no,
        "state": state,
        "receivers": receivers,
    }


def _receiver(split: Split, each: dict[str, Any]) -> dict[str, Any]:
    over = split.finished_at
    content = {
        "type": each["type"],
        "account": each["account"],
        "amount": each["amount"],
        "description": each["description"],
        "result": RESULTS[each["state"]],
        "create_time": beijing_rfc3339(split.created_at),
        "finish_time": beijing_rfc3339(over) if over else NOT_OVER,
        "detail_id": each["detail_no"],
    }
    return content | ({"fail_reason": each["reason"]} if each["reason"] else {})


def _split(
    deps: Deps, asked: Asked, trade: Trade | None, requested: SplitRequest, hit: Hit
) -> Done:
    trade = _own(trade)
    split = deps.truth.find_split(CHANNEL, asked.account.mchid, requested.out_order_no)
    if split is None:
        _check(deps, trade, requested, hit)
        split = _open(deps, trade, requested)
    elif split.trade_id != trade.id or split.fingerprint != _fingerprint(requested):
        raise parameter_error("/out_order_no", "商户分账单号重复，参数与之前请求不一致")
    return Done(respond(deps, asked, hit, view(trade, split, hit)))


def _own(trade: Trade | None) -> Trade:
    if trade is None:
        raise Refusal(404, "RESOURCE_NOT_EXISTS", "订单不存在")
    return trade


def _check(deps: Deps, trade: Trade, requested: SplitRequest, hit: Hit) -> None:
    if not trade.details.get("profit_sharing"):
        raise Refusal(400, "INVALID_REQUEST", "非分账订单不支持分账")
    if "too_early" in hit:
        raise Refusal(400, "INVALID_REQUEST", "订单处理中，暂时无法分账，请稍后再试")
    if len(deps.truth.list_splits(trade)) >= MAX_SPLITS:
        raise Refusal(400, "INVALID_REQUEST", "分账次数超限，一笔订单最多支持50次分账")
    accounts = [each.account for each in requested.receivers]
    if accounts and not any(sharing.is_receiver(deps, trade, each) for each in accounts):
        raise Refusal(400, "INVALID_REQUEST", "分账接收方关系不存在，请先添加分账接收方")
    wanted, left = sum(each.amount for each in requested.receivers), sharing.unsplit(deps, trade)
    if wanted > left or not left:
        raise Refusal(403, "NOT_ENOUGH", "分账金额不足")


def _open(deps: Deps, trade: Trade, requested: SplitRequest) -> Split:
    split = Split(
        trade_id=trade.id,
        channel=CHANNEL,
        merchant=trade.merchant,
        number=requested.out_order_no,
        channel_split_no=f"3000{secrets.randbelow(10**24):024d}",
        is_last=requested.unfreeze_unsplit,
        fingerprint=_fingerprint(requested),
        created_at=now(),
        receivers=[],
    )
    requests = [
        sharing.Requested(each.account, each.type, each.amount, each.description)
        for each in requested.receivers
    ]
    left = sharing.unsplit(deps, trade) - sum(each.amount for each in requests)
    if requested.unfreeze_unsplit and left:
        split.receivers.append(_rest(trade, split, left))
    sharing.start(deps, split, requests)
    return split


def _rest(trade: Trade, split: Split, amount: int) -> dict[str, Any]:
    """What is left becomes the merchant's own, and is told as a receiver like the others."""
    return {
        "account": merchants_of(trade).get("sub_mchid", trade.merchant),
        "type": "MERCHANT_ID",
        "amount": amount,
        "description": REST,
        "state": "processing",
        "reason": "",
        "is_rest": True,
        "detail_no": f"{split.channel_split_no}99",
    }


def _fingerprint(requested: SplitRequest) -> str:
    return hashlib.sha256(requested.model_dump_json().encode()).hexdigest()
