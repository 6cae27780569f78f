"""What the service's own role may not do, were its code to try: triggers are the second lock."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import asyncpg
import pytest
from tests.builders.trade_core import paid, refund_request, request, returned
from tests.integration.trade_core.harness import Harness

from chassis import migrations
from chassis.database import Database
from chassis.outbox import Days
from contracts.internal import DecidePayment, PaymentDecision
from trade_core.domain.deciding import claim_shown
from trade_core.flows.decide import decide_payment

ADDED_TO_ONLY = ("ledger_transaction", "ledger_posting", "decision")


@pytest.fixture
async def own_harness(postgres_server: str) -> AsyncIterator[Harness]:
    """As it is deployed: the service owns its database and is no superuser."""
    name = f"role_{uuid.uuid4().hex}"
    admin = await asyncpg.connect(postgres_server)
    await admin.execute(f"create role {name} login password 'secret'")
    await admin.execute(f"create database {name} owner {name} template template0")
    place = urlsplit(postgres_server)
    address = f"{name}:secret@{place.hostname}:{place.port or 5432}"
    url = place._replace(netloc=address, path=f"/{name}").geturl()
    await asyncio.to_thread(migrations.upgrade, "trade_core", url)
    db = await Database.connect(url, application_name="tests")
    yield Harness(db)
    await db.close()
    await admin.execute(f"drop database {name} with (force)")
    await admin.execute(f"drop role {name}")
    await admin.close()


async def test_service_adds_to_the_books_and_can_change_nothing_in_them(
    own_harness: Harness,
) -> None:
    payment = await own_harness.paid()
    await own_harness.apply(returned((await own_harness.refund(refund_request(payment))).refund))
    for table in ADDED_TO_ONLY:
        (row,) = await own_harness.rows(
            "select attname from pg_attribute where attrelid = $1::text::regclass"
            " and attnum > 1 and not attisdropped order by attnum limit 1",
            table,
        )
        column = row["attname"]
        for change in ("update {} set {} = {}", "delete from {}", "truncate {}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
                await own_harness.rows(change.format(table, column, column))


async def test_service_puts_orders_away_and_brings_them_back(own_harness: Harness) -> None:
    payment = await own_harness.paid()
    assert await own_harness.archive() == 1
    refund = (await own_harness.refund(refund_request(payment))).refund
    await own_harness.apply(returned(refund))
    assert (await own_harness.order(payment)).amount_refunded == refund.amount


async def test_service_forgets_events_when_their_time_is_over_and_never_changes_them(
    own_harness: Harness,
) -> None:
    await own_harness.paid()
    await refused_to_change(own_harness, "event_log")
    await refused_to_change(own_harness, await latest_day(own_harness))
    await own_harness.rows("delete from event_pending")
    await Days(own_harness.db, timedelta(0)).attend(datetime.now(UTC) + timedelta(days=1))
    assert await own_harness.events() == []
    await own_harness.paid(request(merchant_order_no="W2"))
    await refused_to_change(own_harness, await latest_day(own_harness))


async def refused_to_change(harness: Harness, table: str) -> None:
    for change in ("update {} set topic = ''", "delete from {}", "truncate {}"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await harness.rows(change.format(table))


async def latest_day(harness: Harness) -> str:
    """The table that took the latest event."""
    (row,) = await harness.rows(LATEST_DAY)
    return str(row["name"])


LATEST_DAY = "select tableoid::regclass::text as name from event_log order by id desc limit 1"


async def test_service_works_without_the_rights_that_it_has_not(own_harness: Harness) -> None:
    payment = await own_harness.opened()
    await own_harness.apply(paid(payment, amount=1))
    request = DecidePayment(
        decision=PaymentDecision.REFUND,
        reason="x",
        decided_by="li",
        claim=claim_shown(await own_harness.payment(payment)),
    )
    await decide_payment(own_harness.deps, payment.payment_no, request)
    (refund,) = await own_harness.refunds(payment)
    await own_harness.apply(returned(refund))
    assert set((await own_harness.balances()).values()) == {0}


async def test_posting_of_no_transaction_is_refused(own_harness: Harness) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await own_harness.rows(
            "insert into ledger_posting"
            " values (404, 1, 'merchant_payable', 'M1', 'C1', 'CNY', 100),"
            " (404, 2, 'channel_receivable', 'M1', 'C1', 'CNY', -100)"
        )
