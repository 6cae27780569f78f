"""The walk through the pure domain, shortly; `make simulate` walks on for two minutes."""

from unittest.mock import patch

import pytest
from tests.simulation.walk.search import walk

from contracts.api import PaymentStatus
from trade_core.domain import payment, refund_reservation
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.payment import Payment, PaymentFact
from trade_core.domain.refund import Refund

LIMIT_S = 4.0


def test_no_step_from_any_state_breaks_a_rule() -> None:
    walked = walk(limit_s=LIMIT_S)
    assert not walked.found
    assert walked.depth >= 1


def test_a_fault_in_the_table_is_found() -> None:
    wrong = {(PaymentStatus.SUCCEEDED, PaymentFact.DECLINED): PaymentStatus.FAILED}
    with patch.dict(payment.TRANSITIONS, wrong):
        assert "had succeeded" in "".join(walk(limit_s=10 * LIMIT_S, most_found=1).found)


def test_a_fault_in_a_rule_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def start_unreserved(aggregate: OrderAggregate, refund: Refund, paid: Payment) -> None:
        aggregate.add_refund(refund, paid)

    monkeypatch.setattr(refund_reservation, "_start", start_unreserved)
    assert "reserves" in "".join(walk(limit_s=10 * LIMIT_S, most_found=1).found)
