"""Splitting (分账): what merchants give away of a payment, and what receivers give back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox import payer
from sandbox.clock import now
from sandbox.deps import Deps
from sandbox.truth import Split, Trade

SPLIT_TAKES_S = 0.2  # between "accepted" and the money being there; a minute in life
NOT_REGISTERED = "00"  # the end of an account that is no receiver, unless it was registered


@dataclass(frozen=True, slots=True)
class Requested:
    """What one receiver shall get."""

    account: str
    kind: str
    amount: int
    description: str


def unsplit(deps: Deps, trade: Trade) -> int:
    """What may still be split: neither given away nor refunded."""
    splits = deps.truth.list_splits(trade)
    if any(split.is_last for split in splits):
        return 0
    given = sum(_given(split) for split in splits)
    back = sum(int(each["amount"]) for split in splits for each in split.returns)
    refunded = trade.taken - payer.refundable(deps, trade)
    return max(0, trade.taken - given - max(0, refunded - back))


def is_receiver(deps: Deps, trade: Trade, account: str) -> bool:
    """Who was never registered nor struck off is a receiver, but for accounts ending in `00`."""
    registered = deps.truth.find_registration(trade.channel, trade.merchant, account)
    return not account.endswith(NOT_REGISTERED) if registered is None else registered


def start(deps: Deps, split: Split, requests: Sequence[Requested]) -> None:
    """The split is accepted, and finished a moment later. What it has as receivers already is the
    merchant's own rest."""
    split.receivers[:0] = [
        _receiver(split, place, request) for place, request in enumerate(requests)
    ]
    deps.truth.add_split(split)
    finish_later(deps, split)


def finish_later(deps: Deps, split: Split) -> None:
    deps.later.call(SPLIT_TAKES_S, _finish, deps, split.id)


def finish(deps: Deps, split: Split) -> None:
    """The money arrives at who is a receiver."""
    trade = deps.truth.get_trade(split.trade_id)
    for each in split.receivers:
        is_fine = each["is_rest"] or is_receiver(deps, trade, each["account"])
        each["state"] = "succeeded" if is_fine else "failed"
        each["reason"] = "" if is_fine else "NO_RELATION"
    split.state, split.finished_at = "finished", now()
    deps.truth.save_split(split)


def received(split: Split, account: str) -> int:
    """What this receiver has of this split."""
    got = sum(
        int(each["amount"])
        for each in split.receivers
        if each["account"] == account and each["state"] == "succeeded" and not each["is_rest"]
    )
    return got - sum(int(each["amount"]) for each in split.returns if each["account"] == account)


def give_back(deps: Deps, split: Split, returned: dict[str, Any]) -> None:
    """The receiver's money goes to the merchant; the caller knows that there is enough of it."""
    split.returns.append(returned)
    deps.truth.save_split(split)


def _given(split: Split) -> int:
    return sum(
        int(each["amount"])
        for each in split.receivers
        if each["state"] != "failed" and not each["is_rest"]
    )


def _receiver(split: Split, place: int, request: Requested) -> dict[str, Any]:
    return {
        "account": request.account,
        "type": request.kind,
        "amount": request.amount,
        "description": request.description,
        "state": "processing",
        "reason": "",
        "is_rest": False,
        "detail_no": f"{split.channel_split_no}{place:02d}",
    }


def _finish(deps: Deps, split_id: int) -> None:
    split = deps.truth.get_split(split_id)
    if split.state == "processing":
        finish(deps, split)
