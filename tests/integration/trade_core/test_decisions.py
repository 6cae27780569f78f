"""People decide, on a real database: once, with a reason that is kept."""

import asyncio

import httpx
import pytest
from tests.builders.trade_core import (
    paid,
    payment_result,
    refund_request,
    refund_result,
    request,
    returned,
)
from tests.integration.trade_core.harness import Harness

from contracts.api import OrderStatus, PaymentStatus, RefundStatus
from contracts.events.commands import CommandName
from contracts.events.results import Source, Verdict
from contracts.internal import DecidePayment, DecideRefund, PaymentDecision, RefundDecision
from trade_core.domain.deciding import claim_shown
from trade_core.domain.errors import PaymentNotFound, RefundNotFound
from trade_core.domain.operator_errors import DecisionImpossible, VersionChanged
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund
from trade_core.flows import read
from trade_core.flows.decide import decide_payment, decide_refund
from trade_core.flows.read import get_payment


async def conflicted(harness: Harness, amount: int = 1300) -> Payment:
    payment = await harness.opened()
    await harness.apply(paid(payment, amount=amount))
    return await harness.payment(payment)


async def decide(harness: Harness, payment: Payment, decision: PaymentDecision) -> None:
    request = DecidePayment(
        decision=decision,
        reason="与渠道核对",
        decided_by="li",
        claim=claim_shown(await harness.payment(payment)),
    )
    await decide_payment(harness.deps, payment.payment_no, request)


async def test_what_the_channel_claims_is_shown_to_who_decides(harness: Harness) -> None:
    payment = await conflicted(harness, amount=1300)
    on_file = await get_payment(harness.deps, payment.payment_no, None)
    assert on_file.claim is not None
    assert (on_file.amount, on_file.claim.amount) == (1299, 1300)


async def test_accepted_payment_pays_the_order_and_can_be_refunded_in_full(
    harness: Harness,
) -> None:
    payment = await conflicted(harness)
    await decide(harness, payment, PaymentDecision.ACCEPT)
    order = await harness.order(payment)
    assert (order.state, order.amount_paid) == (OrderStatus.PAID, 1300)
    assert (await harness.event_types())[-2:] == ["payment.succeeded", "order.paid"]
    opened = await harness.refund(refund_request(payment, amount=1300))
    await harness.apply(returned(opened.refund))
    assert set((await harness.balances()).values()) == {0}


async def test_money_that_is_sent_back_leaves_at_once(harness: Harness) -> None:
    payment = await conflicted(harness, amount=2000)
    await decide(harness, payment, PaymentDecision.REFUND)
    (command,) = await harness.attend()
    assert command.command is CommandName.REFUND
    assert command.refund is not None
    assert (command.payment.amount, command.refund.amount) == (2000, 2000)
    (refund,) = await harness.refunds(payment)
    await harness.apply(returned(refund))
    assert (await harness.event_types())[-3:] == [
        "payment.succeeded",
        "refund.created",
        "refund.succeeded",
    ]
    assert (await harness.order(payment)).amount_paid == 0
    assert set((await harness.balances()).values()) == {0}


async def test_order_whose_money_was_sent_back_ends_with_its_time(harness: Harness) -> None:
    """What its channel says later of the returned money does not have it asked in a circle."""
    payment = await conflicted(harness, amount=2000)
    await decide(harness, payment, PaymentDecision.REFUND)
    await harness.attend()
    (refund,) = await harness.refunds(payment)
    await harness.apply(returned(refund))
    harness.pass_time(1)
    again = paid(payment, Source.QUERY, amount=1999, amount_refunded=2000)
    await harness.apply(again)
    harness.pass_time(2 * 3600)
    await harness.apply(again)
    assert await harness.attend() == []
    assert (await harness.order(payment)).state is OrderStatus.CLOSED
    harness.pass_time(60)
    assert await harness.attend() == []
    assert await harness.due() == {}


