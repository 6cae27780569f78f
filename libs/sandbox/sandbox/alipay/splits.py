"""Alipay splits (分账): settled within the call, or a moment later where asked for so.

Sources: opendocs.alipay.com/open/02o6e1 (order.settle), 02o6e0 (order.settle.query),
02c7hq (royalty.relation.bind)
"""

import hashlib
import re
import secrets
from typing import Any

import orjson

from sandbox import sharing
from sandbox.alipay.account import CHANNEL
from sandbox.alipay.trades import UNKNOWN_STATUS, named, refuse_unknown
from sandbox.alipay.wire import Asked, refused, respond
from sandbox.answering import Done
from sandbox.clock import beijing_compact, beijing_text, now
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.money import fen, yuan
from sandbox.truth import Split, Trade

MAX_SYNC = 5
STATES = {"processing": "PROCESSING", "succeeded": "SUCCESS", "failed": "FAIL"}
TYPES = ("userId", "loginName", "openId", "cardAliasNo")

_NUMBER = re.compile(r"[0-9A-Za-z_\-]{1,64}", re.ASCII)


def settle(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """alipay.trade.order.settle; the same out_request_no divides the money once."""
    trade, number = _trade(deps, asked), asked.text("out_request_no", 64)
    if not _NUMBER.fullmatch(number):
        raise refused("INVALID_PARAMETER", "参数无效：out_request_no")
    requests = _requests(asked.biz.get("royalty_parameters"))
    split = _find(deps, trade, number)
    if split is None:
        _check(deps, trade, requests, hit)
        split = _open(deps, asked, trade, requests)
    elif split.fingerprint != _fingerprint(asked):
        raise refused("DISCORDANT_REPEAT_REQUEST", "请求信息不一致")
    refuse_unknown(hit)
    node = {"trade_no": trade.channel_trade_no, "settle_no": split.channel_split_no}
    return Done(respond(asked, node, hit))


def query(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """alipay.trade.order.settle.query."""
    split = _named(deps, asked)
    details = [_detail(asked, split, each, hit) for each in split.receivers]
    if "wrong_amount" in hit and details:
        details[0]["amount"] = yuan(split.receivers[0]["amount"] + 1)
    node = {
        "out_request_no": split.number,
        "operation_dt": beijing_text(split.created_at),
        "royalty_detail_list": details,
    }
    return Done(respond(asked, node, hit))


def unsettled(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """alipay.trade.order.onsettle.query."""
    amount = sharing.unsplit(deps, _trade(deps, asked))
    return Done(respond(asked, {"unsettled_amount": yuan(amount)}, hit))


def bind(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """alipay.trade.royalty.relation.bind."""
    return _relate(deps, asked, hit, is_registered=True)


def unbind(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """alipay.trade.royalty.relation.unbind."""
    return _relate(deps, asked, hit, is_registered=False)


def plan_returns(deps: Deps, asked: Asked, trade: Trade, amount: int) -> list[dict[str, Any]]:
    """Who gives back for a refund of this amount, checked; the newest split first."""
    planned: list[dict[str, Any]] = []
    wanted = asked.biz.get("refund_royalty_parameters") or []
    for each in wanted if isinstance(wanted, list) else []:
        account, share = str(each.get("trans_out", "")), fen(each.get("amount"))
        split = next((x for x in _of(deps, trade) if sharing.received(x, account) > 0), None)
        if split is None:
            raise refused("REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST", "退分账收入方账户不存在")
        if not share or share > sharing.received(split, account):
            raise refused("ALLOC_AMOUNT_VALIDATE_ERROR", "退分账金额超限")
        one = {"account": account, "amount": share, "description": str(each.get("desc", ""))}
        planned.append({"split_id": split.id, **one})
    if sum(int(each["amount"]) for each in planned) > amount:
        raise refused("ALLOC_AMOUNT_VALIDATE_ERROR", "退分账金额超限")
    return planned


def take_back(deps: Deps, refund_no: str, planned: list[dict[str, Any]]) -> None:
    """With the refund, the receivers give back."""
    for each in planned:
        one = {name: value for name, value in each.items() if name != "split_id"}
        made = one | {"number": refund_no, "return_no": "", "at": now()}
        sharing.give_back(deps, deps.truth.get_split(each["split_id"]), made)


def _of(deps: Deps, trade: Trade) -> list[Split]:
    return deps.truth.list_splits(trade)[::-1]


def _trade(deps: Deps, asked: Asked) -> Trade:
    """Splits go by Alipay's own number."""
    if not asked.text("trade_no", 64):
        raise refused("INVALID_PARAMETER", "参数无效：trade_no")
    return named(deps, asked)


def _find(deps: Deps, trade: Trade, number: str) -> Split | None:
    return next((each for each in _of(deps, trade) if each.number == number), None)


def _named(deps: Deps, asked: Asked) -> Split:
    settle_no = asked.text("settle_no", 64)
    if settle_no:
        split = deps.truth.find_split(CHANNEL, asked.account.app_id, settle_no)
    else:
        split = _find(deps, _trade(deps, asked), asked.text("out_request_no", 64))
    if split is None:
        raise refused("TRADE_NOT_EXIST", "分账请求不存在")
    return split


def _requests(parameters: Any) -> list[sharing.Requested]:
    if not isinstance(parameters, list) or not parameters:
        raise refused("INVALID_PARAMETER", "参数无效：royalty_parameters")
    requests = []
    for each in parameters:
        amount, kind = fen(each.get("amount")), each.get("trans_in_type", "userId")
        account = each.get("trans_in")
        if not amount or kind not in TYPES or not isinstance(account, str) or not account:
            raise refused("INVALID_PARAMETER", "参数无效：royalty_parameters")
        requests.append(sharing.Requested(account, kind, amount, str(each.get("desc", ""))))
    return requests


def _check(deps: Deps, trade: Trade, requests: list[sharing.Requested], hit: Hit) -> None:
    if trade.state != "paid":
        raise refused("TRADE_STATUS_ERROR", "交易状态不合法")
    if "too_early" in hit:
        raise refused("ILLEGAL_SETTLE_STATE", "结算单状态不允许分账，前置动作未完成")
    if not any(sharing.is_receiver(deps, trade, each.account) for each in requests):
        raise refused("ROYALTY_RECEIVER_INVALID", "分账收入方未绑定分账关系")
    if sum(each.amount for each in requests) > sharing.unsplit(deps, trade):
        raise refused("ALLOC_AMOUNT_VALIDATE_ERROR", "分账金额超过最大可分账金额")


def _open(deps: Deps, asked: Asked, trade: Trade, requests: list[sharing.Requested]) -> Split:
    extended = asked.biz.get("extend_params")
    is_last = isinstance(extended, dict) and extended.get("royalty_finish") == "true"
    is_async = asked.text("royalty_mode", 16) == "async"
    if not is_async and len(requests) > MAX_SYNC:
        raise refused("INVALID_PARAMETER", "同步分账最多支持5个收入方")
    at = now()
    split = Split(
        trade_id=trade.id,
        channel=CHANNEL,
        merchant=trade.merchant,
        number=asked.text("out_request_no", 64),
        channel_split_no=f"{beijing_compact(at)}{secrets.randbelow(10**18):018d}",
        is_last=is_last,
        fingerprint=_fingerprint(asked),
        created_at=at,
        receivers=[],
    )
    sharing.start(deps, split, requests)
    if not is_async:
        sharing.finish(deps, split)
    return split


def _detail(asked: Asked, split: Split, each: dict[str, Any], hit: Hit) -> dict[str, str]:
    content = {
        "operation_type": "transfer",
        "execute_dt": beijing_text(split.finished_at or split.created_at),
        "trans_out": asked.account.seller_id,
        "trans_out_type": "userId",
        "trans_in": each["account"],
        "trans_in_type": each["type"],
        "amount": yuan(each["amount"]),
        "state": UNKNOWN_STATUS if "unknown_status" in hit else STATES[each["state"]],
        "detail_id": each["detail_no"],
    }
    if each["state"] == "failed":
        content |= {"error_code": "ROYALTY_RECEIVER_INVALID", "error_desc": "收入方未绑定分账关系"}
    return content


def _relate(deps: Deps, asked: Asked, hit: Hit, *, is_registered: bool) -> Done:
    receivers = asked.biz.get("receiver_list")
    if not isinstance(receivers, list) or not receivers:
        raise refused("RECEIVER_LIST_EMPTY", "分账收款方列表为空")
    for each in receivers:
        if each.get("type") not in TYPES:
            raise refused("INVALID_RECEIVER_TYPE", "分账收款方类型参数非法")
        account = str(each.get("account", ""))
        deps.truth.register(CHANNEL, asked.account.app_id, account, is_registered)
    return Done(respond(asked, {"result_code": "SUCCESS"}, hit))


def _fingerprint(asked: Asked) -> str:
    return hashlib.sha256(orjson.dumps(asked.biz, option=orjson.OPT_SORT_KEYS)).hexdigest()
