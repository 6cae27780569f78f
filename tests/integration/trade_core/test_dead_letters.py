"""What could not be applied: kept with its raw bytes, shown, and tried again when somebody asks."""

import asyncio
import base64
from dataclasses import replace

import pytest
from tests.builders.trade_core import (
    paid,
    payment_result,
    refund_request,
    refund_result,
    request,
    returned,
    waits,
)
from tests.integration.trade_core.harness import Harness, record

from chassis.consumer import DeadRecord
from contracts import topics
from contracts.api import PaymentStatus, RefundStatus
from contracts.events.results import PaymentResult, Source, Verdict
from contracts.internal import DeadLetterView, DecideRefund, RefundDecision
from trade_core.domain.operator_errors import DeadLetterNotFound, VersionChanged
from trade_core.flows.apply_results import Received, apply_payment_results
from trade_core.flows.dead_letters import MAX_BYTES_SHOWN, keep, list_letters, replay
from trade_core.flows.decide import decide_refund
from trade_core.store import dead_letters
from trade_core.store.dead_letters import Wanted


async def kept(harness: Harness) -> DeadLetterView:
    (letter,) = (await list_letters(harness.deps, Wanted(), None, 50)).items
    return letter


async def early(harness: Harness) -> tuple[PaymentResult, DeadLetterView]:
    """A word about a payment that is not there yet, as after a database restored from a backup."""
    payment = (await harness.open()).payment
    word = paid(payment)
    async with harness.db.transaction() as tx:
        await tx.execute("create table away as select * from payments")
        await tx.execute("delete from payments")
    await harness.apply(word)
    return word, await kept(harness)


async def test_dead_letter_is_shown_with_its_bytes_and_its_error(harness: Harness) -> None:
    word, letter = await early(harness)
    assert (letter.topic, letter.key) == (topics.PAYMENT_RESULTS, word.payment_no)
    assert word.payment_no.encode() in base64.b64decode(letter.value_base64)
    assert letter.error == f"nobody here knows {word.payment_no}"
    assert (letter.tries, letter.replayed_at, letter.is_cut) == (0, None, False)


async def test_replay_applies_it_when_its_reason_is_gone(harness: Harness) -> None:
    word, letter = await early(harness)
    await harness.rows("insert into payments select * from away")
    again = await replay(harness.deps, letter.id, letter.version)
    assert (again.tries, again.replayed_at) == (1, harness.now)
    assert await harness.rows("select from payments where state = 'succeeded'") != []
    assert (await harness.balances())["channel_receivable"] == word.amount


async def test_replay_of_what_was_applied_does_nothing(harness: Harness) -> None:
    _, letter = await early(harness)
    await harness.rows("insert into payments select * from away")
    first = await replay(harness.deps, letter.id, letter.version)
    harness.pass_time(60)
    assert await replay(harness.deps, letter.id, letter.version) == first
    assert (await harness.event_types()).count("payment.succeeded") == 1


async def test_poison_stays_poison_with_its_new_error(harness: Harness) -> None:
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment))).refund
    await harness.apply(refund_result(refund, Source.REFUND, Verdict.DECLINED, abnormal=True))
    release = DecideRefund(decision=RefundDecision.RELEASE, reason="x", decided_by="li", version=1)
    await decide_refund(harness.deps, refund.refund_no, release)
    await harness.refund(refund_request(payment, "T2", payment.amount))  # No room is left.
    await harness.apply(returned(refund))
    letter = await kept(harness)
    await harness.rows("update dead_event set error = 'as it was'")
    again = await replay(harness.deps, letter.id, letter.version)
    assert (again.tries, again.replayed_at) == (1, None)
    assert "went back after all" in again.error
    assert await harness.refund_state(refund) is RefundStatus.FAILED


async def test_word_of_topics_that_were_made_anew_is_kept_beside_an_older_one(
    harness: Harness,
) -> None:
    """Offsets begin anew, so that another word has the place of one that lies here for long."""
    payments = [await harness.opened(request(merchant_order_no=name)) for name in ("A", "B")]
    words = [harness.received_payment_result(paid(each, payment_id="C9")) for each in payments]
    for word in (*words, words[0]):
        at_one_place = replace(word.record, offset=words[0].record.offset)
        await apply_payment_results(harness.deps, [Received(at_one_place, word.event)])
    letters = (await list_letters(harness.deps, Wanted(), None, 50)).items
    assert {letter.key for letter in letters} == {word.record.key for word in words}
    assert len(letters) == 2


