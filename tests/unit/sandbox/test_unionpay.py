"""UnionPay's day in the sandbox: an undo is possible until it ends."""

from datetime import UTC, date, datetime, timedelta

import pytest

from sandbox.clock import BEIJING
from sandbox.deps import Deps
from sandbox.faults import UNHARMED
from sandbox.truth import Trade
from sandbox.unionpay import orders, refunds
from sandbox.unionpay.account import KIND
from sandbox.unionpay.wire import Asked, Refusal


def day_of(text: str) -> date:
    return refunds.clearing_day(datetime.fromisoformat(text).timestamp())


def test_a_clearing_day_ends_an_hour_before_midnight_in_beijing() -> None:
    today = date(2026, 11, 29)
    assert day_of("2026-11-28T22:59:59+08:00") == date(2026, 11, 28)
    assert day_of("2026-11-28T23:00:00+08:00") == today
    assert day_of("2026-11-29T22:59:59+08:00") == today
    assert day_of("2026-11-29T23:00:00+08:00") == date(2026, 11, 30)


def test_what_was_paid_on_another_day_cannot_be_undone(deps: Deps) -> None:
    now = datetime.now(UTC)
    old, new = (_paid(deps, at) for at in (now - timedelta(days=1), now))
    with pytest.raises(Refusal, match="清算"):
        refunds.undo(deps, _asked(deps, old), UNHARMED)
    assert deps.truth.list_refunds(old) == []
    refunds.undo(deps, _asked(deps, new), UNHARMED)
    assert [each.amount for each in deps.truth.list_refunds(new)] == [1299]


@pytest.mark.parametrize(("hours", "is_taken"), [(0, True), (0.9, True), (1.1, False), (-2, False)])
def test_a_payment_is_sent_within_an_hour_of_its_time(
    deps: Deps, hours: float, is_taken: bool
) -> None:
    at = datetime.now(BEIJING) - timedelta(hours=hours)
    fields = {
        "txnType": "01",
        "txnSubType": "07",
        "orderId": "P01JD0000000000000000000000",
        "txnTime": f"{at:%Y%m%d%H%M%S}",
        "txnAmt": "1299",
        "backUrl": "https://pay.example/webhooks",
        "encoding": "UTF-8",
    }
    asked = Asked(deps.accounts(KIND).first(), fields)
    if is_taken:
        assert orders.create(deps, asked, UNHARMED)
        return
    with pytest.raises(Refusal, match="txnTime"):
        orders.create(deps, asked, UNHARMED)


def _paid(deps: Deps, at: datetime) -> Trade:
    second, number = at.timestamp(), f"P{at:%Y%m%d%H%M%S}"
    trade = Trade(
        channel="unionpay",
        merchant=deps.accounts(KIND).first().mer_id,
        number=number,
        payment_no=number,
        channel_trade_no=number,
        product="qr",
        amount=1299,
        subject="物业费",
        notify_url="https://pay.example/webhooks",
        fingerprint="",
        created_at=second,
        closes_at=second + 7200,
        token=number,
        details={"txn_time": "20261129120000", "biz_type": "000000"},
    )
    deps.truth.add_trade(trade)
    trade.state, trade.paid_amount, trade.paid_at = "paid", 1299, second
    deps.truth.save_trade(trade)
    return trade


def _asked(deps: Deps, trade: Trade) -> Asked:
    fields = {
        "txnType": "31",
        "orderId": f"R{trade.number}",
        "txnTime": "20261129120000",
        "origQryId": trade.channel_trade_no,
        "txnAmt": "1299",
        "backUrl": "https://pay.example/webhooks",
        "encoding": "UTF-8",
    }
    return Asked(deps.accounts(KIND).first(), fields)