async def test_doubt_about_money_sent_back_outlives_its_order(harness: Harness) -> None:
    payment = await conflicted(harness, amount=2000)
    await decide(harness, payment, PaymentDecision.REFUND)
    await harness.attend()
    harness.pass_time(2 * 3600 - 3)
    await harness.attend()
    await harness.apply(paid(payment, Source.QUERY, amount=2000, amount_refunded=2000))
    harness.pass_time(60)
    await harness.attend()
    assert (await harness.order(payment)).state is OrderStatus.CLOSED
    harness.pass_time(60)
    asked = {(one.command, one.payment.payment_no) for one in await harness.attend()}
    assert (CommandName.QUERY, payment.payment_no) in asked


async def test_decision_is_kept_with_its_reason(harness: Harness) -> None:
    payment = await conflicted(harness)
    await decide(harness, payment, PaymentDecision.IGNORE)
    assert await harness.state(payment) is PaymentStatus.FAILED
    (row,) = await harness.rows("select * from decision")
    kept = (row["subject"], row["decision"], row["reason"], row["decided_by"])
    assert kept == (payment.payment_no, "ignore", "与渠道核对", "li")


async def test_of_ten_equal_decisions_at_once_one_is_made(harness: Harness) -> None:
    payment = await conflicted(harness)
    await asyncio.gather(*(decide(harness, payment, PaymentDecision.REFUND) for _ in range(10)))
    assert (
        len(await harness.refunds(payment)) == len(await harness.rows("select from decision")) == 1
    )


async def test_of_two_different_decisions_one_is_refused(harness: Harness) -> None:
    payment = await conflicted(harness)
    await decide(harness, payment, PaymentDecision.IGNORE)
    with pytest.raises(DecisionImpossible):
        await decide(harness, payment, PaymentDecision.ACCEPT)
    assert await harness.balances() == {}


async def test_claim_that_changed_meanwhile_is_shown_to_who_decides(
    harness: Harness, http: httpx.AsyncClient
) -> None:
    payment = await conflicted(harness)
    shown = claim_shown(payment)
    assert shown is not None
    await harness.apply(paid(payment, Source.QUERY, amount=1301))
    body = {"decision": "accept", "reason": "核对", "decided_by": "li"}
    path = f"/payments/{payment.payment_no}/decision"
    refused = await http.post(path, json={**body, "claim": shown.model_dump()})
    assert (refused.status_code, refused.json()["code"]) == (409, "claim_changed")
    assert refused.json()["claim"] == {**shown.model_dump(), "amount": 1301}
    assert (await http.post(path, json=body)).status_code == 422
    accepted = await http.post(path, json={**body, "claim": refused.json()["claim"]})
    assert (accepted.status_code, accepted.json()["status"]) == (200, "succeeded")
    again = await http.post(path, json={**body, "claim": refused.json()["claim"]})
    assert again.status_code == 200
    assert len(await harness.rows("select from decision")) == 1


async def test_money_already_booked_with_another_payment_cannot_be_accepted(
    harness: Harness,
) -> None:
    other = await harness.paid(request(merchant_order_no="W2"))
    payment = await harness.opened()
    await harness.apply(
        payment_result(payment, Source.QUERY, Verdict.PENDING, channel_trade_no="4200000"),
        paid(payment, amount=1300, channel_trade_no=other.channel_trade_no),
    )
    with pytest.raises(DecisionImpossible, match="another payment"):
        await decide(harness, payment, PaymentDecision.ACCEPT)
    await decide(harness, payment, PaymentDecision.IGNORE)


async def test_nothing_is_decided_of_what_nobody_knows(harness: Harness) -> None:
    request = DecidePayment(
        decision=PaymentDecision.ACCEPT, reason="x", decided_by="li", claim=None
    )
    with pytest.raises(PaymentNotFound):
        await decide_payment(harness.deps, "P0", request)
    refund_request = DecideRefund(
        decision=RefundDecision.RELEASE, reason="x", decided_by="li", version=0
    )
    with pytest.raises(RefundNotFound):
        await decide_refund(harness.deps, "R0", refund_request)


