"""A page of deliveries costs no more where few fit the filter: it goes on behind what was seen."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.integration.notifier.harness import Harness, new_delivery

from contracts.internal import DeliveryPage, FoundDeliveryPage
from notifier.domain.deliveries import State
from notifier.flows import deliveries
from notifier.store.views import NEWEST, SCANNED, Wanted, list_page

OLD = SCANNED + 100

FILL = """
with made as (
    insert into delivery (day, event_id, lane_id, app_id, type, body, happened_at, created_at)
    select current_date, 'E' || gen_random_uuid(), lane_id, app_id, 'payment.closed',
           convert_to('{"data":{"merchant_id":"M2"}}', 'UTF8'), now(), now() - interval '1 hour'
    from lane cross join generate_series(1, $2::integer) where app_id = $1
    returning *)
insert into exhausted select delivery_id, day, app_id from made
"""


@pytest.fixture
async def first(harness: Harness) -> str:
    """One that was delivered, of merchant M1, before many that were not, of another."""
    one = new_delivery(body=b'{"data":{"merchant_id":"M1"}}')
    await harness.add(one)
    await harness.value("delete from due returning 1")
    await fill(harness, "A1")
    return one.event_id


async def fill(harness: Harness, app_id: str) -> None:
    async with harness.db.transaction() as tx:
        await tx.execute(FILL, app_id, OLD)


async def own(harness: Harness, app_id: str, after: str | None = None, **more: Any) -> DeliveryPage:
    deps = harness.deps(replica=0)
    given = {"event_id": None, "state": None, **more}
    return await deliveries.list_page(deps, app_id, after=after, limit=2, **given)


async def search(harness: Harness, after: str | None = None, **wanted: Any) -> FoundDeliveryPage:
    deps = harness.deps(replica=0)
    return await deliveries.search(deps, Wanted(**wanted), after=after, limit=2)


async def test_page_of_an_app_goes_on_behind_those_that_it_looked_at(
    harness: Harness, first: str
) -> None:
    page = await own(harness, "A1", state=State.DELIVERED)
    assert (page.items, page.next_cursor is None) == ([], False)
    rest = await own(harness, "A1", page.next_cursor, state=State.DELIVERED)
    assert ([one.event_id for one in rest.items], rest.next_cursor) == ([first], None)


@pytest.mark.parametrize(
    "wanted",
    [
        {"merchant_ids": ["M1"]},
        {"type": "payment.succeeded"},
        {"state": State.DELIVERED},
        {"app_id": "A1", "merchant_ids": ["M1"]},
    ],
)
async def test_page_of_people_goes_on_behind_those_that_it_looked_at(
    harness: Harness, first: str, wanted: dict[str, Any]
) -> None:
    page = await search(harness, **wanted)
    assert (page.items, page.next_cursor is None) == ([], False)
    rest = await search(harness, page.next_cursor, **wanted)
    assert ([one.event_id for one in rest.items], rest.next_cursor) == ([first], None)


async def test_what_others_have_is_not_looked_at(harness: Harness, first: str) -> None:
    one = new_delivery("A2")
    await harness.add(one)
    await harness.value(
        "with kept as (insert into exhausted select delivery_id, day, app_id from delivery"
        " where event_id = $1) delete from due returning 1",
        one.event_id,
    )
    await fill(harness, "A1")
    page = await own(harness, "A2", state=State.EXHAUSTED)
    assert ([each.event_id for each in page.items], page.next_cursor) == ([one.event_id], None)


async def test_what_is_too_young_costs_no_look_and_what_is_too_old_ends_the_list(
    harness: Harness, first: str
) -> None:
    now = datetime.now(UTC)
    await harness.value(
        "update delivery set created_at = now() - interval '2 hours' where event_id = $1"
        " returning 1",
        first,
    )
    old = await search(harness, created_before=now - timedelta(minutes=90))
    assert ([one.event_id for one in old.items], old.next_cursor) == ([first], None)
    none = await search(harness, created_from=now)
    assert (none.items, none.next_cursor) == ([], None)


async def test_pages_go_to_the_end_with_nothing_left_out(harness: Harness, first: str) -> None:
    seen, after = 0, None
    while True:
        deps = harness.deps(replica=0)
        page = await deliveries.list_page(
            deps, "A1", event_id=None, state=State.EXHAUSTED, after=after, limit=100
        )
        seen += len(page.items)
        after = page.next_cursor
        if after is None:
            break
    assert seen == OLD


MANY_SERVERS = """
with lanes as (
    insert into lane (app_id, origin) select 'B' || n, '' from generate_series(1, 60) n
    returning lane_id, app_id
), made as (
    insert into delivery (day, event_id, lane_id, app_id, type, body, happened_at, created_at)
    select current_date, 'E' || gen_random_uuid(), lane_id, app_id, 'payment.closed',
           convert_to('{"data":{"merchant_id":"M2"}}', 'UTF8'), now(), now()
    from lanes cross join generate_series(1, 500)
    returning *)
insert into due (delivery_id, lane_id, due_at, fresh, tries, day)
select delivery_id, lane_id, now() + interval '1 hour', false, 1, day from made
"""

LOOKS = "select idx_tup_fetch + seq_tup_read from pg_stat_xact_user_tables where relname = 'due'"


async def test_what_is_pending_costs_no_more_looks_where_many_servers_are_away(
    harness: Harness,
) -> None:
    one = new_delivery(body=b'{"data":{"merchant_id":"M1"}}')
    await harness.add(one)
    async with harness.db.transaction() as tx:
        await tx.execute(MANY_SERVERS)
    async with harness.db.connection() as tx:
        await tx.execute("analyze due; analyze delivery; analyze lane")
    wanted = Wanted(state=State.PENDING, merchant_ids=["M1"])
    async with harness.db.transaction() as tx:
        page = await list_page(tx, wanted, before=NEWEST, limit=50, by_app=False)
        looks = await tx.fetchval(LOOKS)
    assert (page.items, page.goes_on_after is None) == ([], False)
    walked, filtered, queries = SCANNED, SCANNED, 2
    assert looks <= (walked + filtered) * queries

    found = await search(harness, state=State.PENDING, merchant_ids=["M1"])
    while not found.items and found.next_cursor:
        found = await search(harness, found.next_cursor, state=State.PENDING, merchant_ids=["M1"])
    assert [each.event_id for each in found.items] == [one.event_id]
