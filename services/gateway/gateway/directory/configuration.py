"""The merchant configuration, applied record by record to the directory.

Secrets are opened and keys parsed here, once; nothing of it is written to a log.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_network
from typing import Any

import structlog
from prometheus_client import Counter
from pydantic import ValidationError

from chassis.consumer import Record
from contracts import sealing, signing
from contracts.events.alerts import Alert, Severity
from contracts.events.configuration import (
    AppEntity,
    ChannelAccountEntity,
    CounterCodeEntity,
    Entity,
    KeyAlgorithm,
    KeyEntity,
    LogoEntity,
    LogoFile,
    MerchantEntity,
    State,
    find_merchant_of_logo,
    logo_of,
    read_entity,
)
from foundation.expiry import end_of
from gateway.channels.plugin import Plugin
from gateway.directory import (
    App,
    ChannelAccount,
    CounterCode,
    Directory,
    Entry,
    Key,
    Logo,
    Merchant,
)
from gateway.directory.credentials import BadCredentials, ChannelUrls, open_account

log = structlog.get_logger()

APPLIED = Counter("paymesh_configuration_applied", "Entities taken over", ["kind"])
BROKEN = Counter("paymesh_configuration_broken", "Entities that could not be taken over", ["kind"])


_Listed = MerchantEntity | AppEntity | KeyEntity | ChannelAccountEntity | CounterCodeEntity


class Broken(Exception):
    """The entity cannot be used as it is; the message holds no secret."""


class Configuration:
    """Applies records in any order and any number of times: the highest version counts.

    What is broken is told and left out; a channel account that worked before goes on with the
    credentials that worked, so that its webhooks can still be read.
    """

    def __init__(
        self,
        directory: Directory,
        *,
        plugins: Mapping[str, Plugin[Any]],
        opener: sealing.Opener,
        channel_urls: ChannelUrls,
        tell: Callable[[Alert], None],
    ) -> None:
        self._directory = directory
        self._plugins = plugins
        self._opener = opener
        self._channel_urls = channel_urls
        self._tell = tell
        self._versions: dict[str, int] = {}
        self._logos: dict[str, Logo | None] = {}

    def apply(self, record: Record) -> None:
        """Take one record of the topic over; for `Broadcast`. Never raises."""
        if not record.value:
            self._remove(record.key or "")
            return
        try:
            entity = read_entity(record.value)
        except ValidationError as error:
            self._report("record", record.key or "", f"{error.error_count()} faults in the record")
            return
        if entity is None:
            log.info("configuration.of_another_kind", key=record.key)
            return
        entity_id = _id_of(entity)
        if entity.version <= self._versions.get(entity_id, -1):
            return
        self._versions[entity_id] = entity.version
        if isinstance(entity, KeyEntity) and entity.state is not State.ACTIVE:
            self._directory.remove(entity_id)
            return
        if isinstance(entity, LogoEntity):
            self._show(entity.merchant_id, entity.logo)
            return
        try:
            self._directory.put(self._entry(entity))
        except Broken as error:
            self._report(entity.kind, entity_id, str(error))
        else:
            APPLIED.labels(entity.kind).inc()

    def _remove(self, entity_id: str) -> None:
        merchant_id = find_merchant_of_logo(entity_id)
        if merchant_id is None:
            self._directory.remove(entity_id)
        else:
            self._show(merchant_id, None)

    def _show(self, merchant_id: str, file: LogoFile | None) -> None:
        """The merchant with this logo, also where it is told of later."""
        logo = self._logos[merchant_id] = Logo.of(file) if file else None
        known = self._directory.find_merchant(merchant_id)
        if known is not None:
            self._directory.put(replace(known, logo=logo))

    def _entry(self, entity: _Listed) -> Entry:
        is_active = entity.state is State.ACTIVE
        match entity:
            case MerchantEntity():
                logo = Logo.of(entity.logo) if entity.logo else self._logos.get(entity.merchant_id)
                return _merchant(entity, is_active, logo)
            case AppEntity():
                return _app(entity, is_active)
            case KeyEntity():
                return self._key(entity)
            case ChannelAccountEntity():
                return self._account(entity, is_active)
            case CounterCodeEntity():
                return _code(entity, is_active)

    def _key(self, entity: KeyEntity) -> Key:
        try:
            if entity.alg is KeyAlgorithm.HMAC_SHA256:
                secret = self._unseal(entity.secret_sealed, entity.key_id)
                verifier: signing.Verifier = signing.hmac_key(secret)
                valid = None
            else:
                pem = entity.public_key_pem or ""
                verifier, valid = signing.public_key(entity.alg, pem), signing.validity(pem)
        except (sealing.CannotOpen, signing.BadKey) as error:
            self._directory.remove(entity.key_id)
            raise Broken(str(error)) from None
        key = Key(entity.key_id, entity.app_id, entity.alg, verifier)
        if valid is None:
            return key
        return replace(key, valid=(valid[0].timestamp(), valid[1].timestamp()))

    def _account(self, entity: ChannelAccountEntity, is_active: bool) -> ChannelAccount:
        plugin = self._plugins.get(entity.channel)
        if plugin is None:
            raise Broken(f"there is no channel {entity.channel!r}")
        try:
            credentials = self._credentials(entity.payment_id, entity.credentials_sealed)
            opened = self._opened(plugin, credentials)
        except Broken:
            self._keep_working(entity.payment_id, is_active)
            raise
        for sealed in entity.earlier_credentials_sealed:
            try:
                earlier = self._opened(plugin, self._credentials(entity.payment_id, sealed))
            except Broken as error:
                self._report("earlier credentials", entity.payment_id, str(error))
            else:
                opened = plugin.overlap(opened, earlier)
        return ChannelAccount(
            entity.payment_id,
            entity.merchant_id,
            is_active,
            plugin.of(opened),
            opened,
            version=entity.version,
            certificates=_certificates(credentials),
            display_name=entity.display_name,
        )

    def _credentials(self, account_id: str, sealed: str) -> dict[str, Any]:
        try:
            credentials: dict[str, Any] = json.loads(self._unseal(sealed, account_id))
        except (sealing.CannotOpen, json.JSONDecodeError) as error:
            # A JSON error quotes the text, which is secret.
            words = "not JSON" if isinstance(error, json.JSONDecodeError) else str(error)
            raise Broken(words) from None
        return credentials

    def _opened(self, plugin: Plugin[Any], credentials: Mapping[str, Any]) -> Any:
        try:
            return open_account(plugin, credentials, self._channel_urls, checked=True)
        except BadCredentials as error:
            raise Broken(str(error)) from None

    def _keep_working(self, account_id: str, is_active: bool) -> None:
        known = self._directory.find_account(account_id)
        if known is not None:
            self._directory.put(replace(known, is_active=is_active))

    def _unseal(self, sealed: str | None, entity_id: str) -> str:
        return self._opener.open(sealed or "", context=entity_id)

    def _report(self, kind: str, entity_id: str, reason: str) -> None:
        BROKEN.labels(kind).inc()
        log.error("configuration.broken", kind=kind, id=entity_id, reason=reason)
        self._tell(
            Alert(
                key=f"configuration:{entity_id}",
                severity=Severity.CRITICAL,
                title="A part of the configuration cannot be used",
                detail=f"{kind} {entity_id}: {reason}",
            )
        )


def _merchant(entity: MerchantEntity, is_active: bool, logo: Logo | None) -> Merchant:
    name = entity.display_name or entity.name
    return Merchant(entity.merchant_id, is_active, name, entity.colour, logo)


def _app(entity: AppEntity, is_active: bool) -> App:
    try:
        networks = tuple(ip_network(text, strict=False) for text in entity.ip_allowlist)
    except ValueError as error:
        # The app stays as it was: an unreadable allow-list must not become an empty one.
        raise Broken(str(error)) from None
    return App(
        app_id=entity.app_id,
        is_active=is_active,
        merchant_ids=frozenset(entity.merchant_ids),
        reinitiate_after_s=entity.reinitiate_after_s,
        ip_allowlist=networks,
    )


def _code(entity: CounterCodeEntity, is_active: bool) -> CounterCode:
    return CounterCode(
        code_id=entity.code_id,
        merchant_id=entity.merchant_id,
        app_id=entity.app_id,
        is_active=is_active,
        name=entity.name,
        min_amount=entity.min_amount,
        max_amount=entity.max_amount,
        daily_limit=entity.daily_limit,
        amounts=tuple(entity.amounts),
    )


def _certificates(credentials: Mapping[str, object]) -> dict[str, datetime]:
    """When each certificate among the credentials ends, by its field."""
    texts = {name: value for name, value in credentials.items() if isinstance(value, str)}
    ends = {name: end_of(text) for name, text in texts.items()}
    return {name: end for name, end in ends.items() if end is not None}


def _id_of(entity: Entity) -> str:
    match entity:
        case MerchantEntity():
            return entity.merchant_id
        case LogoEntity():
            return logo_of(entity.merchant_id)
        case AppEntity():
            return entity.app_id
        case KeyEntity():
            return entity.key_id
        case ChannelAccountEntity():
            return entity.payment_id
        case CounterCodeEntity():
            return entity.code_id