async def abnormal(harness: Harness) -> tuple[Payment, Refund]:
    payment = await harness.paid()
    refund = (await harness.refund(refund_request(payment, amount=1299))).refund
    await harness.apply(refund_result(refund, Source.REFUND, Verdict.DECLINED, abnormal=True))
    assert await harness.refund_state(refund) is RefundStatus.ABNORMAL
    assert await harness.due() == {}
    return payment, refund


async def decide_of(harness: Harness, refund: Refund, decision: RefundDecision) -> None:
    seen = (await read.get_refund(harness.deps, refund.refund_no, None)).version
    await decide_of_version(harness, refund, decision, seen)


async def decide_of_version(
    harness: Harness, refund: Refund, decision: RefundDecision, version: int
) -> None:
    request = DecideRefund(
        decision=decision, reason="收款卡已注销", decided_by="li", version=version
    )
    await decide_refund(harness.deps, refund.refund_no, request)


async def test_refund_that_changed_since_it_was_seen_is_not_decided(harness: Harness) -> None:
    """decide-what-was-seen: somebody else had it paid out, and that came to nothing."""
    _, refund = await abnormal(harness)
    seen = (await read.get_refund(harness.deps, refund.refund_no, None)).version
    await decide_of(harness, refund, RefundDecision.PAY_OUT)
    harness.pass_time(1)
    await harness.apply(refund_result(refund, Source.REFUND, Verdict.NOT_SENT))
    with pytest.raises(VersionChanged) as refused:
        await decide_of_version(harness, refund, RefundDecision.RELEASE, seen)
    assert refused.value.extra["version"] == seen + 2
    assert await harness.refund_state(refund) is RefundStatus.ABNORMAL
    await decide_of_version(harness, refund, RefundDecision.RELEASE, seen + 2)
    await decide_of_version(harness, refund, RefundDecision.RELEASE, seen + 2)  # a repeat
    assert await harness.refund_state(refund) is RefundStatus.FAILED


async def test_released_refund_leaves_room_for_another(harness: Harness) -> None:
    payment, refund = await abnormal(harness)
    await asyncio.gather(*(decide_of(harness, refund, RefundDecision.RELEASE) for _ in range(5)))
    assert (await harness.payment(payment)).refund_reserved == 0
    assert (await harness.refund(refund_request(payment, "T2", 1299))).created


async def test_refund_settled_outside_is_told_as_returned(harness: Harness) -> None:
    payment, refund = await abnormal(harness)
    await decide_of(harness, refund, RefundDecision.SETTLED_OUTSIDE)
    assert (await harness.payment(payment)).amount_refunded == 1299
    assert (await harness.event_types())[-1] == "refund.succeeded"
    balances = await harness.balances()
    assert (balances["channel_receivable"], balances["returned_outside"]) == (1299, -1299)


async def test_refund_is_paid_out_by_the_channel_until_that_is_known(harness: Harness) -> None:
    _, refund = await abnormal(harness)
    await decide_of(harness, refund, RefundDecision.PAY_OUT)
    await decide_of(harness, refund, RefundDecision.PAY_OUT)
    (command,) = await harness.attend()
    assert command.command is CommandName.REFUND_ABNORMAL
    await harness.apply(refund_result(refund, Source.REFUND, Verdict.PENDING))
    harness.pass_time(60)
    (command,) = await harness.attend()
    assert command.command is CommandName.QUERY_REFUND
    await harness.apply(returned(refund))
    assert await harness.refund_state(refund) is RefundStatus.SUCCEEDED
    assert await harness.due() == {}
    assert set((await harness.balances()).values()) == {0}


async def test_pay_out_that_the_channel_refuses_is_for_a_person_again(harness: Harness) -> None:
    _, refund = await abnormal(harness)
    await decide_of(harness, refund, RefundDecision.PAY_OUT)
    await harness.attend()
    await harness.apply(refund_result(refund, Source.REFUND, Verdict.NOT_SENT, code="no_way"))
    assert await harness.alerts() == ["refund.abnormal", "refund.abnormal"]
    harness.pass_time(60)
    assert await harness.attend() == []
    assert await harness.due() == {}
    await decide_of(harness, refund, RefundDecision.SETTLED_OUTSIDE)
