"""What no row of an order or payment may be, whoever writes it: the database refuses it."""

import asyncpg
import pytest
from tests.integration.trade_core.harness import Harness

WRONG = [
    "update orders set state = 'done'",
    "update orders set amount = 0",
    "update orders set amount_refunded = amount_paid + 1",
    "update orders set amount_refunded = -1",
    "update payments set state = 'done'",
    "update payments set amount = 0, settles = false",
    "update payments set payment_id = null",
    "update payments set paid_at = null",
    "update payments set state = 'closed'",
    "update payments set state = 'closed', settles = false, refund_reserved = 1",
    "update payments set state = 'closed', settles = false, split_reserved = 1",
    "update payments set refund_reserved = amount + 1",
    "update payments set refund_reserved = -1",
    "update payments set amount_refunded = refund_reserved + 1",
    "update payments set amount_refunded = -1",
    "update payments set split_reserved = amount + 1",
    "update payments set split_reserved = -1",
]


@pytest.mark.parametrize("is_archived", [False, True], ids=["in use", "archived"])
async def test_row_that_breaks_a_rule_is_refused(harness: Harness, is_archived: bool) -> None:
    payment = await harness.paid()
    if is_archived:
        assert await harness.archive() == 1
    for change in WRONG:
        with pytest.raises(asyncpg.CheckViolationError):
            await harness.rows(change)
    assert (await harness.payment(payment)).amount_refunded == 0


async def test_row_that_keeps_them_is_taken(harness: Harness) -> None:
    payment = await harness.paid()
    await harness.rows("update payments set refund_reserved = amount, amount_refunded = amount")
    await harness.rows("update orders set amount_refunded = amount_paid")
    assert (await harness.payment(payment)).amount_refunded == payment.amount
