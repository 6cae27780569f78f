"""What the flows work with, built once in `main`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chassis.consumer import Record
from chassis.database import Database
from chassis.producer import Message
from chassis.replica import Reader
from contracts.events.configuration import LatePayment, RefundSplits
from trade_core.flows.wake_ups import OrderWakeUps


@dataclass(frozen=True, slots=True)
class Deps:
    """`send` publishes to Kafka and answers per message whether it was confirmed. `check_proof`
    raises Unproven for a record that the gateway did not write, `record_key_ids` name the keys by
    which it would be believed. `wake_relay` and
    `wake_due` are called after a commit, so that what it caused does not wait for a poll;
    `order_wake_ups` wakes callers who wait for an order. `reader`: where lists, events, statements
    and checks are read: at `replica`, or without one at `db`."""

    db: Database
    clock: Callable[[], datetime]
    late_payment: Callable[[str], LatePayment]
    refund_splits: Callable[[str], RefundSplits]
    send: Callable[[Sequence[Message]], Awaitable[Sequence[bool]]]
    check_proof: Callable[[Record], None]
    wake_relay: Callable[[], None]
    wake_due: Callable[[], None]
    replica: Database | None = None
    record_key_ids: list[str] = field(default_factory=list)
    order_wake_ups: OrderWakeUps = field(default_factory=OrderWakeUps)
    reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reader", Reader(self.db, self.replica))
