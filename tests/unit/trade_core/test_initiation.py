"""What the gateway answers of an initiation is what trade-core's table makes of its result."""

from typing import Any

import pytest
from tests.builders.trade_core import NOON, aggregate, fresh, payment_result

from contracts.events.configuration import LatePayment
from contracts.events.results import Source, Verdict, status_of_initiation
from trade_core.domain.apply_result import apply_payment_result

NAMED: list[dict[str, Any]] = [
    {},
    {"amount": 1299, "currency": "CNY"},
    {"amount": 1298, "currency": "CNY"},
    {"amount": 1299, "currency": "USD"},
    {"amount": 1299, "currency": "CNY", "amount_refunded": 1299},
    {"amount": 1299, "currency": "CNY", "amount_refunded": 1298},
    {"amount_refunded": 1299, "refunded": True},
    {"found": False},
    {"found": False, "amount": 1298},
    {"closed": True},
    {"closed": True, "found": False},
    {"closed": True, "refunded": True},
]


@pytest.mark.parametrize("more", NAMED, ids=str)
@pytest.mark.parametrize("verdict", Verdict)
def test_gateway_answers_the_state_that_trade_core_computes(
    verdict: Verdict, more: dict[str, Any]
) -> None:
    order, payment = fresh()
    opened = aggregate(order, payment)
    result = payment_result(payment, Source.INITIATION, verdict, **more)
    apply_payment_result(opened, result, said_at=NOON, late=LatePayment.ACCEPT)
    computed = opened.payments[payment.payment_no].state
    assert status_of_initiation(result, payment.amount, payment.currency) is computed
