"""A comparison finds every corruption that was sown into a day, and nothing else."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import pytest
from tests.builders.trade_core import ACCOUNT, NOON, OTHER_ACCOUNT, request
from tests.integration.trade_core.harness import Harness
from tests.integration.trade_core.statement_channel import (
    ANSWERED_S,
    FOREIGN,
    TODAY,
    account,
    asked,
    bring,
    compared_again,
    next_morning,
)

from contracts.identifiers import new_id
from contracts.internal import StatementRow

PAYMENTS = 120
PAGE = 37
SEEDS = range(6)

Key = tuple[str, str, str]


@dataclass
class CorruptedBooks:
    """The books, the statement, and what a comparison must find."""

    chance: Random
    payments: list[dict[str, object]] = field(default_factory=list)
    refunds: list[dict[str, object]] = field(default_factory=list)
    statement: list[StatementRow] = field(default_factory=list)
    sown: set[Key] = field(default_factory=set)
    by_hand: set[str] = field(default_factory=set)
    """Payments of which a part went back at the channel alone: booked (money-moved-outside), and
    no difference any more."""

    def sow(self) -> None:
        ways = [
            self.agrees, self.agrees, self.is_refunded, self.is_refunded, self.is_refunded,
            self.is_not_booked, self.is_lost, self.differs, self.is_strange, self.is_foreign,
            self.is_elsewhere, self.is_unpaid, self.was_reversed, self.is_refunded_by_hand,
            self.is_lost_and_refunded_by_hand,
        ]  # fmt: skip
        for _ in range(PAYMENTS):
            self.chance.choice(ways)()
        self.chance.shuffle(self.statement)

    def agrees(self) -> str:
        number = self.book("succeeded")
        self.say(number, self.payments[-1]["amount"])
        return number

    def is_not_booked(self) -> None:
        state = self.chance.choice(["initiating", "pending", "unknown", "closed", "failed"])
        number = self.book(state)
        self.say(number, self.payments[-1]["amount"])
        self.sown.add(("not_booked", "payment", number))

    def is_lost(self) -> None:
        self.sown.add(("not_billed", "payment", self.book("succeeded")))

    def differs(self) -> None:
        number = self.book("succeeded")
        self.say(number, int(str(self.payments[-1]["amount"])) + self.chance.choice([-1, 1, 100]))
        self.sown.add(("amount", "payment", number))

    def is_strange(self) -> None:
        number = new_id("payment")
        self.say(number, 100)
        self.sown.add(("unknown_number", "payment", number))

    def is_foreign(self) -> None:
        self.statement.append(FOREIGN)

    def is_elsewhere(self) -> None:
        number = self.book("succeeded", payment_id=OTHER_ACCOUNT)
        self.say(number, self.payments[-1]["amount"])

    def is_unpaid(self) -> None:
        self.book(self.chance.choice(["pending", "closed"]))

    def was_reversed(self) -> None:
        number = self.book("closed")
        amount = int(str(self.payments[-1]["amount"]))
        self.say(number, amount)
        self.say(number, -amount, kind="refund", refund_no=f"{number}-REVERSED")

    def is_refunded_by_hand(self) -> None:
        number = self.agrees()
        self.say(number, -1, kind="refund", refund_no="BY-HAND")
        self.by_hand.add(number)

    def is_lost_and_refunded_by_hand(self) -> None:
        """The row of such a refund bears the payment's number, and is not the payment's."""
        number = self.book("succeeded")
        self.say(number, -1, kind="refund", refund_no="BY-HAND")
        self.by_hand.add(number)
        self.sown.add(("not_billed", "payment", number))

    def is_refunded(self) -> None:
        payment = self.agrees()
        number, amount = new_id("refund"), self.chance.randint(1, 99)
        fate = self.chance.choice(
            ["agrees", "under way", "lost", "failed there", "differs", "not booked", "failed here"]
        )
        state = {"not booked": "processing", "under way": "processing", "failed here": "failed"}
        self.refunds.append(
            {"refund_no": number, "payment_no": payment, "amount": amount,
             "state": state.get(fate, "succeeded")}
        )  # fmt: skip
        billed = amount + 1 if fate == "differs" else amount
        status = {"under way": "under_way", "failed there": "failed"}.get(fate, "done")
        if fate != "lost":
            self.say(payment, -billed, kind="refund", refund_no=number, status=status)
        kind = {
            "lost": "not_billed", "failed there": "not_billed", "differs": "amount",
            "not booked": "not_booked", "failed here": "not_booked",
        }.get(fate)  # fmt: skip
        if kind:
            self.sown.add((kind, "refund", number))

    def book(self, state: str, payment_id: str = ACCOUNT) -> str:
        number = new_id("payment")
        self.payments.append(
            {"payment_no": number, "payment_id": payment_id, "state": state, "settles": False,
             "channel_trade_no": None,
             "amount": self.chance.randint(100, 100_000),
             "paid_at": NOON.isoformat() if state == "succeeded" else None}
        )  # fmt: skip
        return number

    def say(self, payment_no: str, amount: object, **more: object) -> None:
        row = FOREIGN.model_copy(update={"payment_no": payment_no, "amount": amount, **more})
        self.statement.append(row)


BOOK = """
with model as (select p as a_payment from payments p where settles limit 1)
insert into payments select (jsonb_populate_record(a_payment, given)).*
from model, jsonb_array_elements($1) given
"""
BOOK_REFUNDS = """
insert into refunds (refund_no, order_id, payment_no, app_id, merchant_id, merchant_refund_no,
    cause, state, amount, currency, created_at, refunded_at)
