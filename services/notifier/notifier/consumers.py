"""What arrives by Kafka: order events to tell of, the apps' configuration, alerts."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis import outbox
from chassis.consumer import DeadRecord, Record, park_in
from contracts import sealing, webhooks
from contracts.api import Callback
from contracts.events.alerts import AlertRecord
from contracts.events.configuration import (
    AppEntity,
    CallbackSignature,
    ConfigurationRecord,
    State,
)
from contracts.events.orders import CALLBACK_TYPES, OrderEventRecord
from notifier.domain import troubles
from notifier.domain.apps import App, AppBook
from notifier.domain.deliveries import Told
from notifier.flows import alerts, deliveries
from notifier.flows.deps import Deps
from notifier.store import outgoing

log = structlog.get_logger()

_MAY_BE_TOLD = CALLBACK_TYPES | {""}  # Without the header, the event itself must be read.


class OrderEvents:
    """Each event that apps are told of becomes a delivery; the others pass."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    @staticmethod
    def decode(record: Record) -> Told | None:
        """None for what no app is told of. Raises ValueError for what is no order event."""
        if record.headers.get("ce_type", "") not in _MAY_BE_TOLD:
            return None
        event = OrderEventRecord.model_validate_json(record.value)
        if event.type not in CALLBACK_TYPES:
            return None
        subject = event.data.refund if event.type.startswith("refund.") else event.data.payment
        if subject is None:
            raise ValueError(f"{event.type} without its subject")
        callback = Callback.model_validate(
            {"type": event.type, "timestamp": event.time, "data": subject}
        )
        return Told(
            event_id=event.id,
            app_id=event.data.app_id,
            type=event.type,
            notify_url=event.data.notify_url,
            body=callback.model_dump_json().encode(),
            happened_at=event.time,
            order_key=event.data.order_id,
        )

    async def apply(self, batch: Sequence[Told | None]) -> None:
        if told := [one for one in batch if one is not None]:
            await deliveries.tell(self._deps, told)


class Configuration:
    """Keeps the book of apps as merchant-admin tells it."""

    def __init__(self, apps: AppBook, sealing_key: str) -> None:
        self._apps = apps
        self._sealing_key = sealing_key

    def handle(self, record: Record) -> None:
        if not record.value:
            return
        entity = ConfigurationRecord.model_validate_json(record.value).data.entity
        if isinstance(entity, AppEntity):
            self._apps.put(
                App(
                    app_id=entity.app_id,
                    version=entity.version,
                    is_active=entity.state is State.ACTIVE,
                    notify_url=entity.notify_url,
                    ack=entity.callback_ack,
                    keys=(keys := self._open(entity)),
                    signing_keys=_signing_keys(entity, keys),
                    headers={
                        name: value
                        for name, value in entity.callback_headers.items()
                        if webhooks.is_extra_header(name, value)
                    },
                    is_ordered=entity.callback_ordered,
                )
            )

    def _open(self, entity: AppEntity) -> tuple[bytes, ...]:
        keys = []
        for sealed in entity.webhook_secrets_sealed:
            try:
                secret = sealing.open_sealed(self._sealing_key, sealed, context=entity.app_id)
                keys.append(webhooks.secret_bytes(secret))
            except ValueError as error:
                log.warning("app.secret_unusable", app_id=entity.app_id, reason=str(error))
        return tuple(keys)


def _signing_keys(entity: AppEntity, keys: Sequence[bytes]) -> tuple[Ed25519PrivateKey, ...]:
    if entity.callback_signature is CallbackSignature.V1:
        return ()
    return tuple(webhooks.signing_key(key) for key in keys)


class Alerts:
    """Troubles that people must hear of."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    @staticmethod
    def decode(record: Record) -> AlertRecord:
        return AlertRecord.model_validate_json(record.value)

    async def apply(self, batch: Sequence[AlertRecord]) -> None:
        await alerts.receive(self._deps, batch)


def parking(deps: Deps) -> Callable[[Sequence[DeadRecord]], Awaitable[None]]:
    """Keeps what cannot be read or applied, with its bytes, and tells people."""

    async def park(records: Sequence[DeadRecord]) -> None:
        now = datetime.now(UTC)
        alerts = [troubles.parked(dead.record.topic, dead.error) for dead in records]
        async with deps.db.transaction() as tx:
            await park_in(tx, records)
            await outbox.put(tx, [outgoing.alert(alert, now) for alert in alerts])
        deps.wake_relay()

    return park
