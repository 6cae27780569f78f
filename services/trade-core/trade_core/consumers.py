"""From Kafka: what channels said, and what must be known of apps and channel accounts."""

from collections.abc import Sequence
from typing import Final

from chassis.consumer import DeadRecord, Record
from contracts import topics
from contracts.events.configuration import (
    AppEntity,
    ChannelAccountEntity,
    LatePayment,
    RefundSplits,
    read_entity,
)
from trade_core.flows import dead_letters
from trade_core.flows.apply_results import AnyReceived, decode
from trade_core.flows.deps import Deps
from trade_core.flows.take_results import apply_batch

RESULT_TOPICS: Final = (topics.PAYMENT_RESULTS, topics.REFUND_RESULTS)


class Results:
    """Both topics of results, read by one member of the group."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def decode(self, record: Record) -> AnyReceived:
        return decode(self._deps, record)

    async def apply(self, batch: Sequence[AnyReceived]) -> None:
        await apply_batch(self._deps, batch)

    async def dead_letter(self, records: Sequence[DeadRecord]) -> None:
        await dead_letters.keep(self._deps, records)


class AppPolicies:
    """What this service must know of the apps, in memory."""

    def __init__(self) -> None:
        self._apps: dict[str, AppEntity] = {}

    def handle(self, record: Record) -> None:
        """Take an app's newest state; raises ValueError for a record that cannot be read."""
        if not record.value:
            return
        entity = read_entity(record.value)
        if not isinstance(entity, AppEntity):
            return
        known = self._apps.get(entity.app_id)
        if known is None or known.version <= entity.version:
            self._apps[entity.app_id] = entity

    def late_payment(self, app_id: str) -> LatePayment:
        """What the app wants of money that comes after the end; of unknown apps: accepted."""
        app = self._apps.get(app_id)
        return LatePayment.ACCEPT if app is None else app.late_payment

    def refund_splits(self, app_id: str) -> RefundSplits:
        """Whose money a refund of split money is; of unknown apps: the receivers'."""
        app = self._apps.get(app_id)
        return RefundSplits.RETURN if app is None else app.refund_splits


class ChannelAccounts:
    """Whose statements are to be compared, in memory. `changes` rises with each change."""

    def __init__(self) -> None:
        self.changes = 0
        self._accounts: dict[str, ChannelAccountEntity] = {}

    def handle(self, record: Record) -> None:
        """Take an account's newest state; raises ValueError for a record that cannot be read."""
        if not record.value:
            return
        entity = read_entity(record.value)
        if not isinstance(entity, ChannelAccountEntity):
            return
        known = self._accounts.get(entity.payment_id)
        if known is None or known.version <= entity.version:
            self._accounts[entity.payment_id] = entity
            self.changes += 1

    def list_all(self) -> list[ChannelAccountEntity]:
        """Also disabled ones: what was moved before has its statement."""
        return list(self._accounts.values())
