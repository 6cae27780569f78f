"""Roll-ups are the sum of the read model's rows, in whatever order events come."""

import asyncio
import importlib
import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from chassis.database import Tx
from contracts.events.orders import OrderEventRecord, OrderEventType
from contracts.identifiers import new_id
from merchant_admin.flows.read_model import apply, put

from .conftest import Admin
from .test_read_model import BEGAN, Story, delivery

KEY = ("hour", "merchant_id", "app_id", "channel", "method", "currency")
MEASURES = ("created", "succeeded", "failed", "paid", "paid_amount", "late", "refunds", "refunded")
TABLES = ("payment_hours", "time_to_pay_hours", "callback_hours")


class PaidLater(Story):
    """A story whose payment is paid some time after it was created."""

    def __init__(self, paid_after: timedelta, **members: Any) -> None:
        super().__init__(**members)
        self.paid_after = paid_after

    def payment(self, status: str) -> dict[str, Any]:
        view = super().payment(status)
        if status == "succeeded":
            view["paid_at"] = self.created_at + self.paid_after
        if status == "initiating":
            view["channel"] = None
        return view


async def rows(admin: Admin, table: str) -> list[dict[str, Any]]:
    """Without those in which everything was taken back."""
    async with admin.deps.db.connection() as tx:
        found = await tx.fetch(f"select * from {table}")  # noqa: S608  # a table of ours
    summed = {*MEASURES, "payments", "attempts"}
    kept = [dict(row) for row in found if any(row[name] for name in summed & {*row.keys()})]
    return sorted(kept, key=lambda row: str(sorted(row.items(), key=str)))


async def everything(admin: Admin) -> list[list[dict[str, Any]]]:
    return [await rows(admin, table) for table in TABLES]


def hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def some_stories(chance: random.Random) -> list[PaidLater]:
    stories = []
    for number in range(12):
        story = PaidLater(
            timedelta(seconds=chance.choice((3, 31, 400, 9000))),
            merchant_id=f"M{number % 2}", app_id=f"A{number % 3}",
            channel=chance.choice(("wechat", "alipay")),
            created_at=BEGAN + timedelta(minutes=13 * number),
        )  # fmt: skip
        story.paid()
        if number % 3 == 0:
            story.refunded()
        if number % 5 == 0:
            failed = story.payment("succeeded") | {"status": "failed", "paid_at": None}
            story.tell(OrderEventType.PAYMENT_FAILED, order=story.order("open"), payment=failed)
        stories.append(story)
    return stories


def happened_once(stories: Sequence[PaidLater]) -> list[dict[str, Any]]:
    """What the hours must hold, counted from the stories themselves."""
    counted: dict[tuple[Any, ...], Counter[str]] = {}
    for story in stories:
        dimensions = (story.merchant_id, story.app_id, story.channel, "native", "CNY")
        is_paid = story.events[-1].type != OrderEventType.PAYMENT_FAILED
        created = counted.setdefault((hour_of(story.created_at), *dimensions), Counter())
        created.update(created=1, succeeded=int(is_paid), failed=int(not is_paid))
        if is_paid:
            paid_at = story.created_at + story.paid_after
            paid = counted.setdefault((hour_of(paid_at), *dimensions), Counter())
            late = story.paid_after > timedelta(hours=2)
            paid.update(paid=1, paid_amount=1299, late=int(late))
        if any(event.type == OrderEventType.REFUND_SUCCEEDED for event in story.events):
            created.update(refunds=1, refunded=300)
    return [
        dict(zip(KEY, key, strict=True)) | {name: sums[name] for name in MEASURES}
        for key, sums in counted.items()
    ]


def by_key(found: Sequence[dict[str, Any]]) -> dict[tuple[Any, ...], tuple[int, ...]]:
    return {
        tuple(row[name] for name in KEY): tuple(row[name] for name in MEASURES) for row in found
    }


async def test_hours_hold_what_was_told_whatever_the_order_and_however_often(admin: Admin) -> None:
    chance = random.Random(11)
    stories = some_stories(chance)
    events: list[Any] = [event for story in stories for event in story.events]
    for story in stories[::2]:
        shown = story.events[2].id
        events.append(delivery(shown, "delivery.delivered", attempts=2, at=BEGAN))
        events.append(delivery(shown, "delivery.exhausted", attempts=1, at=BEGAN - timedelta(1)))
    chance.shuffle(events)
    while events:
        batch, events = events[:9], events[9:]
        await apply(admin.deps, [*batch, *chance.choices(batch, k=3)])
        if chance.random() < 0.3:
            await apply(admin.deps, batch)

    [payments, waits, callbacks] = await everything(admin)
    assert by_key(payments) == by_key(happened_once(stories))
    assert sum(row["payments"] for row in waits) == sum(row["paid"] for row in payments)
    assert {row["bucket"] for row in waits} <= {0, 5, 11, 16}
    assert sum(row["delivered"] for row in callbacks) == len(stories[::2])
    assert sum(row["attempts"] for row in callbacks) == 2 * len(stories[::2])
    assert sum(row["exhausted"] for row in callbacks) == 0


