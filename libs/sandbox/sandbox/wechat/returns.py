"""What receivers of WeChat Pay splits give back (分账回退): done within the call.

Sources: pay.weixin.qq.com/doc/v3/merchant/4012526995 (return), 4012527005 (query)
"""

import secrets
from functools import partial
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from sandbox import sharing
from sandbox.answering import Call, Done, answer
from sandbox.clock import beijing_rfc3339, now
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.transport import HangUp
from sandbox.truth import Split, Trade
from sandbox.wechat.account import CHANNEL
from sandbox.wechat.orders import UNKNOWN_STATE
from sandbox.wechat.parties import merchants_of
from sandbox.wechat.requests import Fen, RefundNumber, Short
from sandbox.wechat.splits import Account, Description
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


class ReturnRequest(BaseModel):
    out_return_no: RefundNumber
    return_mchid: Account
    amount: Fen
    description: Description
    order_id: Account | None = None
    out_order_no: RefundNumber | None = None
    sub_mchid: Short | None = None


@refusing
async def create(deps: Deps, request: Request) -> Response | HangUp:
    """POST /v3/profitsharing/return-orders."""
    asked = await receive(deps, request)
    requested = parse(ReturnRequest, asked)
    found = _find(
        deps, asked, requested.order_id or requested.out_order_no or "", requested.sub_mchid
    )
    call = Call(CHANNEL, "split", found[0].payment_no if found else "", FAILURES)
    return await answer(deps, call, partial(_return, deps, asked, found, requested))


@refusing
async def query(deps: Deps, request: Request) -> Response | HangUp:
    """GET /v3/profitsharing/return-orders/{out_return_no}?out_order_no=."""
    asked = await receive(deps, request)
    params, number = request.query_params, request.path_params["out_return_no"]
    found = _find(deps, asked, params.get("out_order_no", ""), params.get("sub_mchid"))
    call = Call(CHANNEL, "query_split", found[0].payment_no if found else "", FAILURES)

    def work(hit: Hit) -> Done:
        one = _made(found[1], number) if found else None
        if found is None or one is None:
            raise Refusal(404, "RESOURCE_NOT_EXISTS", "记录不存在")
        return Done(respond(deps, asked, hit, _view(*found, one, hit)))

    return await answer(deps, call, work)


def _find(
    deps: Deps, asked: Asked, number: str, sub_mchid: str | None
) -> tuple[Trade, Split] | None:
    split = deps.truth.find_split(CHANNEL, asked.account.mchid, number)
    trade = deps.truth.get_trade(split.trade_id) if split else None
    if split is None or trade is None or merchants_of(trade).get("sub_mchid") != sub_mchid:
        return None
    return trade, split


def _made(split: Split, number: str) -> dict[str, Any] | None:
    return next((each for each in split.returns if each["number"] == number), None)


def _return(
    deps: Deps,
    asked: Asked,
    found: tuple[Trade, Split] | None,
    requested: ReturnRequest,
    hit: Hit,
) -> Done:
    if found is None:
        raise Refusal(404, "RESOURCE_NOT_EXISTS", "分账单不存在")
    split = found[1]
    one = _made(split, requested.out_return_no)
    if one is None:
        _check(split, requested)
        one = {
            "number": requested.out_return_no,
            "account": requested.return_mchid,
            "amount": requested.amount,
            "description": requested.description,
            "return_no": f"3008{secrets.randbelow(10**24):024d}",
            "at": now(),
        }
        sharing.give_back(deps, split, one)
    elif (one["account"], one["amount"]) != (requested.return_mchid, requested.amount):
        raise parameter_error("/out_return_no", "商户回退单号重复，参数与之前请求不一致")
    return Done(respond(deps, asked, hit, _view(*found, one, hit)))


def _check(split: Split, requested: ReturnRequest) -> None:
    """Only merchants give back, and only what they have got."""
    receiver = next((x for x in split.receivers if x["account"] == requested.return_mchid), None)
    if receiver is None or receiver["is_rest"]:
        raise Refusal(400, "INVALID_REQUEST", "回退方不是分账接收方")
    if receiver["type"] != "MERCHANT_ID":
        raise Refusal(400, "INVALID_REQUEST", "不支持从个人接收方回退")
    if split.state != "finished":
        raise Refusal(400, "INVALID_REQUEST", "分账单处理中，暂时无法回退")
    if requested.amount > sharing.received(split, requested.return_mchid):
        raise Refusal(400, "INVALID_REQUEST", "剩余可回退的金额不足")


def _view(trade: Trade, split: Split, one: dict[str, Any], hit: Hit) -> dict[str, Any]:
    content = {name: value for name, value in merchants_of(trade).items() if name == "sub_mchid"}
    return content | {
        "order_id": split.channel_split_no,
        "out_order_no": split.number,
        "out_return_no": one["number"],
        "return_id": one["return_no"],
        "return_mchid": one["account"],
        "amount": one["amount"] + ("wrong_amount" in hit),
        "description": one["description"],
        "result": UNKNOWN_STATE if "unknown_status" in hit else "SUCCESS",
        "create_time": beijing_rfc3339(one["at"]),
        "finish_time": beijing_rfc3339(one["at"]),
    }