select g.refund_no, p.order_id, p.payment_no, 'A1', 'M1', g.refund_no, 'requested', g.state,
    g.amount, 'CNY', $2::timestamptz, case g.state when 'succeeded' then $2::timestamptz end
from jsonb_to_recordset($1) as g (refund_no text, payment_no text, amount bigint, state text)
join payments p using (payment_no)
"""
NOTE = """
insert into movement (subject, payment_id, day, booked_at, begun_at, amount, currency)
select payment_no, payment_id, $1::date, $2::timestamptz, $2::timestamptz, amount, 'CNY'
from payments where state = 'succeeded' and not settles
union all
select r.refund_no, p.payment_id, $1::date, $2, $2, -r.amount, 'CNY'
from refunds r join payments p using (payment_no) where r.state = 'succeeded'
"""


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_corruption_is_found_and_nothing_else(harness: Harness, seed: int) -> None:
    books = CorruptedBooks(Random(seed))
    books.sow()
    harness.now = NOON - timedelta(days=30)
    await harness.paid(request(merchant_order_no="MODEL"))
    harness.now = NOON
    async with harness.db.transaction() as tx:
        await tx.execute(BOOK, books.payments)
        await tx.execute(BOOK_REFUNDS, books.refunds, NOON)
        await tx.execute(NOTE, TODAY, NOON)
    await next_morning(harness, account())
    fetch = await asked(harness)
    pages = list(range(0, len(books.statement), PAGE))
    books.chance.shuffle(pages)
    for first in pages:
        page = books.statement[first : first + PAGE]
        await bring(harness, fetch, page, first=first, total=len(books.statement))
    for state in ("comparing", "differs"):
        found = await compared_again(harness, fetch.statement_no)
        assert await differences(harness) == books.sown
        assert found.state == state
        harness.pass_time(ANSWERED_S)
    assert found.open_differences == len(books.sown)
    outside = await harness.rows("select payment_no, amount from refunds where cause = 'external'")
    assert {(row["payment_no"], row["amount"]) for row in outside} == {
        (number, 1) for number in books.by_hand
    }
    # What an amount differs by is in the statement too, and booked in nobody's account.
    assert found.rows == len(books.statement)


async def differences(harness: Harness) -> set[Key]:
    rows = await harness.rows("select kind, about, subject from difference")
    return {(row["kind"], row["about"], row["subject"]) for row in rows}
