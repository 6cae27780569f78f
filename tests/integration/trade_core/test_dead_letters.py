"""What could not be applied: kept with its raw bytes, shown, and tried again when somebody asks."""

import base64

import pytest
from tests.integration.trade_core.desk import (
    Desk,
    paid,
    record,
    refund_request,
    request,
    returned,
    said_of_payment,
    said_of_refund,
    waits,
)

from chassis.consumer import DeadRecord
from contracts import topics
from contracts.api import PaymentStatus, RefundStatus
from contracts.events.results import PaymentResult, Source, Verdict
from contracts.internal import DeadLetterView, DecideRefund, RefundDecision
from trade_core.domain.errors import DeadLetterNotFound, VersionChanged
from trade_core.flows.dead_letters import MAX_BYTES_SHOWN, keep, list_letters, replay
from trade_core.flows.decide import decide_refund


async def parked(desk: Desk) -> DeadLetterView:
    (letter,) = (await list_letters(desk.deps, None, 50)).items
    return letter


async def early(desk: Desk) -> tuple[PaymentResult, DeadLetterView]:
    """A word about a payment that is not there yet, as after a database restored from a backup."""
    payment = (await desk.open()).payment
    word = paid(payment)
    async with desk.db.transaction() as tx:
        await tx.execute("create table away as select * from payments")
        await tx.execute("delete from payments")
    await desk.apply(word)
    return word, await parked(desk)


async def test_dead_letter_is_shown_with_its_bytes_and_its_error(desk: Desk) -> None:
    word, letter = await early(desk)
    assert (letter.topic, letter.key) == (topics.PAYMENT_RESULTS, word.payment_no)
    assert word.payment_no.encode() in base64.b64decode(letter.value_base64)
    assert letter.error == f"nobody here knows {word.payment_no}"
    assert (letter.tries, letter.replayed_at, letter.is_cut) == (0, None, False)


async def test_replay_applies_it_when_its_reason_is_gone(desk: Desk) -> None:
    word, letter = await early(desk)
    await desk.rows("insert into payments select * from away")
    again = await replay(desk.deps, letter.id, letter.version)
    assert (again.tries, again.replayed_at) == (1, desk.now)
    assert await desk.rows("select from payments where state = 'succeeded'") != []
    assert (await desk.balances())["channel_receivable"] == word.amount


async def test_replay_of_what_was_applied_does_nothing(desk: Desk) -> None:
    _, letter = await early(desk)
    await desk.rows("insert into payments select * from away")
    first = await replay(desk.deps, letter.id, letter.version)
    desk.pass_time(60)
    assert await replay(desk.deps, letter.id, letter.version) == first
    assert (await desk.told()).count("payment.succeeded") == 1


async def test_poison_stays_poison_with_its_new_error(desk: Desk) -> None:
    payment = await desk.paid()
    refund = (await desk.refund(refund_request(payment))).refund
    await desk.apply(said_of_refund(refund, Source.REFUND, Verdict.DECLINED, abnormal=True))
    release = DecideRefund(decision=RefundDecision.RELEASE, reason="x", decided_by="li", version=1)
    await decide_refund(desk.deps, refund.refund_no, release)
    await desk.refund(refund_request(payment, "T2", payment.amount))  # No room is left.
    await desk.apply(returned(refund))
    letter = await parked(desk)
    await desk.rows("update dead_event set error = 'as it was'")
    again = await replay(desk.deps, letter.id, letter.version)
    assert (again.tries, again.replayed_at) == (1, None)
    assert "went back after all" in again.error
    assert await desk.refund_state(refund) is RefundStatus.FAILED


@pytest.mark.parametrize(
    "value",
    [b"", b"\xff\x00 not json", b'{"data": {}}'],
    ids=["nothing", "no text", "another event"],
)
async def test_unreadable_record_stays_where_it_is(desk: Desk, value: bytes) -> None:
    await keep(desk.deps, [DeadRecord(record(topics.PAYMENT_RESULTS, "P1", value), "unreadable")])
    again = await replay(desk.deps, (await parked(desk)).id, 0)
    assert (again.tries, again.replayed_at) == (1, None)
    assert "validation error" in again.error
    assert base64.b64decode(again.value_base64) == value


async def test_huge_record_is_shown_in_part_and_kept_whole(desk: Desk) -> None:
    value = b"x" * (MAX_BYTES_SHOWN + 1)
    await keep(desk.deps, [DeadRecord(record(topics.PAYMENT_RESULTS, "P1", value), "huge")])
    letter = await parked(desk)
    assert (letter.is_cut, len(base64.b64decode(letter.value_base64))) == (True, MAX_BYTES_SHOWN)
    (row,) = await desk.rows("select value from dead_event")
    assert row["value"] == value


async def test_letters_come_page_by_page_the_newest_first(desk: Desk) -> None:
    waiting = [await desk.opened(request(merchant_order_no=f"W{number}")) for number in range(5)]
    for payment in waiting:
        await desk.apply(said_of_payment(payment, Source.INITIATION, Verdict.NOT_SENT))
    first = await list_letters(desk.deps, None, 3)
    second = await list_letters(desk.deps, int(first.next_cursor or 0), 3)
    assert [letter.key for letter in (*first.items, *second.items)] == [
        payment.payment_no for payment in reversed(waiting)
    ]
    assert second.next_cursor is None


async def test_replay_of_what_was_tried_meanwhile_is_refused(desk: Desk) -> None:
    await keep(desk.deps, [DeadRecord(record(topics.PAYMENT_RESULTS, "P1", b"{}"), "unreadable")])
    letter = await parked(desk)
    again = await replay(desk.deps, letter.id, letter.version)
    assert again.version == letter.version + 1
    with pytest.raises(VersionChanged):
        await replay(desk.deps, letter.id, letter.version)
    assert (await replay(desk.deps, letter.id, again.version)).tries == 2


async def test_letter_that_nobody_parked_is_not_found(desk: Desk) -> None:
    with pytest.raises(DeadLetterNotFound):
        await replay(desk.deps, 404, 0)


async def test_neighbours_of_a_dead_letter_were_applied(desk: Desk) -> None:
    good = (await desk.open()).payment
    impossible = said_of_payment(good, Source.NOTICE, Verdict.SUCCEEDED, payment_no="P404")
    await desk.apply(impossible, waits(good))
    assert await desk.state(good) is PaymentStatus.PENDING
    assert (await parked(desk)).key == "P404"
