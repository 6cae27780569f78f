"""No statement of trade-core reads a table from end to end, however much history there is."""

from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from tests.builders.sql_texts import sql_texts
from tests.builders.trade_core import APP, MERCHANT, request
from tests.integration.trade_core.harness import Harness

from contracts.identifiers import PREFIX
from contracts.internal import ListQuery
from trade_core import store
from trade_core.store import lists

HISTORY = """
create temporary table model on commit preserve rows as
    select o as an_order, p as a_payment from orders o join payments p using (order_id) limit 1;
insert into orders select (jsonb_populate_record(an_order, jsonb_build_object(
    'order_id', 'O' || n, 'merchant_order_no', 'N' || n, 'latest_payment_no', 'P' || n
    ))).* from model, generate_series(1, 2000) n;
insert into payments select (jsonb_populate_record(a_payment, jsonb_build_object(
    'order_id', 'O' || n, 'payment_no', 'P' || n, 'settles', n % 2 = 0,
    'channel_trade_no', '42' || n
    ))).* from model, generate_series(1, 2000) n;
insert into refunds (refund_no, order_id, payment_no, app_id, merchant_id, merchant_refund_no,
        cause, state, amount, currency, created_at)
    select 'R' || n, 'O' || n, 'P' || n, 'A1', 'M1', 'T' || n, 'requested', 'succeeded', 1, 'CNY',
        now() from generate_series(1, 2000) n;
insert into due_work (subject, account, due_at, attempt)
    select 'P' || n, 'C' || n % 9, now(), 0 from generate_series(1, 2000) n;
insert into decision (subject, decision, reason, decided_by, decided_at)
    select 'P' || n, 'ignore', 'x', 'x', now() from generate_series(1, 2000) n;
insert into archived_order_numbers
    select 'A1', 'M1', 'A' || n, now() from generate_series(1, 2000) n;
insert into archived_trade_numbers
    select '43' || n, 'C1', 'PA' || n from generate_series(1, 2000) n;
select open_archive_month('2026-01-01', 'O', 'P'), open_archive_month('2026-02-01', 'O', 'P');
insert into archive.orders_2026_01 select (jsonb_populate_record(an_order, jsonb_build_object(
    'order_id', 'OA' || n, 'merchant_order_no', 'A' || n, 'latest_payment_no', 'PA' || n
    ))).* from model, generate_series(1, 2000) n;
insert into archive.payments_2026_01 select (jsonb_populate_record(a_payment, jsonb_build_object(
    'order_id', 'OA' || n, 'payment_no', 'PA' || n, 'settles', true, 'channel_trade_no', '43' || n
    ))).* from model, generate_series(1, 2000) n;
insert into archive.refunds_2026_01
    select (jsonb_populate_record(r, jsonb_build_object('order_id', 'OA' || n,
        'refund_no', 'RA' || n, 'payment_no', 'PA' || n, 'merchant_refund_no', 'TA' || n))).*
    from refunds r, generate_series(1, 2000) n where refund_no = 'R1';
analyze;
"""


WHOLE = {"checking._KEPT", "checking._REMEMBERED"}
"""Read all kept sums at night: a row per account of the ledger, however much history there is."""


@pytest.fixture
async def history(harness: Harness) -> Harness:
    await harness.paid(request(merchant_order_no="W1"))
    async with harness.db.connection() as tx:
        await tx.execute(HISTORY)
    return harness


async def test_every_statement_finds_its_rows_by_an_index(history: Harness) -> None:
    scanning = {}
    async with history.db.transaction() as tx:
        # The plan that is made once for all values, as asyncpg's prepared statements get it.
        await tx.execute("set local plan_cache_mode = force_generic_plan")
        for name, reconciliation in sql_texts(store):
            await tx.execute(f"prepare asked as {reconciliation}")
            count = await tx.fetchval(
                "select cardinality(parameter_types) from pg_prepared_statements"
                " where name = 'asked'"
            )
            values = f"({', '.join(['null'] * count)})" if count else ""
            plan = "\n".join(row[0] for row in await tx.fetch(f"explain execute asked{values}"))
            await tx.execute("deallocate asked")
            if "Seq Scan" in plan and name not in WHOLE:
                scanning[name] = plan
    assert scanning == {}


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"order": "asc", "status": "succeeded"},
        {"channel": "wechat", "created_from": datetime(2026, 1, 1, tzinfo=UTC)},
        {"channel_trade_no": "4212"},
        {"payment_no": "P12"},
        {"merchant_order_no": "N12"},
    ],
)
async def test_every_page_of_a_list_finds_its_rows_by_an_index(
    history: Harness, filters: dict[str, Any]
) -> None:
    query = ListQuery(app_id=APP, merchant_ids=[MERCHANT], limit=2, **filters)
    async with history.db.connection() as tx:
        for listed in (lists.PAYMENTS, lists.ORDERS, lists.REFUNDS, lists.SPLITS):
            text, values = lists.statement(listed, query, None)
            plan = "\n".join(row[0] for row in await tx.fetch(f"explain {text}", *values))
            assert "Seq Scan" not in plan, plan


HUNDRED_APPS = """
update only orders set app_id = 'A' || right(order_id, 2);
update only payments set app_id = 'A' || right(order_id, 2);
update only refunds set app_id = 'A' || right(order_id, 2);
analyze;
"""


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("after", [None, "{}0"])
async def test_a_page_walks_the_index_however_little_apps_have_on_average(
    history: Harness, order: Literal["asc", "desc"], after: str | None
) -> None:
    """Made once for all apps, the plan read and sorted all that a large one has."""
    query = ListQuery(app_id=APP, merchant_ids=[MERCHANT], limit=2, order=order)
    async with history.db.transaction() as tx:
        await tx.execute(HUNDRED_APPS)
        await tx.execute("set local plan_cache_mode = force_generic_plan")
        await tx.execute(lists.SORTING.format("off"))
        for listed in (lists.PAYMENTS, lists.ORDERS, lists.REFUNDS):
            number = after and after.format(PREFIX[listed.kind])
            for text, values in (
                lists.statement(listed, query, number, scanned=50),
                lists.last_scanned(listed, query, number, scanned=50),
            ):
                await tx.execute(f"prepare asked as {text}")
                null = ", ".join(["null"] * len(values))
                plan = "\n".join(row[0] for row in await tx.fetch(f"explain execute asked({null})"))
                await tx.execute("deallocate asked")
                assert f"Scan Backward using {listed.table.split()[0]}_of_app" in plan or (
                    order == "asc" and f"Scan using {listed.table.split()[0]}_of_app" in plan
                ), plan
                assert "Sort  " not in plan, plan
                assert "Bitmap" not in plan, plan


def test_the_statements_are_found() -> None:
    names = {name for name, _ in sql_texts(store)}
    assert {"fresh_orders._INSERT", "saving._UPDATE_PAYMENTS", "due.IN_TURN"} <= names
    assert len(names) > 20
