"""strangers-text-stops-nothing: odd text, numbers and times beside good words, on PostgreSQL."""

import json
from dataclasses import replace
from typing import Any

import orjson
import pytest
from tests.builders.trade_core import APP, MERCHANT, paid, request
from tests.integration.trade_core.harness import Harness, record
from tests.record_keys import proven

from chassis.consumer import Record
from contracts import topics
from contracts.api import OrderStatus, PaymentStatus
from contracts.events.configuration import LatePayment
from contracts.events.results import PAYMENT_RESULT, SOURCE, PaymentResult
from contracts.internal import ListQuery
from trade_core.flows.apply_results import apply_payment_results, decode
from trade_core.flows.list_records import list_payments


def written(word: PaymentResult, at: str = "2026-01-05T12:00:00Z", **odd: Any) -> Record:
    """The record of a word, with members as a stranger may fill them."""
    data = {**word.model_dump(mode="json"), **odd}
    event = {
        "id": "e1", "source": SOURCE, "type": PAYMENT_RESULT, "subject": word.payment_no,
        "time": at, "data": data, "specversion": "1.0",
    }  # fmt: skip
    value = orjson.dumps(event).replace(b"<NUL>", b"\\u0000").replace(b"<HALF>", b"\\ud83c")
    return record(topics.PAYMENT_RESULTS, word.payment_no, value)


@pytest.mark.parametrize(
    "odd",
    [
        {"message": "a<NUL>b"},
        {"message": "<HALF>"},
        {"channel_trade_no": "42<NUL>"},
        {"code": "<HALF><NUL>"},
        {"paid_at": "0001-01-01T00:00:00+14:00"},
        {"paid_at": "9999-12-31T23:59:59-14:00"},
        {"asked_at": "0001-01-01T00:00:00Z", "said_at": "2026-01-05T12:00:00"},
        {"message": "x" * 100_000},
    ],
    ids=str,
)
async def test_a_good_word_with_odd_members_is_applied(
    harness: Harness, odd: dict[str, Any]
) -> None:
    payment = await harness.opened()
    received = decode(harness.deps, proven(written(paid(payment), **odd)))
    assert isinstance(received.event.data, PaymentResult)
    assert await apply_payment_results(harness.deps, [received]) == []
    assert await harness.state(payment) is PaymentStatus.SUCCEEDED


@pytest.mark.parametrize(
    "odd",
    [
        {"amount": 10**18},
        {"amount": 10**30},
        {"amount_refunded": -(10**18)},
        {"channel_trade_no": "4" * 3_000},
        {"at": "0001-01-01T00:00:00Z"},
    ],
    ids=lambda odd: next(iter(odd)),
)
async def test_what_no_ledger_holds_is_refused_where_it_is_read(
    harness: Harness, odd: dict[str, Any]
) -> None:
    payment = await harness.opened()
    at = odd.pop("at", "2026-01-05T12:00:00Z")
    with pytest.raises(ValueError, match=r"is out of range|is too long"):
        decode(harness.deps, proven(_with_big(written(paid(payment), at), odd)))


@pytest.mark.parametrize("paid_at", ["2026-01-08T12:00:00Z", "2026-01-05T20:00:00Z"])
async def test_money_of_tomorrow_was_paid_when_its_word_came(
    harness: Harness, paid_at: str
) -> None:
    """A channel's clock, or its time zone, was wrong: what was in time went back as late."""
    harness.late = LatePayment.REFUND
    payment = await harness.opened()
    at = harness.now.isoformat()
    received = decode(harness.deps, proven(written(paid(payment), at, paid_at=paid_at)))
    assert isinstance(received.event.data, PaymentResult)
    harness.pass_time(3_600)  # Kafka was away; that is the order's time and more.
    assert await apply_payment_results(harness.deps, [received]) == []
    assert (await harness.order(payment)).state is OrderStatus.PAID
    assert (await harness.payment(payment)).paid_at == received.event.time
    assert await harness.refunds(payment) == []


async def test_receivers_on_file_are_as_they_were_taken(harness: Harness) -> None:
    """What a release before let apps name is not refused where it is read."""
    receiver = {"account": "190001", "amount": 300, "description": "物业"}
    other = await harness.opened(request(merchant_order_no="W2"))
    payment = await harness.opened(request(split=[receiver]))
    odd = [{"account": "19\u200b01\n", "amount": 300, "description": " "}]
    await harness.rows(
        "update payments set split = $2 where payment_no = $1", payment.payment_no, odd
    )
    query = ListQuery(app_id=APP, merchant_ids=[MERCHANT])
    assert len((await list_payments(harness.deps, query)).items) == 2

    harness.pass_time(20)
    asked = await harness.attend()
    assert {each.payment.payment_no for each in asked} == {payment.payment_no, other.payment_no}
    await harness.apply(paid(payment), paid(other))
    assert [await harness.state(each) for each in (payment, other)] == 2 * [PaymentStatus.SUCCEEDED]

    (sent,) = await harness.attend()
    assert sent.split is not None
    assert [each.model_dump() for each in sent.split.receivers] == odd


def _with_big(known: Record, odd: dict[str, Any]) -> Record:
    """orjson writes no number of more than 64 bits."""
    event = json.loads(known.value)
    event["data"].update(odd)
    return replace(known, value=json.dumps(event).encode())
