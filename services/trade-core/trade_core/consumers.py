"""From Kafka: what channels said, and how apps want late payments handled."""

from collections.abc import Sequence

from chassis.consumer import DeadRecord, Record
from contracts import topics
from contracts.events.configuration import AppEntity, ConfigurationRecord, LatePayment
from contracts.events.results import (
    PaymentResult,
    PaymentResultRecord,
    RefundResult,
    RefundResultRecord,
)
from trade_core.flows.apply_results import Heard, apply_payment_results, apply_refund_results
from trade_core.flows.deps import Deps
from trade_core.flows.park import park

RESULT_TOPICS = (topics.PAYMENT_RESULTS, topics.REFUND_RESULTS)


class Results:
    """Both topics of results, read by one member of the group."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def decode(self, record: Record) -> Heard[PaymentResult] | Heard[RefundResult]:
        if record.topic == topics.PAYMENT_RESULTS:
            return Heard(record, PaymentResultRecord.model_validate_json(record.value))
        return Heard(record, RefundResultRecord.model_validate_json(record.value))

    async def apply(self, batch: Sequence[Heard[PaymentResult] | Heard[RefundResult]]) -> None:
        payments: list[Heard[PaymentResult]] = []
        refunds: list[Heard[RefundResult]] = []
        for item in batch:
            match item.event.data:
                case PaymentResult():
                    payments.append(item)
                case RefundResult():
                    refunds.append(item)
        if payments:
            await apply_payment_results(self._deps, payments)
        if refunds:
            await apply_refund_results(self._deps, refunds)

    async def park(self, records: Sequence[DeadRecord]) -> None:
        await park(self._deps, records)


class AppPolicies:
    """What this service must know of the apps, in memory."""

    def __init__(self) -> None:
        self._apps: dict[str, AppEntity] = {}

    def handle(self, record: Record) -> None:
        """Take an app's newest state; raises ValueError for a record that cannot be read."""
        if not record.value:
            return
        entity = ConfigurationRecord.model_validate_json(record.value).data.entity
        if not isinstance(entity, AppEntity):
            return
        known = self._apps.get(entity.app_id)
        if known is None or known.version <= entity.version:
            self._apps[entity.app_id] = entity

    def late_payment(self, app_id: str) -> LatePayment:
        """What the app wants of money that comes after the end; of unknown apps: accepted."""
        app = self._apps.get(app_id)
        return LatePayment.ACCEPT if app is None else app.late_payment