async def test_what_was_there_before_is_rolled_up_to_the_same(admin: Admin) -> None:
    stories = some_stories(random.Random(5))
    for story in stories:
        shown = delivery(story.events[2].id, "delivery.delivered", attempts=1, at=BEGAN)
        await apply(admin.deps, [*story.events, shown])
    wanted = await everything(admin)
    migration = importlib.import_module("merchant_admin.migrations.versions.0017_roll_ups")
    async with admin.deps.db.transaction() as tx:
        await tx.execute("delete from payment_hours")
        await tx.execute("delete from time_to_pay_hours")
        await tx.execute("delete from callback_hours")
        for statement in migration.ALL_OF_IT:
            await tx.execute(statement)
    assert await everything(admin) == wanted


async def test_what_was_counted_of_waiting_callbacks_is_taken_back(admin: Admin) -> None:
    stories = some_stories(random.Random(5))
    states = ("delivered", "failed", "exhausted")
    for number, story in enumerate(stories):
        callback, attempts = story.events[2].id, number + 1
        state = f"delivery.{states[number % 3]}"
        at = BEGAN + timedelta(minutes=7 * number)
        await apply(
            admin.deps, [*story.events, delivery(callback, state, attempts=attempts, at=at)]
        )
    wanted = await everything(admin)
    assert sum(row["attempts"] for row in wanted[2]) == sum(range(1, 13)) - (2 + 5 + 8 + 11)
    former = importlib.import_module("merchant_admin.migrations.versions.0017_roll_ups")
    migration = importlib.import_module("merchant_admin.migrations.versions.0023_settled_callbacks")
    async with admin.deps.db.transaction() as tx:
        await tx.execute("delete from callback_hours")
        await tx.execute(former.ALL_OF_IT[-1])
    assert await everything(admin) != wanted
    async with admin.deps.db.transaction() as tx:
        await tx.execute(migration.TAKE_BACK)
    assert await everything(admin) == wanted


async def test_two_projectors_at_once_lose_nothing(admin: Admin) -> None:
    """A delivery and the event that it is of go by different topics, so perhaps to two replicas."""
    stories = some_stories(random.Random(3))
    batches: list[Any] = [story.events for story in stories]
    batches += [
        [delivery(story.events[2].id, "delivery.delivered", attempts=1, at=BEGAN)]
        for story in stories
    ]
    await asyncio.gather(*(apply(admin.deps, batch) for batch in batches))
    [payments, _, callbacks] = await everything(admin)
    assert by_key(payments) == by_key(happened_once(stories))
    assert sum(row["delivered"] for row in callbacks) == len(stories)


async def test_a_refund_is_counted_where_its_payment_is_also_if_it_came_first(admin: Admin) -> None:
    story = Story(channel="alipay").paid().refunded()
    refund: list[OrderEventRecord] = story.events[-2:]
    await apply(admin.deps, refund)
    [[row], _, _] = await everything(admin)
    assert (row["channel"], row["method"], row["refunded"]) == ("", "", 300)
    await apply(admin.deps, story.events)
    [[row], _, _] = await everything(admin)
    assert (row["channel"], row["method"], row["refunded"]) == ("alipay", "native", 300)


OTHERS = """
insert into {table} select (jsonb_populate_record(one, jsonb_build_object({key}, 'X' || n))).*
from (select t as one from {table} t limit 1) first, generate_series(1, 2000) n
"""
KEYS = {
    "orders_view": "'order_id'",
    "payments_view": "'payment_no'",
    "refunds_view": "'payment_no', 'X' || n, 'refund_no'",
    "order_history": "'order_id', 'X' || n, 'event_id'",
    "deliveries_view": "'callback_id'",
}
READ = """
select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) from pg_stat_xact_user_tables
"""


async def test_plans_that_were_made_for_few_rows_read_few_of_many(admin: Admin) -> None:
    """A session keeps them: what it reads for a batch does not grow with the other rows."""

    async def read_for_a_batch(tx: Tx) -> int:
        before = await tx.fetchval(READ)
        stories = [Story().paid() for _ in range(20)]
        await put(tx, [event for story in stories for event in story.events])
        return int(await tx.fetchval(READ) - before)

    async with admin.deps.db.transaction() as tx:
        await read_for_a_batch(tx)
        await put(tx, Story().paid().refunded().events)
        await put(tx, [delivery(new_id("event"), "delivery.delivered", attempts=1, at=BEGAN)])
        for table, key in KEYS.items():
            await tx.execute(OTHERS.format(table=table, key=key))
        assert await read_for_a_batch(tx) < 100
