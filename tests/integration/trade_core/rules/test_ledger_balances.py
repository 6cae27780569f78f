"""Rule `ledger-balances`.

The ledger is double-entry and append-only, and the database itself sees to it.
"""

import asyncpg
import pytest
from tests.integration.trade_core.harness import Harness

BOOK = """
with booked as (
    insert into ledger_transaction (kind, subject, at)
    select 'test', subject, now() from (values ('X1'), ('X2')) as new (subject)
    returning id, subject
)
insert into ledger_posting
select id, line, 'merchant_payable', 'M1', 'C1', currency, amount
from booked join (values {}) as given (subject, line, currency, amount) using (subject)
"""


@pytest.mark.parametrize("table", ["ledger_transaction", "ledger_posting"])
@pytest.mark.parametrize(
    "change", ["update {} set {} = {}", "delete from {}", "truncate {} cascade"]
)
async def test_ledger_is_append_only(harness: Harness, table: str, change: str) -> None:
    await harness.paid()
    column = "kind" if table == "ledger_transaction" else "purpose"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await harness.rows(change.format(table, column, column))


@pytest.mark.parametrize(
    "postings",
    [
        "('X1', 1, 'CNY', 100)",
        "('X1', 1, 'CNY', 100), ('X1', 2, 'CNY', -99)",
        "('X1', 1, 'CNY', 100), ('X1', 2, 'USD', -100)",
        "('X1', 1, 'CNY', 100), ('X2', 1, 'CNY', -100)",
    ],
    ids=["one side", "other amount", "other currency", "other transaction"],
)
async def test_ledger_refuses_what_does_not_balance(harness: Harness, postings: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="does not balance"):
        await harness.rows(BOOK.format(postings))
    assert await harness.rows("select * from ledger_transaction") == []


async def test_ledger_takes_any_number_of_entries_that_balance(harness: Harness) -> None:
    await harness.rows(
        BOOK.format(
            "('X1', 1, 'CNY', 100), ('X1', 2, 'CNY', -60), ('X1', 3, 'CNY', -40),"
            " ('X1', 4, 'USD', 5), ('X1', 5, 'USD', -5), ('X2', 1, 'CNY', 1), ('X2', 2, 'CNY', -1)"
        )
    )
    assert await harness.balances() == {"merchant_payable": 0}


async def test_ledger_refuses_a_posting_more_on_an_old_transaction(harness: Harness) -> None:
    await harness.paid()
    with pytest.raises(asyncpg.CheckViolationError):
        await harness.rows(
            "insert into ledger_posting select id, 9, 'fees', 'M1', 'C1', 'CNY', 1"
            " from ledger_transaction"
        )


async def test_ledger_books_nothing_twice(harness: Harness) -> None:
    payment = await harness.paid()
    with pytest.raises(asyncpg.UniqueViolationError):
        await harness.rows(
            "insert into ledger_transaction (kind, subject, at)"
            " values ('payment_captured', $1, now())",
            payment.payment_no,
        )
