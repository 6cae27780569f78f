"""The books of everyone about one order, laid side by side: ours, the third parties', the app's."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests.e2e.harness import Harness
from tests.e2e.journey import FINAL
from tests.e2e.running import eventually

ENDED_REFUNDS = frozenset({"succeeded", "failed", "abnormal"})
HURRY_S = 0.5


async def agree(
    harness: Harness, body: dict[str, Any], *, within_s: float = 60, urgent: bool = False
) -> dict[str, Any]:
    """Return the order when all of it is final, and every book says the same of it.

    Nothing charged but known, nothing returned but booked, nobody paid twice and kept, the ledger
    as the channels' truth makes it, and each end told under one id. `urgent`: what the centre
    would look at again later is due every half second.
    """

    async def is_over() -> bool:
        order = await harness.order(body)
        open_ones = [e["payment_no"] for e in order["payments"] if e["status"] not in FINAL]
        open_ones += [e["refund_no"] for e in order["refunds"] if e["status"] not in ENDED_REFUNDS]
        if open_ones and urgent:
            await harness.time_comes(*open_ones)
            await asyncio.sleep(HURRY_S)
        return not open_ones

    try:
        await eventually(is_over, within_s=within_s)
    except TimeoutError:
        raise TimeoutError(f"not over yet: {await harness.order(body)}") from None
    order = await harness.order(body)
    trades = {
        each["payment_no"]: await harness.trade(each["payment_no"]) for each in order["payments"]
    }
    for payment in order["payments"]:
        _matches_its_channel(payment, trades[payment["payment_no"]])
    _is_paid_once(order)
    await _ledger_is_right(harness, order)
    await _everything_was_called_back(harness, order, within_s)
    return order


def _matches_its_channel(payment: Mapping[str, Any], trade: Mapping[str, Any] | None) -> None:
    if payment["status"] == "conflicted":
        return
    if payment["status"] != "succeeded":
        assert not _holds_money(trade), (payment, trade)
        return
    assert trade is not None, payment
    assert trade["state"] == "paid" or trade["refunded"] > 0, (payment, trade)
    assert trade["amount"] == payment["amount"], (payment, trade)
    assert trade["channel_trade_no"] == payment["channel_trade_no"], (payment, trade)
    assert trade["refunded"] == payment["amount_refunded"], (payment, trade)
    assert trade["refunded"] <= trade["amount"], trade


def _holds_money(trade: Mapping[str, Any] | None) -> bool:
    """A payment code (付款码) that was paid and then reversed has gone back in full."""
    return trade is not None and trade["state"] == "paid" and trade["refunded"] < trade["amount"]


def _is_paid_once(order: Mapping[str, Any]) -> None:
    succeeded = [each for each in order["payments"] if each["status"] == "succeeded"]
    by_itself = {each["payment_no"] for each in order["refunds"] if each["cause"] != "requested"}
    kept = [each for each in succeeded if each["payment_no"] not in by_itself]
    assert len(kept) <= 1, order
    assert order["amount_paid"] == sum(each["amount"] for each in kept), order
    assert (order["status"] == "paid") == bool(kept), order


async def _ledger_is_right(harness: Harness, order: Mapping[str, Any]) -> None:
    taken = sum(each["amount"] for each in order["payments"] if each["status"] == "succeeded")
    returned = _sum_of_refunds(order, "succeeded")
    under_way = _sum_of_refunds(order, "abnormal")
    expected = {
        "channel_receivable": taken - returned,
        "merchant_payable": -(taken - returned - under_way),
        "refunds_in_flight": -under_way,
    }
    numbers = [each["payment_no"] for each in order["payments"]]
    numbers += [each["refund_no"] for each in order["refunds"]]
    balances = await harness.balances(numbers)
    assert balances == {purpose: sum_ for purpose, sum_ in expected.items() if sum_}, order


def _sum_of_refunds(order: Mapping[str, Any], status: str) -> int:
    return sum(each["amount"] for each in order["refunds"] if each["status"] == status)


async def _everything_was_called_back(
    harness: Harness, order: Mapping[str, Any], within_s: float
) -> None:
    """Each end by a callback, however often, under one id; and no end that was not."""
    for payment in order["payments"]:
        number = payment["payment_no"]
        arrived = await harness.receives(f"payment.{payment['status']}", number, within_s=within_s)
        assert arrived.data["merchant_order_no"] == order["merchant_order_no"]
        assert arrived.data["channel_trade_no"] == payment["channel_trade_no"]
    for refund in order["refunds"]:
        arrived = await harness.receives(f"refund.{refund['status']}", refund["refund_no"])
        assert (arrived.data["amount"], arrived.data["cause"]) == (
            refund["amount"],
            refund["cause"],
        )
    ids = Counter(
        (kind, number) for kind, number, _ in {_named(each) for each in harness.callbacks.received}
    )
    assert set(ids.values()) <= {1}, ids


def _named(callback: Any) -> tuple[str, str, str]:
    number = callback.data.get("refund_no") or callback.data["payment_no"]
    return callback.type, number, callback.webhook_id
