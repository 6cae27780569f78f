"""The due loop on a real database: hints, leases, several replicas."""

import asyncio
from dataclasses import replace

from tests.integration.trade_core.desk import Desk, paid, said_of_payment, waits, wish

from contracts.api import PaymentStatus
from contracts.events.commands import CommandName
from contracts.events.results import Source, Verdict
from trade_core.flows.attend_due import BATCH, attend_due


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
    await desk.hear(paid(payment, Source.QUERY))
    assert await desk.due() == {}


async def test_initiation_whose_result_was_lost_is_rescued(desk: Desk) -> None:
    payment = (await desk.open()).payment
    assert await desk.due() == {payment.payment_no: 12}
    desk.pass_time(12)
    (command,) = await desk.attend()
    assert command.command is CommandName.QUERY
    await desk.hear(said_of_payment(payment, Source.QUERY, Verdict.PENDING, found=False))
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
        await desk.open(wish(merchant_order_no=f"W{number}"))
    desk.pass_time(12)
    other = replace(desk, sent=[])
    while sum(await asyncio.gather(attend_due(desk.deps), attend_due(other.deps))):
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
        await attend_due(replace(desk.deps, send=dies))
    except ConnectionError:
        desk.pass_time(30)
    assert [c.payment.payment_no for c in await desk.attend()] == [payment.payment_no]


async def test_result_that_arrives_first_is_not_undone_by_the_loop(desk: Desk) -> None:
    payment = await desk.opened()
    desk.pass_time(5)

    async def answered_at_once(messages: object) -> list[bool]:
        await desk.hear(paid(payment, Source.QUERY))
        return [True]

    await attend_due(replace(desk.deps, send=answered_at_once))
    assert await desk.state(payment) is PaymentStatus.SUCCEEDED
    assert await desk.due() == {}


async def test_only_open_work_has_rows(desk: Desk) -> None:
    for number in range(5):
        await desk.paid(wish(merchant_order_no=f"W{number}"))
    waiting = (await desk.open(wish(merchant_order_no="W9"))).payment
    await desk.hear(waits(waiting))
    assert set(await desk.due()) == {waiting.payment_no}


async def test_claiming_does_not_scan(desk: Desk) -> None:
    await desk.rows(
        "insert into due_work select 'P' || n, now() + interval '1 day', 0"
        " from generate_series(1, 20000) n"
    )
    await desk.rows("analyze due_work")
    plan = await desk.rows(
        "explain select subject from due_work where due_at <= $1::timestamptz"
        " order by due_at limit 100 for update skip locked",
        desk.now,
    )
    text = "\n".join(row[0] for row in plan)
    assert "due_work_next" in text
    assert "Seq Scan" not in text
