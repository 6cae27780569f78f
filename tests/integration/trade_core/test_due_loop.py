"""The due loop on a real database: hints, leases, several replicas."""

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from tests.builders.trade_core import (
    ACCOUNT,
    paid,
    payment_result,
    refund_request,
    request,
    waits,
)
from tests.integration.trade_core.harness import Harness

from chassis.database import Tx
from contracts.api import PaymentStatus
from contracts.events.commands import CommandName
from contracts.events.results import Source, Verdict
from trade_core.flows.poll_due import BATCH, LEASE, poll_due
from trade_core.flows.reask import reask
from trade_core.reask import moment
from trade_core.store import due
from trade_core.store.due import Lease


async def test_lost_webhook_is_asked_about_in_the_fifth_second(harness: Harness) -> None:
    payment = await harness.opened()
    assert await harness.due() == {payment.payment_no: 5}
    harness.pass_time(4.9)
    assert await harness.attend() == []
    harness.pass_time(0.1)
    (command,) = await harness.attend()
    assert command.command is CommandName.QUERY
    assert command.payment.payment_no == payment.payment_no
    assert await harness.due() == {payment.payment_no: 10}
    assert (command.lease_until - harness.now).total_seconds() == 10
    await harness.apply(paid(payment, Source.QUERY))
    assert await harness.due() == {}


async def test_initiation_whose_result_was_lost_is_rescued(harness: Harness) -> None:
    payment = (await harness.open()).payment
    assert await harness.due() == {payment.payment_no: 12}
    harness.pass_time(12)
    (command,) = await harness.attend()
    assert command.command is CommandName.QUERY
    await harness.apply(payment_result(payment, Source.QUERY, Verdict.PENDING, found=False))
    assert await harness.state(payment) is PaymentStatus.UNKNOWN


async def test_command_that_was_dropped_is_sent_again(harness: Harness) -> None:
    payment = await harness.opened()
    asked_at = []
    for second in range(1, 200):
        harness.pass_time(1)
        if await harness.attend():
            asked_at.append(second)
    assert asked_at == [5, 15, 30, 60, 180]
    assert await harness.state(payment) is PaymentStatus.PENDING


async def test_two_loops_share_the_rows_without_double_work(harness: Harness) -> None:
    for number in range(2 * BATCH + 30):
        await harness.open(request(merchant_order_no=f"W{number}"))
    harness.pass_time(12)
    other = replace(harness, sent=[])
    while sum(await asyncio.gather(poll_due(harness.deps), poll_due(other.deps))):
        pass
    asked = [command.payment.payment_no for command in (*harness.sent, *other.sent)]
    assert len(asked) == len(set(asked)) == 2 * BATCH + 30


async def test_commands_that_kafka_does_not_take_are_tried_again_soon(harness: Harness) -> None:
    payment = await harness.opened()
    harness.pass_time(5)
    harness.kafka_is_up = False
    await harness.attend()
    assert harness.sent == []
    assert await harness.due() == {payment.payment_no: 5}
    harness.kafka_is_up = True
    harness.pass_time(5)
    assert [command.command for command in await harness.attend()] == [CommandName.QUERY]


async def test_lease_that_died_is_taken_again(harness: Harness) -> None:
    payment = await harness.opened()
    harness.pass_time(5)

    async def dies(_: object) -> list[bool]:
        raise ConnectionError

    try:
        await poll_due(replace(harness.deps, send=dies))
    except ConnectionError:
        harness.pass_time(30)
    assert [c.payment.payment_no for c in await harness.attend()] == [payment.payment_no]


async def test_result_that_arrives_first_is_not_undone_by_the_loop(harness: Harness) -> None:
    payment = await harness.opened()
    harness.pass_time(5)

    async def answered_at_once(messages: object) -> list[bool]:
        await harness.apply(paid(payment, Source.QUERY))
        return [True]

    await poll_due(replace(harness.deps, send=answered_at_once))
    assert await harness.state(payment) is PaymentStatus.SUCCEEDED
    assert await harness.due() == {}


async def test_only_open_work_has_rows(harness: Harness) -> None:
    for number in range(5):
        await harness.paid(request(merchant_order_no=f"W{number}"))
    waiting = (await harness.open(request(merchant_order_no="W9"))).payment
    await harness.apply(waits(waiting))
    assert set(await harness.due()) == {waiting.payment_no}


