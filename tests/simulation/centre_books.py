"""The centre's books as they stand at the end, read past all of its code but the row mapping."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.simulation.bus import Bus
from tests.simulation.postgres import Server

from contracts import topics
from contracts.api import SplitStatus
from contracts.events.alerts import Alert, AlertRecord
from contracts.events.configuration import LatePayment, RefundSplits
from contracts.events.orders import OrderEventRecord
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Refund
from trade_core.domain.split import Split
from trade_core.store.rows import order_of, payment_of, refund_of, split_of


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`account` is the speaker's; `replayed_at` None: it is not applied."""

    key: str | None
    account: str | None
    error: str
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Books:
    """`postings`: per ledger entry (kind, subject) its amounts by purpose and currency.
    `differences`: the state of each that people still see, by account, kind and subject.
    `published`: what Kafka holds of order events, each key in its order."""

    orders: dict[str, Order]
    payments: dict[str, Payment]
    refunds: dict[str, Refund]
    splits: dict[str, Split]
    refund_splits: RefundSplits
    postings: dict[tuple[str, str], dict[tuple[str, str], int]]
    due: frozenset[str]
    late: LatePayment
    differences: dict[tuple[str, str, str], str]
    dead: list[DeadLetter]
    unpublishable: int
    alerts: list[Alert]
    published: list[OrderEventRecord]

    def numbers(self) -> set[str]:
        return self.payments.keys() | self.refunds.keys() | self.splits.keys()

    def payments_of(self, order: Order) -> list[Payment]:
        return [each for each in self.payments.values() if each.order_id == order.order_id]

    def refunds_of(self, payment: Payment) -> list[Refund]:
        return [each for each in self.refunds.values() if each.payment_no == payment.payment_no]

    def splits_under_way(self, payment: Payment) -> list[Split]:
        splits = (each for each in self.splits.values() if each.payment_no == payment.payment_no)
        return [each for each in splits if each.state is SplitStatus.PROCESSING]

    def has_alert(self, number: str, kind: str = "") -> bool:
        """Whether people heard of this number, or this kind of trouble with it."""
        end = f"{kind}:{number}"
        return any(alert.key.endswith(end) for alert in self.alerts)

    def has_alert_naming(self, account: str, payment_no: str) -> bool:
        """Whether people heard that this account speaks of this payment."""
        named = {"payment_id": account, "payment_no": payment_no}
        return any(named.items() <= dict(alert.facts).items() for alert in self.alerts)


def read(server: Server, bus: Bus, refund_splits: RefundSplits, late: LatePayment) -> Books:
    orders = map(order_of, server.observe("select * from orders order by order_id"))
    payments = map(payment_of, server.observe("select * from payments order by payment_no"))
    refunds = map(refund_of, server.observe("select * from refunds order by refund_no"))
    shares: dict[str, list[Any]] = defaultdict(list)
    for row in server.observe("select * from split_shares order by split_no, position"):
        shares[row["split_no"]].append(row)
    splits = [
        split_of(row, shares[row["split_no"]])
        for row in server.observe("select * from splits order by split_no")
    ]
    (dead,) = server.observe("select count(*) as count from event_dead")
    return Books(
        orders={order.order_id: order for order in orders},
        payments={payment.payment_no: payment for payment in payments},
        refunds={refund.refund_no: refund for refund in refunds},
        splits={split.split_no: split for split in splits},
        refund_splits=refund_splits,
        postings=_postings(server.observe(_POSTINGS)),
        due=frozenset(row["subject"] for row in server.observe("select subject from due_work")),
        late=late,
        differences={
            (row["payment_id"], row["kind"], row["subject"]): row["state"]
            for row in server.observe(_DIFFERENCES)
        },
        dead=[_dead_letter(row) for row in server.observe(_DEAD)],
        unpublishable=dead["count"],
        alerts=[
            AlertRecord.model_validate_json(record.value).data
            for record in bus.records(topics.ALERTS)
        ],
        published=[
            OrderEventRecord.model_validate_json(record.value)
            for record in bus.records(topics.ORDER_EVENTS)
        ],
    )


def _dead_letter(row: Any) -> DeadLetter:
    try:
        content = json.loads(row["value"])["data"]
    except ValueError:
        content = {}
    return DeadLetter(row["key"], content.get("payment_id"), row["error"], row["replayed_at"])


def _postings(rows: Iterable[Any]) -> dict[tuple[str, str], dict[tuple[str, str], int]]:
    postings: dict[tuple[str, str], dict[tuple[str, str], int]] = defaultdict(dict)
    for row in rows:
        amounts = postings[row["kind"], row["subject"]]
        amounts[row["purpose"], row["currency"]] = row["amount"]
    return dict(postings)


_POSTINGS = """
select kind, subject, purpose, currency, sum(amount)::bigint as amount
from ledger_transaction join ledger_posting on id = transaction_id
group by kind, subject, purpose, currency order by kind, subject, purpose, currency
"""

_DIFFERENCES = """
select payment_id, kind, subject, d.state from difference d join statement using (statement_no)
where d.state in ('asked', 'open')
"""

_DEAD = "select key, value, error, replayed_at from dead_event order by id"
