"""Each event of money as postings that sum to zero."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.trade_core import NOON, cashier_request, fresh
from tests.unit.trade_core.test_due import refund

from contracts.money import MAX_AMOUNT
from trade_core.domain import ledger
from trade_core.domain.ledger import Entry, Kind, Posting, Purpose

REFUND_KINDS = [kind for kind in Kind if kind is not Kind.PAYMENT_CAPTURED]


@given(st.sampled_from(REFUND_KINDS), st.integers(1, MAX_AMOUNT))
def test_every_entry_sums_to_zero(kind: Kind, amount: int) -> None:
    _, payment = fresh(amount=amount)
    captured = ledger.of_payment(Kind.PAYMENT_CAPTURED, payment, merchant_id="M1", at=NOON)
    moved = ledger.of_refund(kind, refund(amount=amount), payment, at=NOON)
    for entry in (captured, moved):
        assert sum(posting.amount for posting in entry.postings) == 0
        assert {abs(posting.amount) for posting in entry.postings} == {amount}


def test_entry_that_does_not_balance_cannot_be_built() -> None:
    lopsided = (
        Posting(Purpose.CHANNEL_RECEIVABLE, 100),
        Posting(Purpose.MERCHANT_PAYABLE, -99),
    )
    with pytest.raises(ValueError, match="does not balance"):
        Entry(Kind.PAYMENT_CAPTURED, "P1", "M1", "C1", "CNY", lopsided, NOON)


def test_refund_that_succeeds_takes_the_money_off_the_channel() -> None:
    assert _balance(Kind.REFUND_STARTED, Kind.REFUND_SETTLED) == dict.fromkeys(Purpose, 0) | {
        Purpose.CHANNEL_RECEIVABLE: 1299 - 500,
        Purpose.MERCHANT_PAYABLE: -(1299 - 500),
    }


def test_refund_that_fails_leaves_the_books_as_they_were() -> None:
    assert _balance(Kind.REFUND_STARTED, Kind.REFUND_RELEASED) == dict.fromkeys(Purpose, 0) | {
        Purpose.CHANNEL_RECEIVABLE: 1299,
        Purpose.MERCHANT_PAYABLE: -1299,
    }


def test_nothing_is_booked_of_a_payment_at_no_account() -> None:
    _, payment = fresh(cashier_request())
    with pytest.raises(ValueError, match="no channel account"):
        ledger.of_payment(Kind.PAYMENT_CAPTURED, payment, merchant_id="M1", at=NOON)


def _balance(*kinds: Kind) -> dict[Purpose, int]:
    _, payment = fresh()
    entries = [ledger.of_payment(Kind.PAYMENT_CAPTURED, payment, merchant_id="M1", at=NOON)]
    entries += [ledger.of_refund(kind, refund(amount=500), payment, at=NOON) for kind in kinds]
    balance = dict.fromkeys(Purpose, 0)
    for entry in entries:
        for posting in entry.postings:
            balance[posting.purpose] += posting.amount
    return balance
