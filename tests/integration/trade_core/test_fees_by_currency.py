"""Fees of channels by currency: added up, booked, shared out and corrected, each by itself."""

from datetime import timedelta

from tests.builders.trade_core import APP, MERCHANT, refund_request, request, returned
from tests.integration.trade_core.harness import Harness
from tests.integration.trade_core.statement_channel import (
    TODAY,
    bring,
    compared,
    compared_again,
    differences_of,
    fetched_again,
    next_morning,
    reconciliation,
    refund_row,
    row_of,
)

from contracts.internal import ReconciliationOnFile, StatementRow
from trade_core.domain.payment import Payment
from trade_core.flows.check_ledger import check
from trade_core.flows.read_day_statement import get_day_statement
from trade_core.flows.read_figures import read_fees
from trade_core.store.day_statements import Holder
from trade_core.store.figures import FeePart, FeeQuestion


async def in_usd(harness: Harness, **changes: object) -> Payment:
    return await harness.paid(
        request(merchant_order_no="W2", amount=5000, currency="USD", **changes)
    )


async def newer(
    harness: Harness, found: ReconciliationOnFile, *rows: StatementRow
) -> ReconciliationOnFile:
    """A statement of the same day that takes the place of the one that is there."""
    await bring(harness, await fetched_again(harness, found.statement_no), rows)
    return await compared_again(harness, found.statement_no)


async def fees_booked(harness: Harness) -> dict[str, int]:
    rows = await harness.rows(
        "select currency, sum(amount)::bigint as sum from ledger_posting"
        " where purpose = 'channel_fees' group by currency having sum(amount) <> 0"
    )
    return {row["currency"]: row["sum"] for row in rows}


async def fees_of(harness: Harness, currency: str) -> int | None:
    asked = FeeQuestion(TODAY, TODAY, currency, FeePart.APP, False, None, None, None, None)
    rows = (await read_fees(harness.deps, asked)).items
    return next((row.amount for row in rows if row.period is None and row.part is None), None)


async def fees_on_the_day_statement(harness: Harness, currency: str) -> int:
    day = (harness.now + timedelta(hours=8)).date()
    holder = Holder(APP, MERCHANT, currency)
    return (await get_day_statement(harness.deps, holder, day, after=None, limit=50)).fees


async def is_sound(harness: Harness) -> bool:
    checked = await check(harness.db, harness.now + timedelta(hours=1), lambda: None)
    assert checked is not None
    return checked.differences == []


async def test_each_currency_has_its_own_totals_and_its_own_entry(harness: Harness) -> None:
    yen, dollars = await harness.paid(request(currency="JPY", amount=10_000)), await in_usd(harness)
    refund = (await harness.refund(refund_request(dollars, amount=500))).refund
    await harness.apply(returned(refund))
    await next_morning(harness)
    rows = (row_of(yen, fee=30), row_of(dollars, fee=175), refund_row(refund, fee=-3))
    found = await compared(harness, *rows)
    assert (found.state, differences_of(found)) == ("matched", [])
    assert (found.currency, found.payments, found.refunds, found.foreign_rows) == (None, 2, 1, 0)
    assert (found.paid, found.refunded, found.fees, found.fees_booked) == (0, 0, 0, 0)
    assert [tuple(dict(total).values()) for total in found.totals] == [
        ("JPY", 1, 10_000, 0, 0, 30, 30),
        ("USD", 1, 5000, 1, 500, 172, 172),
    ]
    assert await fees_booked(harness) == {"JPY": 30, "USD": 172}
    assert [await fees_of(harness, each) for each in ("JPY", "USD")] == [30, 172]
    assert await fees_on_the_day_statement(harness, "JPY") == 30
    assert await fees_on_the_day_statement(harness, "USD") == 172
    assert await is_sound(harness)
    await compared_again(harness, found.statement_no)
    assert await fees_booked(harness) == {"JPY": 30, "USD": 172}


