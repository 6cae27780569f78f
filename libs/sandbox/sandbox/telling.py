"""The truth as the control API tells it."""

from collections.abc import Sequence
from typing import Any

from sandbox.truth import NoticeEntry, Refund, Split, Trade
from sandbox.world import World


def tell(world: World, trades: Sequence[Trade]) -> list[dict[str, Any]]:
    refunds = world.truth.refunds_by_trade(trades)
    splits = world.truth.splits_by_trade(trades)
    notices = world.truth.notices_by_trade(trades)
    return [
        _trade(each, refunds.get(each.id, []), notices.get(each.id, []))
        | {"splits": [_split(split) for split in splits.get(each.id, [])]}
        for each in trades
    ]


def _trade(
    trade: Trade, refunds: Sequence[Refund], notices: Sequence[NoticeEntry]
) -> dict[str, Any]:
    return {
        "channel": trade.channel,
        "payment_no": trade.payment_no,
        "channel_trade_no": trade.channel_trade_no,
        "state": trade.state,
        "amount": trade.taken,
        "refunded": sum(each.amount for each in refunds if each.state == "succeeded"),
        "refunds": [tell_refund(refund) for refund in refunds],
        "notices": _notice_log(notices),
    }


def tell_refund(refund: Refund) -> dict[str, Any]:
    return {"refund_no": refund.refund_no, "amount": refund.amount, "state": refund.state}


def _split(split: Split) -> dict[str, Any]:
    """`returned` is what the receiver has given back since; the merchant's own rest is not told."""
    ours = [each for each in split.receivers if not each["is_rest"]]
    return {
        "split_no": split.number,
        "amount": sum(each["amount"] for each in ours),
        "state": split.state,
        "finish": split.is_last,
        "receivers": [_receiver(split, each) for each in ours],
    }


def _receiver(split: Split, each: dict[str, Any]) -> dict[str, Any]:
    back = (one["amount"] for one in split.returns if one["account"] == each["account"])
    content = {name: each[name] for name in ("account", "amount", "state")}
    return content | {"returned": sum(back)}


def _notice_log(notices: Sequence[NoticeEntry]) -> list[dict[str, Any]]:
    return sorted((line for notice in notices for line in notice.log), key=lambda line: line["at"])
