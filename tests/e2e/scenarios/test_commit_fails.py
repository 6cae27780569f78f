"""The database refuses the COMMIT itself, after every statement before has worked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.e2e import books
from tests.e2e.running import eventually
from tests.e2e.shop import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

REFUSE = """
CREATE FUNCTION refuse_commit() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'this commit is refused'; END $$
"""
AT_COMMIT = """
CREATE CONSTRAINT TRIGGER refuse_commit AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (new.{column} = '{number}') EXECUTE FUNCTION refuse_commit()
"""


async def test_commit_that_fails_is_never_answered_as_done(shop: Shop) -> None:
    """The app hears a 5xx, nothing is stored, no channel is called; the repeat simply works."""
    body = shop.request("wechat")
    number = body["merchant_order_no"]
    before = await _trades(shop)
    async with _commits_fail(shop, "orders", "merchant_order_no", number):
        answer = await shop.ask(body)
        assert answer.status_code in (500, 503)
        assert "refused" not in answer.text
        assert not await shop.rows("SELECT 1 FROM orders WHERE merchant_order_no = $1", number)
        assert await _trades(shop) == before
    payment = await shop.created(body)
    await shop.pays(payment["payment_no"])
    await shop.becomes(payment["payment_no"], "succeeded")
    await books.agree(shop, body)


async def test_commit_of_a_refund_that_fails_reserves_and_returns_nothing(shop: Shop) -> None:
    body = shop.request("wechat")
    payment = await shop.created(body)
    await shop.pays(payment["payment_no"])
    await shop.becomes(payment["payment_no"], "succeeded")
    number = f"T-{payment['payment_no']}"
    async with _commits_fail(shop, "refunds", "merchant_refund_no", number):
        answer = await shop.ask_refund(payment, 500, number)
        assert answer.status_code in (500, 503)
        assert not await shop.rows("SELECT 1 FROM refunds WHERE merchant_refund_no = $1", number)
        (row,) = await shop.rows(
            "SELECT refund_reserved FROM payments WHERE payment_no = $1", payment["payment_no"]
        )
        assert row["refund_reserved"] == 0
    again = await shop.ask_refund(payment, 500, number)
    assert again.status_code == 201
    order = await books.agree(shop, body)
    assert order["amount_refunded"] == 500


async def test_commit_of_a_success_that_fails_for_a_while_is_found_again(shop: Shop) -> None:
    """The channel's word is laid aside for people, and asking brings it back."""
    body = shop.request("alipay")
    number = (await shop.created(body))["payment_no"]
    async with _commits_fail(shop, "ledger_transaction", "subject", number):
        await shop.pays(number)

        async def is_parked() -> bool:
            return bool(await shop.rows("SELECT 1 FROM dead_event WHERE key = $1", number))

        await eventually(is_parked)
        assert await shop.alerts(number) == {"result.parked"}
        assert (await shop.payment(number))["status"] == "pending"
    await shop.looked_at_until(lambda: _is_paid(shop, number), number)
    await books.agree(shop, body)


async def _is_paid(shop: Shop, payment_no: str) -> bool:
    return bool((await shop.payment(payment_no))["status"] == "succeeded")


async def _trades(shop: Shop) -> int:
    return len((await shop.sandbox.get("/_control/truth?channel=wechat")).json()["trades"])


@asynccontextmanager
async def _commits_fail(shop: Shop, table: str, column: str, number: str) -> AsyncIterator[None]:
    await shop.rows(REFUSE)
    await shop.rows(AT_COMMIT.format(table=table, column=column, number=number))
    try:
        yield
    finally:
        await shop.rows("DROP FUNCTION refuse_commit CASCADE")