async def test_a_newer_statement_books_what_it_says_otherwise(harness: Harness) -> None:
    yen, dollars = await harness.paid(request(currency="JPY")), await in_usd(harness)
    await next_morning(harness)
    found = await compared(harness, row_of(yen, fee=30), row_of(dollars, fee=8))
    found = await newer(harness, found, row_of(yen, fee=30), row_of(dollars, fee=80))
    assert [(each.fees, each.fees_booked) for each in found.totals] == [(30, 30), (80, 80)]
    assert await fees_booked(harness) == {"JPY": 30, "USD": 80}
    assert await fees_of(harness, "USD") == 80
    assert await fees_on_the_day_statement(harness, "USD") == 80
    assert await is_sound(harness)
    found = await newer(harness, found, row_of(dollars, fee=80))
    assert (found.currency, found.fees, found.fees_booked) == ("USD", 80, 80)
    assert await fees_booked(harness) == {"USD": 80}
    assert await fees_of(harness, "JPY") == 0
    assert await is_sound(harness)
    harness.now += timedelta(days=1)  # until then one without rows is taken for one not yet there
    found = await newer(harness, found)
    assert (found.totals, found.fees_booked) == ((), 0)
    assert await fees_booked(harness) == {}
    assert await is_sound(harness)


async def test_fees_that_an_earlier_release_booked_are_not_booked_again(harness: Harness) -> None:
    """It kept no totals, and did not say in which currency the shares are."""
    dollars = await in_usd(harness)
    await next_morning(harness)
    found = await compared(harness, row_of(dollars, fee=8))
    await harness.rows("update statement set totals = '[]'")
    await harness.rows("update fee_share set currency = null")
    before = await reconciliation(harness, found.statement_no)
    assert [(it.currency, it.fees, it.fees_booked) for it in before.by_currency] == [("USD", 8, 8)]
    assert await fees_of(harness, "USD") == 8
    assert await is_sound(harness)
    found = await newer(harness, found, row_of(dollars, fee=9))
    assert await fees_booked(harness) == {"USD": 9}
    assert await fees_of(harness, "USD") == 9
    assert await is_sound(harness)


async def test_an_earlier_release_books_no_fees_again(harness: Harness) -> None:
    """It books those of a statement of which it reads that none are booked yet."""
    yen, dollars = await harness.paid(request(currency="JPY")), await in_usd(harness)
    await next_morning(harness)

    async def are_booked() -> bool:
        rows = await harness.rows("select fees_booked from statement where compared_at is not null")
        return [row["fees_booked"] is not None for row in rows] == [True]

    found = await compared(harness, row_of(yen, fee=30), row_of(dollars, fee=8))
    assert await are_booked()
    found = await newer(harness, found)
    assert await are_booked()
    await newer(harness, found, row_of(dollars, fee=8))
    assert await are_booked()


async def test_books_that_hold_other_fees_than_the_statement_are_told(harness: Harness) -> None:
    await harness.paid(request(currency="JPY"))
    dollars = await in_usd(harness)
    await next_morning(harness)
    found = await compared(harness, row_of(dollars, fee=8))
    other = "update statement set totals = jsonb_set(totals, '{0,fees_booked}', '7')"
    await harness.rows(other)
    checked = await check(harness.db, harness.now + timedelta(hours=1), lambda: None)
    assert checked is not None
    assert [each.detail for each in checked.differences] == [
        f"is not what statement {found.statement_no} booked"
    ]


async def test_an_amount_that_is_listed_in_two_currencies_differs(harness: Harness) -> None:
    """Their sum is no amount."""
    yen = await harness.paid(request(currency="JPY", amount=1000))
    await next_morning(harness)
    listed = row_of(yen, amount=600), row_of(yen, amount=400, currency="USD", channel_no="42001")
    assert differences_of(await compared(harness, *listed)) == [("amount", yen.payment_no, "open")]


async def test_what_went_back_in_another_currency_is_not_booked_by_itself(harness: Harness) -> None:
    dollars = await in_usd(harness)
    await next_morning(harness)
    back = row_of(dollars, kind="refund", amount=-500, currency="JPY", channel_no="re_1", fee=0)
    found = await compared(harness, row_of(dollars), back)
    assert differences_of(found) == [("not_booked", dollars.payment_no, "open")]
    assert (await harness.payment(dollars)).amount_refunded == 0
