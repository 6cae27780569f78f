"""The truth as the control API tells it."""

from collections.abc import Sequence
from typing import Any

from sandbox.deps import Deps
from sandbox.truth import Notification, Refund, Split, Trade


def truth_view(deps: Deps, trades: Sequence[Trade]) -> list[dict[str, Any]]:
    refunds = deps.truth.refunds_by_trade(trades)
    splits = deps.truth.splits_by_trade(trades)
    notifications = deps.truth.notifications_by_trade(trades)
    return [
        _trade(each, refunds.get(each.id, []), notifications.get(each.id, []))
        | {"splits": [_split(split) for split in splits.get(each.id, [])]}
        for each in trades
    ]


def _trade(
    trade: Trade, refunds: Sequence[Refund], notifications: Sequence[Notification]
) -> dict[str, Any]:
    return {
        "channel": trade.channel,
        "payment_no": trade.payment_no,
        "channel_trade_no": trade.channel_trade_no,
        "state": trade.state,
        "amount": trade.taken,
        "refunded": sum(each.amount for each in refunds if each.state == "succeeded"),
        "refunds": [refund_view(refund) for refund in refunds],
        "notices": _notification_log(notifications),
    }


def refund_view(refund: Refund) -> dict[str, Any]:
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


def _notification_log(notifications: Sequence[Notification]) -> list[dict[str, Any]]:
    return sorted(
        (line for notification in notifications for line in notification.log),
        key=lambda line: line["at"],
    )