async def test_huge_account_does_not_starve_a_small_one(harness: Harness) -> None:
    await _fill(harness, "huge", 50_000, age_s=3600)
    await _fill(harness, "small", 3, age_s=1)
    await harness.rows("analyze due_work")
    async with harness.db.connection() as tx:
        first = await _take(tx, harness)
        second = await _take(tx, harness)
    accounts = [lease.subject.partition(":")[0] for lease in first]
    assert (accounts.count("huge"), accounts.count("small")) == (BATCH // 2, 3)
    assert {lease.subject.partition(":")[0] for lease in second} == {"huge"}
    assert len(second) == BATCH


async def test_taking_reads_no_more_rows_than_it_takes(harness: Harness) -> None:
    await _fill(harness, "huge", 50_000, age_s=3600)
    for number in range(30):
        await _fill(harness, f"account {number}", 40, age_s=-3600)
    await harness.rows("analyze due_work")
    lease = harness.now + LEASE
    (plan,) = await harness.rows(
        f"explain (analyze, costs off, timing off, format json) {due.IN_TURN}",
        harness.now,
        lease,
        BATCH,
    )
    read = [_rows_read(node) for node in _nodes(orjson.loads(plan[0])[0]["Plan"])]
    assert sum(read) < 1_000
    assert "Seq Scan" not in plan[0]


async def test_more_accounts_than_places_all_get_their_turn(harness: Harness) -> None:
    for number in range(BATCH + 50):
        await _fill(harness, f"account {number}", 2, age_s=60)
    async with harness.db.connection() as tx:
        leases = [lease for _ in range(3) for lease in await _take(tx, harness)]
    assert len({lease.subject for lease in leases}) == 2 * (BATCH + 50)


async def test_leased_rows_belong_to_the_payments_account(harness: Harness) -> None:
    paying = await harness.open(request(merchant_order_no="W1"))
    checkout = await harness.open(
        request(merchant_order_no="W2", method="cashier", payment_id=None)
    )
    refunded = await harness.paid(request(merchant_order_no="W3"))
    refund = (await harness.refund(refund_request(refunded))).refund
    rows = await harness.rows("select subject, account from due_work")
    assert {row["subject"]: row["account"] for row in rows} == {
        paying.payment.payment_no: ACCOUNT,
        checkout.payment.payment_no: "",
        refund.refund_no: ACCOUNT,
    }


async def _fill(harness: Harness, account: str, count: int, *, age_s: int) -> None:
    await harness.rows(
        "insert into due_work (subject, account, due_at, attempt)"
        " select $1 || ':' || n, $1, $2::timestamptz - make_interval(secs => $3), 0"
        " from generate_series(1, $4::int) n",
        account,
        harness.now,
        age_s,
        count,
    )


async def _take(tx: Tx, harness: Harness) -> Sequence[Lease]:
    _, leases = await due.take(tx, lease=LEASE, limit=BATCH)
    return leases


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from _nodes(part)


def _rows_read(node: dict[str, Any]) -> int:
    """What a scan of the table or an index has touched."""
    if "Index" not in node["Node Type"] and node["Node Type"] != "Seq Scan":
        return 0
    each: float = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    loops: int = node["Actual Loops"]
    return round(each * loops)


async def test_what_was_opened_since_a_restore_is_asked_about_at_once(harness: Harness) -> None:
    older = await harness.opened(request(merchant_order_no="W1"))
    harness.pass_time(600)
    await harness.attend()
    restored_to = harness.now
    payment = await harness.paid(request(merchant_order_no="W2"))
    refund = (await harness.refund(refund_request(payment))).refund
    still_open = await harness.opened(request(merchant_order_no="W3"))
    harness.pass_time(4)
    for _ in range(2):
        await harness.attend()
    before = await harness.due()

    assert await reask(harness.db, restored_to) == 2

    due_now = await harness.due()
    assert due_now[refund.refund_no] == due_now[still_open.payment_no] == 0
    assert due_now[older.payment_no] == before[older.payment_no] > 0
    assert {command.command for command in await harness.attend()} == {
        CommandName.QUERY, CommandName.REFUND,
    }  # fmt: skip


async def test_doubt_about_what_went_back_is_asked_about_anew_and_not_ended(
    harness: Harness,
) -> None:
    payment = await harness.paid(request(amount=1000))
    await harness.refund(refund_request(payment, "T1", 300))
    await harness.attend()
    await harness.apply(paid(payment, amount_refunded=300))
    assert payment.payment_no in await harness.due()

    await reask(harness.db, harness.now - timedelta(days=1))

    asked = {(each.command, each.payment.payment_no) for each in await harness.attend()}
    assert (CommandName.QUERY, payment.payment_no) in asked
    assert payment.payment_no in await harness.due()


def test_a_moment_without_its_zone_is_refused() -> None:
    assert moment("2026-11-29T08:00:00+08:00").utcoffset() == timedelta(hours=8)
    for text in ("2026-11-29T08:00:00", "yesterday"):
        with pytest.raises(argparse.ArgumentTypeError):
            moment(text)
