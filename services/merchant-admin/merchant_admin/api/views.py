"""What is answered. Never a credential; a secret of ours only in the answer that makes it."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from contracts.events.configuration import (
    CallbackAck,
    CallbackSignature,
    KeyAlgorithm,
    LatePayment,
    RefundSplits,
    State,
)
from contracts.webhooks import public_key
from merchant_admin.domain.entities import App, ChannelAccount, Key, Merchant
from merchant_admin.domain.four_eyes import FourEyes
from merchant_admin.domain.keys import find_validity
from merchant_admin.domain.users import Role, User
from merchant_admin.flows.apps import ShownApp
from merchant_admin.flows.counter_codes import ShownCode
from merchant_admin.flows.keys import ShownKey
from merchant_admin.store.audit import NumberedEntry


class SessionView(BaseModel):
    access_token: str
    expires_at: datetime


class UserView(BaseModel):
    """`is_from_environment`: the one that the service itself was told of, whom nobody changes.
    `merchant_ids`: whose data they see; null for all. `invited`: has set no password yet."""

    username: str
    role: Role
    merchant_ids: list[str] | None
    is_from_environment: bool
    invited: bool
    disabled: bool
    disabled_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, user: User) -> "UserView":
        return cls(
            username=user.username,
            role=user.role,
            merchant_ids=user.scope.parameter,
            is_from_environment=user.is_from_environment,
            invited=user.password_hash is None,
            disabled=user.disabled_at is not None,
            disabled_at=user.disabled_at,
            created_at=user.created_at,
            updated_at=user.updated_at,
        )


class ReceivedView(BaseModel):
    """How often and how much was paid, in minor units."""

    payments: int
    amount: int


class CounterCodeView(BaseModel):
    """`url`: what the printed code says. Amounts in minor units. `received_today`: as far as what
    people search knows, since the Beijing day began."""

    code_id: str
    url: str
    merchant_id: str
    app_id: str
    name: str
    min_amount: int
    max_amount: int
    daily_limit: int
    amounts: list[int]
    state: State
    received_today: ReceivedView
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, shown: ShownCode) -> "CounterCodeView":
        beside = {
            "url": shown.url,
            "amounts": list(shown.code.amounts),
            "received_today": ReceivedView(**asdict(shown.received)),
        }
        names = cls.model_fields.keys() - beside.keys()
        return cls(**{name: getattr(shown.code, name) for name in names}, **beside)


class MerchantView(BaseModel):
    """`has_alert_route`: its own people hear of alerts; where, is write-only. `display_name`,
    `colour` and the logo: how it looks to payers. `four_eyes`: what waits for a second person."""

    merchant_id: str
    name: str
    has_alert_route: bool
    display_name: str | None
    colour: str | None
    has_logo: bool
    four_eyes: FourEyes
    state: State
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, merchant: Merchant) -> "MerchantView":
        return cls(
            merchant_id=merchant.merchant_id,
            name=merchant.name,
            has_alert_route=merchant.alert_route_sealed is not None,
            display_name=merchant.display_name,
            colour=merchant.colour,
            has_logo=merchant.logo is not None,
            four_eyes=merchant.four_eyes,
            state=merchant.state,
            created_at=merchant.created_at,
            updated_at=merchant.updated_at,
        )


class ChannelAccountView(BaseModel):
    """`identity`: whose account it is, by the fields of the credentials that never change; null
    where that was never noted. `earlier_credentials`: how many from before are still believed.
    `display_name`: what payers call it; null: the channel's own name."""

    payment_id: str
    merchant_id: str
    channel: str
    name: str
    identity: dict[str, str] | None
    display_name: str | None
    state: State
    credentials_changed_at: datetime
    earlier_credentials: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, account: ChannelAccount) -> "ChannelAccountView":
        return cls(
            payment_id=account.account_id,
            merchant_id=account.merchant_id,
            channel=account.channel,
            name=account.name,
            identity=None if account.identity is None else dict(account.identity),
            display_name=account.display_name,
            state=account.state,
            credentials_changed_at=account.credentials_changed_at,
            earlier_credentials=len(account.earlier_credentials_sealed),
            created_at=account.created_at,
            updated_at=account.updated_at,
        )


