"""The database refuses the COMMIT itself, after every statement before has worked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.e2e import all_books
from tests.e2e.harness import Harness
from tests.e2e.running import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

REFUSE = """
CREATE FUNCTION refuse_commit() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'this commit is refused'; END $$
"""
AT_COMMIT = """
CREATE CONSTRAINT TRIGGER refuse_commit AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (new.{column} = '{number}') EXECUTE FUNCTION refuse_commit()
"""


async def test_commit_that_fails_is_never_answered_as_done(harness: Harness) -> None:
    """The app hears a 5xx, nothing is stored, no channel is called; the repeat simply works."""
    body = harness.request("wechat")
    number = body["merchant_order_no"]
    before = await _trades(harness)
    async with _commits_fail(harness, "orders", "merchant_order_no", number):
        answer = await harness.ask(body)
        assert answer.status_code in (500, 503)
        assert "refused" not in answer.text
        assert not await harness.rows("SELECT 1 FROM orders WHERE merchant_order_no = $1", number)
        assert await _trades(harness) == before
    payment = await harness.created(body)
    await harness.pays(payment["payment_no"])
    await harness.becomes(payment["payment_no"], "succeeded")
    await all_books.agree(harness, body)


async def test_commit_of_a_refund_that_fails_reserves_and_returns_nothing(harness: Harness) -> None:
    body = harness.request("wechat")
    payment = await harness.created(body)
    await harness.pays(payment["payment_no"])
    await harness.becomes(payment["payment_no"], "succeeded")
    number = f"T-{payment['payment_no']}"
    async with _commits_fail(harness, "refunds", "merchant_refund_no", number):
        answer = await harness.ask_refund(payment, 500, number)
        assert answer.status_code in (500, 503)
        assert not await harness.rows("SELECT 1 FROM refunds WHERE merchant_refund_no = $1", number)
        (row,) = await harness.rows(
            "SELECT refund_reserved FROM payments WHERE payment_no = $1", payment["payment_no"]
        )
        assert row["refund_reserved"] == 0
    again = await harness.ask_refund(payment, 500, number)
    assert again.status_code == 201
    order = await all_books.agree(harness, body)
    assert order["amount_refunded"] == 500


async def test_commit_of_a_success_that_fails_for_a_while_is_found_again(harness: Harness) -> None:
    """The channel's word is laid aside for people, and asking brings it back."""
    body = harness.request("alipay")
    number = (await harness.created(body))["payment_no"]
    async with _commits_fail(harness, "ledger_transaction", "subject", number):
        await harness.pays(number)

        async def is_dead_letter() -> bool:
            return bool(await harness.rows("SELECT 1 FROM dead_event WHERE key = $1", number))

        await eventually(is_dead_letter)
        assert await harness.alerts(number) == {"result.parked"}
        assert (await harness.payment(number))["status"] == "pending"
    await harness.looked_at_until(lambda: _is_paid(harness, number), number)
    await all_books.agree(harness, body)


async def _is_paid(harness: Harness, payment_no: str) -> bool:
    return bool((await harness.payment(payment_no))["status"] == "succeeded")


async def _trades(harness: Harness) -> int:
    return len((await harness.sandbox.get("/_control/truth?channel=wechat")).json()["trades"])


@asynccontextmanager
async def _commits_fail(
    harness: Harness, table: str, column: str, number: str
) -> AsyncIterator[None]:
    await harness.rows(REFUSE)
    await harness.rows(AT_COMMIT.format(table=table, column=column, number=number))
    try:
        yield
    finally:
        await harness.rows("DROP FUNCTION refuse_commit CASCADE")
