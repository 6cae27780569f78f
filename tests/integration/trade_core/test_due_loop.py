"""The due loop on a real database: hints, leases, several replicas."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import orjson
from tests.integration.trade_core.desk import (
    ACCOUNT,
    Desk,
    paid,
    refund_request,
    request,
    said_of_payment,
    waits,
)

from chassis.database import Tx
from contracts.api import PaymentStatus
from contracts.events.commands import CommandName
from contracts.events.results import Source, Verdict
from trade_core.flows.poll_due import BATCH, LEASE, poll_due
from trade_core.store import due
from trade_core.store.due import Claim


async def test_lost_webhook_is_asked_about_in_the_fifth_second(desk: Desk) -> None:
    payment = await desk.opened()
    assert await desk.due() == {payment.payment_no: 5}
    desk.pass_time(4.9)
    assert await desk.attend() == []
    desk.pass_time(0.1)
    (command,) = await desk.attend()
    assert command.command is CommandName.QUERY
    assert command.payment.payment_no == payment.payment_no
    assert await desk.due() == {payment.payment_no: 10}
    assert (command.lease_until - desk.now).total_seconds() == 10
    await desk.apply(paid(payment, Source.QUERY))
    assert await desk.due() == {}


async def test_initiation_whose_result_was_lost_is_rescued(desk: Desk) -> None:
    payment = (await desk.open()).payment
    assert await desk.due() == {payment.payment_no: 12}
    desk.pass_time(12)
    (command,) = await desk.attend()
    assert command.command is CommandName.QUERY
    await desk.apply(said_of_payment(payment, Source.QUERY, Verdict.PENDING, found=False))
    assert await desk.state(payment) is PaymentStatus.UNKNOWN


async def test_command_that_was_dropped_is_sent_again(desk: Desk) -> None:
    payment = await desk.opened()
    asked_at = []
    for second in range(1, 200):
        desk.pass_time(1)
        if await desk.attend():
            asked_at.append(second)
    assert asked_at == [5, 15, 30, 60, 180]
    assert await desk.state(payment) is PaymentStatus.PENDING


async def test_two_loops_share_the_rows_without_double_work(desk: Desk) -> None:
    for number in range(2 * BATCH + 30):
        await desk.open(request(merchant_order_no=f"W{number}"))
    desk.pass_time(12)
    other = replace(desk, sent=[])
    while sum(await asyncio.gather(poll_due(desk.deps), poll_due(other.deps))):
        pass
    asked = [command.payment.payment_no for command in (*desk.sent, *other.sent)]
    assert len(asked) == len(set(asked)) == 2 * BATCH + 30


async def test_commands_that_kafka_does_not_take_are_tried_again_soon(desk: Desk) -> None:
    payment = await desk.opened()
    desk.pass_time(5)
    desk.kafka_is_up = False
    await desk.attend()
    assert desk.sent == []
    assert await desk.due() == {payment.payment_no: 5}
    desk.kafka_is_up = True
    desk.pass_time(5)
    assert [command.command for command in await desk.attend()] == [CommandName.QUERY]


async def test_claim_that_died_is_claimed_again(desk: Desk) -> None:
    payment = await desk.opened()
    desk.pass_time(5)

    async def dies(_: object) -> list[bool]:
        raise ConnectionError

    try:
        await poll_due(replace(desk.deps, send=dies))
    except ConnectionError:
        desk.pass_time(30)
    assert [c.payment.payment_no for c in await desk.attend()] == [payment.payment_no]


async def test_result_that_arrives_first_is_not_undone_by_the_loop(desk: Desk) -> None:
    payment = await desk.opened()
    desk.pass_time(5)

    async def answered_at_once(messages: object) -> list[bool]:
        await desk.apply(paid(payment, Source.QUERY))
        return [True]

    await poll_due(replace(desk.deps, send=answered_at_once))
    assert await desk.state(payment) is PaymentStatus.SUCCEEDED
    assert await desk.due() == {}


async def test_only_open_work_has_rows(desk: Desk) -> None:
    for number in range(5):
        await desk.paid(request(merchant_order_no=f"W{number}"))
    waiting = (await desk.open(request(merchant_order_no="W9"))).payment
    await desk.apply(waits(waiting))
    assert set(await desk.due()) == {waiting.payment_no}


async def test_huge_account_does_not_starve_a_small_one(desk: Desk) -> None:
    await _fill(desk, "huge", 50_000, age_s=3600)
    await _fill(desk, "small", 3, age_s=1)
    await desk.rows("analyze due_work")
    async with desk.db.connection() as tx:
        first = await _claim(tx, desk)
        second = await _claim(tx, desk)
    accounts = [claim.subject.partition(":")[0] for claim in first]
    assert (accounts.count("huge"), accounts.count("small")) == (BATCH // 2, 3)
    assert {claim.subject.partition(":")[0] for claim in second} == {"huge"}
    assert len(second) == BATCH


async def test_claim_reads_no_more_rows_than_it_takes(desk: Desk) -> None:
    await _fill(desk, "huge", 50_000, age_s=3600)
    for number in range(30):
        await _fill(desk, f"account {number}", 40, age_s=-3600)
    await desk.rows("analyze due_work")
    lease = desk.now + LEASE
    (plan,) = await desk.rows(
        f"explain (analyze, costs off, timing off, format json) {due.SHARE_OUT}",
        desk.now,
        lease,
        BATCH,
    )
    read = [_rows_read(node) for node in _nodes(orjson.loads(plan[0])[0]["Plan"])]
    assert sum(read) < 1_000
    assert "Seq Scan" not in plan[0]


async def test_more_accounts_than_places_all_get_their_turn(desk: Desk) -> None:
    for number in range(BATCH + 50):
        await _fill(desk, f"account {number}", 2, age_s=60)
    async with desk.db.connection() as tx:
        claims = [claim for _ in range(3) for claim in await _claim(tx, desk)]
    assert len({claim.subject for claim in claims}) == 2 * (BATCH + 50)


async def test_claimed_rows_belong_to_the_payments_account(desk: Desk) -> None:
    paying = await desk.open(request(merchant_order_no="W1"))
    checkout = await desk.open(request(merchant_order_no="W2", method="cashier", payment_id=None))
    refunded = await desk.paid(request(merchant_order_no="W3"))
    refund = (await desk.refund(refund_request(refunded))).refund
    rows = await desk.rows("select subject, account from due_work")
    assert {row["subject"]: row["account"] for row in rows} == {
        paying.payment.payment_no: ACCOUNT,
        checkout.payment.payment_no: "",
        refund.refund_no: ACCOUNT,
    }


async def _fill(desk: Desk, account: str, count: int, *, age_s: int) -> None:
    await desk.rows(
        "insert into due_work (subject, account, due_at, attempt)"
        " select $1 || ':' || n, $1, $2::timestamptz - make_interval(secs => $3), 0"
        " from generate_series(1, $4::int) n",
        account,
        desk.now,
        age_s,
        count,
    )


async def _claim(tx: Tx, desk: Desk) -> Sequence[Claim]:
    _, claims = await due.claim(tx, lease=LEASE, limit=BATCH)
    return claims


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