class AppView(BaseModel):
    """`old_secret_until`: while a rotation lasts, when the older callback secret is dropped.
    `callback_client_certificate_until`: when the client certificate expires, where there is one.
    Whoever has some merchants only sees `notify_url` without what stands behind its `?`, and no
    values of `callback_headers`."""

    app_id: str
    name: str
    merchant_ids: list[str]
    notify_url: str | None
    callback_ack: CallbackAck
    reinitiate_after_s: int
    late_payment: LatePayment
    ip_allowlist: list[str]
    callback_ordered: bool
    callback_headers: dict[str, str]
    callback_signature: CallbackSignature
    refund_splits: RefundSplits
    callback_client_certificate_until: datetime | None
    old_secret_until: datetime | None
    state: State
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, app: App) -> "AppView":
        return cls(**_app_fields(app))


class ShownAppView(AppView):
    """`webhook_secret` is there where it is new, and never again; with it the key that verifies the
    v1a signatures."""

    webhook_secret: str | None
    webhook_public_key: str | None

    @classmethod
    def shown(cls, shown: ShownApp) -> "ShownAppView":
        secret = shown.webhook_secret
        return cls(
            **_app_fields(shown.app),
            webhook_secret=secret,
            webhook_public_key=public_key(secret) if secret else None,
        )


class KeyView(BaseModel):
    """`valid_from` and `valid_until` of a certificate: it opens the API only between them."""

    key_id: str
    app_id: str
    alg: KeyAlgorithm
    public_key_pem: str | None
    valid_from: datetime | None
    valid_until: datetime | None
    state: State
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, key: Key) -> "KeyView":
        valid_from, valid_until = find_validity(key.public_key_pem) or (None, None)
        return cls(
            key_id=key.key_id,
            app_id=key.app_id,
            alg=key.alg,
            public_key_pem=key.public_key_pem,
            valid_from=valid_from,
            valid_until=valid_until,
            state=key.state,
            created_at=key.created_at,
            updated_at=key.updated_at,
        )


class ShownKeyView(KeyView):
    """`secret` is there for HMAC-SHA256, and never again."""

    secret: str | None

    @classmethod
    def shown(cls, shown: ShownKey) -> "ShownKeyView":
        return cls(**KeyView.of(shown.key).model_dump(), secret=shown.secret)


class AuditView(BaseModel):
    at: datetime
    actor: str
    action: str
    entity_kind: str
    entity_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    ip: str
    request_id: str

    @classmethod
    def of(cls, numbered: NumberedEntry) -> "AuditView":
        entry = numbered.entry
        return cls(
            at=entry.at,
            actor=entry.actor.username,
            action=entry.action,
            entity_kind=entry.entity_kind,
            entity_id=entry.entity_id,
            before=entry.before,
            after=entry.after,
            ip=entry.actor.ip,
            request_id=entry.actor.request_id,
        )


def _app_fields(app: App) -> dict[str, Any]:
    certificate = app.client_certificate
    return {
        "app_id": app.app_id,
        "name": app.terms.name,
        "merchant_ids": list(app.terms.merchant_ids),
        "notify_url": app.terms.notify_url,
        "callback_ack": app.terms.callback_ack,
        "reinitiate_after_s": app.terms.reinitiate_after_s,
        "late_payment": app.terms.late_payment,
        "ip_allowlist": list(app.terms.ip_allowlist),
        "callback_ordered": app.terms.callback_ordered,
        "callback_headers": dict(app.terms.callback_headers),
        "callback_signature": app.terms.callback_signature,
        "refund_splits": app.terms.refund_splits,
        "callback_client_certificate_until": certificate and certificate.expires_at,
        "old_secret_until": app.overlap_ends_at,
        "state": app.state,
        "created_at": app.created_at,
        "updated_at": app.updated_at,
    }
