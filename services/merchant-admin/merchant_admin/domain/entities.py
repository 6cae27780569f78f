"""The things that are configured, each a frozen value that knows its record for the bus."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from contracts.events.configuration import (
    AppEntity,
    CallbackAck,
    CallbackSignature,
    ChannelAccountEntity,
    CounterCodeEntity,
    KeyAlgorithm,
    KeyEntity,
    LatePayment,
    LogoFile,
    MerchantEntity,
    RefundSplits,
    State,
)
from merchant_admin.domain.four_eyes import NO_FOUR_EYES, FourEyes
from merchant_admin.domain.logos import Logo
from merchant_admin.domain.scope import Scope

SECRET_OVERLAP: Final = timedelta(hours=24)
"""After a rotation callbacks carry both signatures this long: time to deploy the new secret."""

HIDDEN: Final = "…"
"""In place of what is not shown."""

MAX_EARLIER_CREDENTIALS: Final = 2
"""Whoever changes credentials twice in a hurry still reads what came under the first."""


@dataclass(frozen=True, slots=True)
class Merchant:
    """A property company (商户). `alert_route_sealed`: by whom its own people hear of alerts.
    `four_eyes`: what waits for a second person; no other service hears of it.
    How it looks to payers: `display_name` instead of `name`, `colour` (`#rrggbb`), `logo`."""

    merchant_id: str
    name: str
    state: State
    version: int
    created_at: datetime
    updated_at: datetime
    alert_route_sealed: str | None = None
    display_name: str | None = None
    colour: str | None = None
    logo: Logo | None = None
    four_eyes: FourEyes = NO_FOUR_EYES

    def entity(self) -> MerchantEntity:
        return MerchantEntity(
            merchant_id=self.merchant_id,
            name=self.name,
            alert_route_sealed=self.alert_route_sealed,
            display_name=self.display_name,
            colour=self.colour,
            logo=self.logo and _file(self.logo),
            state=self.state,
            version=self.version,
        )


def _file(logo: Logo) -> LogoFile:
    return LogoFile(media_type=logo.media_type, content=base64.b64encode(logo.content).decode())


@dataclass(frozen=True, slots=True)
class ChannelAccount:
    """A merchant's account at a channel (支付标识); its credentials are sealed to the gateway.

    `identity`: by field of the credentials, whose account it is, which never changes
    (`one-identity`); None for one from before that was noted. `earlier_credentials_sealed`: the
    latest first, believed by the gateway until they are withdrawn. `display_name`: what payers
    call it, if not by the channel's name.
    """

    account_id: str
    merchant_id: str
    channel: str
    name: str
    credentials_sealed: str
    credentials_changed_at: datetime
    state: State
    version: int
    created_at: datetime
    updated_at: datetime
    identity: Mapping[str, str] | None = None
    earlier_credentials_sealed: tuple[str, ...] = ()
    display_name: str | None = None

    def with_new_credentials(
        self, sealed: str, identity: Mapping[str, str], at: datetime
    ) -> "ChannelAccount":
        """Those that there were go on being believed, for what is in flight ends under them."""
        earlier = (self.credentials_sealed, *self.earlier_credentials_sealed)
        return replace(
            self,
            identity=identity,
            credentials_sealed=sealed,
            credentials_changed_at=at,
            earlier_credentials_sealed=earlier[:MAX_EARLIER_CREDENTIALS],
        )

    def entity(self) -> ChannelAccountEntity:
        return ChannelAccountEntity(
            payment_id=self.account_id,
            merchant_id=self.merchant_id,
            channel=self.channel,
            name=self.name,
            credentials_sealed=self.credentials_sealed,
            earlier_credentials_sealed=list(self.earlier_credentials_sealed),
            display_name=self.display_name,
            state=self.state,
            version=self.version,
        )


@dataclass(frozen=True, slots=True)
class AppTerms:
    """What was agreed with an app (应用); everything of it can be changed later."""

    name: str
    merchant_ids: tuple[str, ...]
    notify_url: str | None
    callback_ack: CallbackAck
    reinitiate_after_s: int
    late_payment: LatePayment
    ip_allowlist: tuple[str, ...]
    callback_ordered: bool = False
    callback_headers: Mapping[str, str] = field(default_factory=dict)
    callback_signature: CallbackSignature = CallbackSignature.V1
    refund_splits: RefundSplits = RefundSplits.RETURN


@dataclass(frozen=True, slots=True)
class SealedCertificate:
    """A client certificate with its key, that the notifier shows to the app's server."""

    sealed: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class App:
    """A business system that calls the API. Its callback secrets are sealed to the notifier,
    newest first; `overlap_ends_at` is when the older one is dropped."""

    app_id: str
    terms: AppTerms
    webhook_secrets_sealed: tuple[str, ...]
    overlap_ends_at: datetime | None
    state: State
    version: int
    created_at: datetime
    updated_at: datetime
    client_certificate: SealedCertificate | None = None

    def entity(self) -> AppEntity:
        return AppEntity(
            app_id=self.app_id,
            name=self.terms.name,
            merchant_ids=list(self.terms.merchant_ids),
            notify_url=self.terms.notify_url,
            callback_ack=self.terms.callback_ack,
            reinitiate_after_s=self.terms.reinitiate_after_s,
            late_payment=self.terms.late_payment,
            ip_allowlist=list(self.terms.ip_allowlist),
            webhook_secrets_sealed=list(self.webhook_secrets_sealed),
            callback_ordered=self.terms.callback_ordered,
            callback_headers=dict(self.terms.callback_headers),
            callback_signature=self.terms.callback_signature,
            refund_splits=self.terms.refund_splits,
            callback_client_certificate_sealed=(
                self.client_certificate.sealed if self.client_certificate else None
            ),
            state=self.state,
            version=self.version,
        )

    def shown_to(self, scope: Scope) -> "App":
        """As whoever has this scope may see it: what its server knows the centre by is between the
        two."""
        if scope.is_all:
            return self
        url = self.terms.notify_url
        terms = replace(
            self.terms,
            notify_url=url and scope.shown_address(url),
            callback_headers=dict.fromkeys(self.terms.callback_headers, HIDDEN),
        )
        return replace(self, terms=terms)

    def with_new_secret(self, sealed: str, at: datetime) -> "App":
        """The newest signs first; the one before stays valid for the overlap."""
        return replace(
            self,
            webhook_secrets_sealed=(sealed, self.webhook_secrets_sealed[0]),
            overlap_ends_at=at + SECRET_OVERLAP,
        )

    def without_old_secret(self) -> "App":
        return replace(
            self, webhook_secrets_sealed=self.webhook_secrets_sealed[:1], overlap_ends_at=None
        )