@pytest.mark.parametrize(
    "value",
    [b"", b"\xff\x00 not json", b'{"data": {}}'],
    ids=["nothing", "no text", "another event"],
)
async def test_unreadable_record_stays_where_it_is(harness: Harness, value: bytes) -> None:
    await keep(
        harness.deps, [DeadRecord(record(topics.PAYMENT_RESULTS, "P1", value), "unreadable")]
    )
    again = await replay(harness.deps, (await kept(harness)).id, 0)
    assert (again.tries, again.replayed_at) == (1, None)
    assert "validation error" in again.error
    assert base64.b64decode(again.value_base64) == value


async def test_huge_record_is_shown_in_part_and_kept_whole(harness: Harness) -> None:
    value = b"x" * (MAX_BYTES_SHOWN + 1)
    await keep(harness.deps, [DeadRecord(record(topics.PAYMENT_RESULTS, "P1", value), "huge")])
    letter = await kept(harness)
    assert (letter.is_cut, len(base64.b64decode(letter.value_base64))) == (True, MAX_BYTES_SHOWN)
    (row,) = await harness.rows("select value from dead_event")
    assert row["value"] == value


async def test_letters_come_page_by_page_the_newest_first(harness: Harness) -> None:
    waiting = [await harness.opened(request(merchant_order_no=f"W{number}")) for number in range(5)]
    for payment in waiting:
        await harness.apply(payment_result(payment, Source.INITIATION, Verdict.NOT_SENT))
    first = await list_letters(harness.deps, Wanted(), None, 3)
    second = await list_letters(harness.deps, Wanted(), int(first.next_cursor or 0), 3)
    assert [letter.key for letter in (*first.items, *second.items)] == [
        payment.payment_no for payment in reversed(waiting)
    ]
    assert second.next_cursor is None


async def test_replay_of_what_was_tried_meanwhile_is_refused(harness: Harness) -> None:
    await keep(
        harness.deps, [DeadRecord(record(topics.PAYMENT_RESULTS, "P1", b"{}"), "unreadable")]
    )
    letter = await kept(harness)
    again = await replay(harness.deps, letter.id, letter.version)
    assert again.version == letter.version + 1
    with pytest.raises(VersionChanged):
        await replay(harness.deps, letter.id, letter.version)
    assert (await replay(harness.deps, letter.id, again.version)).tries == 2


async def test_failed_try_beside_one_that_worked_takes_nothing_back(harness: Harness) -> None:
    """Two people at once: the first one's try fails for a passing reason and is noted last."""
    word, letter = await early(harness)
    await harness.rows("insert into payments select * from away")
    applied = await replay(harness.deps, letter.id, letter.version)
    async with harness.db.transaction() as tx:
        await dead_letters.note_try(tx, letter.id, error="too early", at=harness.now)
    assert await kept(harness) == applied
    assert (await harness.balances())["channel_receivable"] == word.amount


async def test_of_five_who_replay_at_once_each_sees_it_applied_once(harness: Harness) -> None:
    word, letter = await early(harness)
    await harness.rows("insert into payments select * from away")
    tries = (replay(harness.deps, letter.id, letter.version) for _ in range(5))
    seen = await asyncio.gather(*tries, return_exceptions=True)
    assert all(
        isinstance(one, VersionChanged) or (isinstance(one, DeadLetterView) and one.replayed_at)
        for one in seen
    )
    assert (await harness.balances())["channel_receivable"] == word.amount
    assert (await harness.event_types()).count("payment.succeeded") == 1


async def test_letter_that_nobody_kept_is_not_found(harness: Harness) -> None:
    with pytest.raises(DeadLetterNotFound):
        await replay(harness.deps, 404, 0)


async def test_neighbours_of_a_dead_letter_were_applied(harness: Harness) -> None:
    good = (await harness.open()).payment
    impossible = payment_result(good, Source.NOTICE, Verdict.SUCCEEDED, payment_no="P404")
    await harness.apply(impossible, waits(good))
    assert await harness.state(good) is PaymentStatus.PENDING
    assert (await kept(harness)).key == "P404"
