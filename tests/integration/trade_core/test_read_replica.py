"""Lists, events, statements, books and checks are read by a role that may read only; whatever is
asked for by its number is read where it was written."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import asyncpg
import pytest
from tests.builders.trade_core import APP, MERCHANT, refund_request
from tests.integration.trade_core.harness import Harness
from tests.integration.trade_core.service import until

from chassis.database import Database
from contracts.internal import ListQuery
from trade_core.domain.reconciliation import day_of
from trade_core.flows import (
    check_ledger,
    list_records,
    read,
    read_day_statement,
    read_figures,
    read_ledger,
    read_reconciliation,
)
from trade_core.flows.deps import Deps
from trade_core.store.day_statements import Holder
from trade_core.store.figures import FeePart, FeeQuestion
from trade_core.store.reconciliation_views import Wanted


@pytest.fixture
async def replica(harness: Harness, postgres_server: str) -> AsyncIterator[Database]:
    """The same database by another DSN, whose role can write nothing."""
    role = f"reads_{uuid.uuid4().hex}"
    (row,) = await harness.rows("select current_database() as name")
    place = urlsplit(postgres_server)._replace(path=f"/{row['name']}")
    admin = await asyncpg.connect(place.geturl())
    await admin.execute(f"create role {role} login password 'secret'")
    await admin.execute(f"grant select on all tables in schema public to {role}")
    await admin.execute(f"alter role {role} set default_transaction_read_only = on")
    address = f"{role}:secret@{place.hostname}:{place.port or 5432}"
    url = place._replace(netloc=address).geturl()
    db = await Database.connect(url, application_name="reads", min_size=0)
    yield db
    await db.close()
    await admin.execute(f"drop owned by {role}")
    await admin.execute(f"drop role {role}")
    await admin.close()


@pytest.fixture
def deps(harness: Harness, replica: Database) -> Deps:
    return replace(harness.deps, replica=replica)


class Closed(Database):
    """Nobody may ask here."""

    def __init__(self) -> None:
        pass

    def connection(self) -> object:  # type: ignore[override]
        raise AssertionError("the primary was asked")

    transaction = dedicated = connection  # type: ignore[assignment]


async def test_lists_never_touch_the_primary(harness: Harness, deps: Deps) -> None:
    payment = await harness.paid()
    await harness.refund(refund_request(payment))
    closed = replace(deps, db=Closed())
    query = ListQuery(app_id=APP, merchant_ids=[MERCHANT])

    (listed,) = (await list_records.list_payments(closed, query)).items
    assert listed.payment_no == payment.payment_no
    assert len((await list_records.list_orders(closed, query)).items) == 1
    assert len((await list_records.list_refunds(closed, query)).items) == 1
    assert (await list_records.list_splits(closed, query)).items == []
    balances = await read_ledger.list_balances(
        closed, merchant_ids=None, account_id=None, after=None, limit=10
    )
    assert balances.items
    today = day_of(harness.deps.clock())
    fees = FeeQuestion(today, today, "CNY", FeePart.CHANNEL, False, None, None, None, None)
    assert (await read_figures.read_fees(closed, fees)).items == []
    page = await read_reconciliation.list_reconciliations(closed, Wanted(), None, 10)
    assert page.items == []


async def test_events_statements_and_checks_are_read_there_too(
    harness: Harness, deps: Deps
) -> None:
    payment = await harness.paid()

    async def are_listed() -> bool:
        """Not while any transaction of the server runs that began before: another test's, too."""
        events = await read.list_events(deps, APP, None, 10)
        return [item.type for item in events.items][-1:] == ["payment.succeeded"]

    await until(are_listed)
    holder = Holder(app_id=APP, merchant_id=MERCHANT, currency="CNY")
    today = day_of(deps.clock())
    statement = await read_day_statement.get_day_statement(
        deps, holder, today, after=None, limit=10
    )
    assert statement.captured == payment.amount
    period = await read_figures.read_period(deps, MERCHANT, "CNY", today, today)
    assert [each.captured for each in period.movements] == [payment.amount]
    harness.now += timedelta(days=1)
    findings = await check_ledger.check(deps.db, deps.clock(), lambda: None, replica=deps.replica)
    assert findings is not None
    assert (findings.payments, findings.differences) == (1, [])


async def test_what_has_a_number_is_read_where_it_was_written(harness: Harness, deps: Deps) -> None:
    payment = await harness.opened()
    blind = replace(deps, replica=Closed())
    found = await read.get_payment(blind, payment.payment_no, APP)
    assert found.payment_no == payment.payment_no
