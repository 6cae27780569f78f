"""The ledger (账本) as trade-core shows it to people: balances, what was booked of a number."""

from datetime import datetime

from contracts.internal.message import Message


class LedgerBalance(Message):
    """What one account of the ledger holds; a positive amount is a debit."""

    merchant_id: str
    payment_id: str
    currency: str
    purpose: str
    amount: int


class LedgerBalances(Message):
    """By merchant, channel account, currency and purpose; `next_cursor` is null at the end."""

    items: list[LedgerBalance]
    next_cursor: str | None


class LedgerPosting(Message):
    purpose: str
    amount: int


class LedgerEntry(Message):
    """One event of money; its postings sum to zero. `subject`: a payment, refund or split."""

    kind: str
    subject: str
    at: datetime
    merchant_id: str
    payment_id: str
    currency: str
    postings: list[LedgerPosting]


class LedgerEntries(Message):
    """All that was booked of one number, in that order."""

    items: list[LedgerEntry]
