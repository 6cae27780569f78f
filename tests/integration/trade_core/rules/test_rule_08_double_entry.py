"""Rule 8. The ledger is double-entry and append-only, and the database itself sees to it."""

import asyncpg
import pytest
from tests.integration.trade_core.desk import Desk

UNBALANCED = """
with booked as (
    insert into ledger_transaction (kind, subject, at) values ('test', 'X1', now()) returning id
)
insert into ledger_posting
select id, 1, 'merchant_payable', 'M1', 'C1', 'CNY', 100 from booked
"""


@pytest.mark.parametrize("table", ["ledger_transaction", "ledger_posting"])
@pytest.mark.parametrize(
    "change", ["update {} set {} = {}", "delete from {}", "truncate {} cascade"]
)
async def test_ledger_is_append_only(desk: Desk, table: str, change: str) -> None:
    await desk.paid()
    column = "kind" if table == "ledger_transaction" else "purpose"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await desk.rows(change.format(table, column, column))


async def test_ledger_refuses_what_does_not_balance(desk: Desk) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="does not balance"):
        await desk.rows(UNBALANCED)
    assert await desk.rows("select * from ledger_transaction") == []


async def test_ledger_refuses_a_posting_more_on_an_old_transaction(desk: Desk) -> None:
    await desk.paid()
    with pytest.raises(asyncpg.CheckViolationError):
        await desk.rows(
            "insert into ledger_posting select id, 9, 'fees', 'M1', 'C1', 'CNY', 1"
            " from ledger_transaction"
        )


async def test_ledger_books_nothing_twice(desk: Desk) -> None:
    payment = await desk.paid()
    with pytest.raises(asyncpg.UniqueViolationError):
        await desk.rows(
            "insert into ledger_transaction (kind, subject, at)"
            " values ('payment_captured', $1, now())",
            payment.payment_no,
        )