@dataclass(frozen=True, slots=True)
class Key:
    """One whitelisted key of an app: a public key or certificate, or a secret sealed to the
    gateway. A deleted one is disabled for ever."""

    key_id: str
    app_id: str
    alg: KeyAlgorithm
    public_key_pem: str | None
    secret_sealed: str | None
    deleted_at: datetime | None
    state: State
    version: int
    created_at: datetime
    updated_at: datetime

    def entity(self) -> KeyEntity:
        return KeyEntity(
            key_id=self.key_id,
            app_id=self.app_id,
            alg=self.alg,
            public_key_pem=self.public_key_pem,
            secret_sealed=self.secret_sealed,
            state=self.state,
            version=self.version,
        )

    def deleted(self, at: datetime) -> "Key":
        return replace(self, state=State.DISABLED, deleted_at=at)


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Given(Generic[T]):
    """What a change names; None takes away what there was."""

    value: T | None


@dataclass(frozen=True, slots=True)
class Received:
    """What was paid at a counter code: how often, and how much in minor units."""

    payments: int
    amount: int


@dataclass(frozen=True, slots=True)
class CounterCode:
    """A fixed counter code (固定收款码): payers begin orders of the app there, within these
    amounts. `amounts`: one of these only, where there are any. `daily_limit`: of a Beijing day."""

    code_id: str
    merchant_id: str
    app_id: str
    name: str
    min_amount: int
    max_amount: int
    daily_limit: int
    amounts: tuple[int, ...]
    state: State
    version: int
    created_at: datetime
    updated_at: datetime

    def entity(self) -> CounterCodeEntity:
        return CounterCodeEntity(
            code_id=self.code_id,
            merchant_id=self.merchant_id,
            app_id=self.app_id,
            name=self.name,
            min_amount=self.min_amount,
            max_amount=self.max_amount,
            daily_limit=self.daily_limit,
            amounts=list(self.amounts),
            state=self.state,
            version=self.version,
        )


@dataclass(frozen=True, slots=True)
class ListedCode:
    """A counter code with what was paid there today."""

    code: CounterCode
    received: Received


SecretHolder = Merchant | ChannelAccount | App | Key
Configured = SecretHolder | CounterCode
ConfiguredT = TypeVar("ConfiguredT", Merchant, ChannelAccount, App, Key, CounterCode)


def advanced(was: ConfiguredT, wanted: ConfiguredT, at: datetime) -> ConfiguredT:
    """`wanted` as the version after `was`; `was` itself where nothing differs."""
    if wanted == was:
        return was
    return replace(wanted, version=was.version + 1, updated_at=at)
