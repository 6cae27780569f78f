"""What arrives by Kafka: order events, the apps' configuration, alerts."""

import ssl
from collections.abc import Callable, Sequence

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.consumer import Record
from contracts import sealing, webhooks
from contracts.api import Callback
from contracts.events.alerts import AlertRecord
from contracts.events.configuration import (
    AlertRoute,
    AppEntity,
    CallbackSignature,
    ClientCertificate,
    MerchantEntity,
    State,
    read_entity,
)
from contracts.events.orders import CALLBACK_TYPES, OrderEventRecord
from foundation.expiry import end_of
from notifier.domain.apps import App, AppBook
from notifier.domain.deliveries import NewDelivery
from notifier.domain.routes import RouteBook
from notifier.flows import alerts, deliveries
from notifier.flows.deps import Deps
from notifier.sending.certificates import client_tls

log = structlog.get_logger()

_MAY_BE_CALLBACKS = CALLBACK_TYPES | {""}  # Without the header, the event itself must be read.


class CallbackTooLarge(ValueError):
    pass


class OrderEvents:
    """Each event that apps are told of becomes a delivery; the others pass."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    @staticmethod
    def decode(record: Record) -> NewDelivery | None:
        """None for what no app is told of. Raises ValueError for what is no order event, and
        CallbackTooLarge."""
        if record.headers.get("ce_type", "") not in _MAY_BE_CALLBACKS:
            return None
        event = OrderEventRecord.model_validate_json(record.value)
        if event.type not in CALLBACK_TYPES:
            return None
        about = {"refund": event.data.refund, "split": event.data.split}
        subject = about.get(event.type.partition(".")[0], event.data.payment)
        if subject is None:
            raise ValueError(f"{event.type} without its subject")
        callback = Callback.model_validate(
            {"type": event.type, "timestamp": event.time, "data": subject}
        )
        body = callback.model_dump_json().encode()
        if len(body) > webhooks.MAX_BODY_BYTES:
            raise CallbackTooLarge(f"a callback of {len(body)} bytes")
        return NewDelivery(
            event_id=event.id,
            app_id=event.data.app_id,
            type=event.type,
            notify_url=event.data.notify_url,
            body=body,
            happened_at=event.time,
            order_key=event.data.order_id,
            traceparent=event.traceparent,
        )

    async def apply(self, batch: Sequence[NewDelivery | None]) -> None:
        if new := [one for one in batch if one is not None]:
            await deliveries.add(self._deps, new)


class Configuration:
    """Keeps the books of apps and of the merchants' alert routes as merchant-admin tells them.

    `trusting` makes the TLS contexts of apps that demand a client certificate.
    """

    def __init__(
        self,
        apps: AppBook,
        routes: RouteBook,
        opener: sealing.Opener,
        *,
        trusting: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        self._apps = apps
        self._routes = routes
        self._opener = opener
        self._trusting = trusting

    def handle(self, record: Record) -> None:
        if not record.value:
            return
        entity = read_entity(record.value)
        if isinstance(entity, AppEntity) and self._apps.is_news(entity.app_id, entity.version):
            self._apps.put(self._app(entity))
        if isinstance(entity, MerchantEntity):
            self._routes.put(entity.merchant_id, entity.version, self._route(entity))

    def _app(self, entity: AppEntity) -> App:
        keys = self._open(entity)
        headers = {
            name: value
            for name, value in entity.callback_headers.items()
            if webhooks.is_extra_header(name, value)
        }
        tls, ends_at = None, None
        try:
            if certificate := self._certificate(entity):
                tls = client_tls(certificate, self._trusting)
                ends_at = end_of(certificate.certificate_pem)
        except ValueError as error:
            # Without it the app's server would refuse us: its callbacks wait for a better one.
            log.warning("app.certificate_unusable", app_id=entity.app_id, reason=str(error))
            keys = ()
        return App(
            app_id=entity.app_id,
            version=entity.version,
            is_active=entity.state is State.ACTIVE,
            notify_url=entity.notify_url,
            ack=entity.callback_ack,
            keys=keys,
            signing_keys=_signing_keys(entity, keys),
            headers=headers,
            is_ordered=entity.callback_ordered,
            tls=tls,
            certificate_ends_at=ends_at,
        )

    def _route(self, entity: MerchantEntity) -> AlertRoute | None:
        sealed = entity.alert_route_sealed
        if sealed is None:
            return None
        try:
            opened = self._opener.open(sealed, context=entity.merchant_id)
            return AlertRoute.model_validate_json(opened)
        except ValueError as error:
            log.warning(
                "merchant.route_unusable", merchant_id=entity.merchant_id, reason=str(error)
            )
            return None

    def _certificate(self, entity: AppEntity) -> ClientCertificate | None:
        sealed = entity.callback_client_certificate_sealed
        if sealed is None:
            return None
        opened = self._opener.open(sealed, context=entity.app_id)
        return ClientCertificate.model_validate_json(opened)

    def _open(self, entity: AppEntity) -> tuple[bytes, ...]:
        keys = []
        for sealed in entity.webhook_secrets_sealed:
            try:
                secret = self._opener.open(sealed, context=entity.app_id)
                keys.append(webhooks.secret_bytes(secret))
            except ValueError as error:
                log.warning("app.secret_unusable", app_id=entity.app_id, reason=str(error))
        return tuple(keys)


def _signing_keys(entity: AppEntity, keys: Sequence[bytes]) -> tuple[Ed25519PrivateKey, ...]:
    if entity.callback_signature is CallbackSignature.V1:
        return ()
    return tuple(webhooks.signing_key(key) for key in keys)


class Alerts:
    """What people must hear of."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    @staticmethod
    def decode(record: Record) -> AlertRecord:
        return AlertRecord.model_validate_json(record.value)

    async def apply(self, batch: Sequence[AlertRecord]) -> None:
        await alerts.receive(self._deps, batch)
