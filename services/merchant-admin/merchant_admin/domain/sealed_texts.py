"""The sealed texts of what is configured: which there are, and others in their place."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, assert_never

from merchant_admin.domain.entities import App, ChannelAccount, Key, Merchant, SecretHolder


def sealed_texts(item: SecretHolder) -> list[str]:
    """All that it holds; each sealed with the id of the entity as its context."""
    match item:
        case Merchant():
            texts = [item.alert_route_sealed]
        case ChannelAccount():
            texts = [item.credentials_sealed, *item.earlier_credentials_sealed]
        case App():
            certificate = item.client_certificate
            texts = [*item.webhook_secrets_sealed, certificate.sealed if certificate else None]
        case Key():
            texts = [item.secret_sealed]
        case _:
            assert_never(item)
    return [text for text in texts if text is not None]


def texts_of_import(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Those of the channel accounts in the rows of an import that was checked."""
    return [row["account"]["sealed"] for row in rows if row["account"] is not None]


def with_texts(item: SecretHolder, anew: Mapping[str, str]) -> SecretHolder:
    """The same with the texts that stand for those that it holds; what is not named stays."""
    match item:
        case Merchant():
            return replace(item, alert_route_sealed=_anew(item.alert_route_sealed, anew))
        case ChannelAccount():
            return replace(
                item,
                credentials_sealed=anew.get(item.credentials_sealed, item.credentials_sealed),
                earlier_credentials_sealed=_all_anew(item.earlier_credentials_sealed, anew),
            )
        case App():
            certificate = item.client_certificate
            return replace(
                item,
                webhook_secrets_sealed=_all_anew(item.webhook_secrets_sealed, anew),
                client_certificate=certificate
                and replace(certificate, sealed=anew.get(certificate.sealed, certificate.sealed)),
            )
        case Key():
            return replace(item, secret_sealed=_anew(item.secret_sealed, anew))
        case _:
            assert_never(item)


def _anew(text: str | None, anew: Mapping[str, str]) -> str | None:
    return text and anew.get(text, text)


def _all_anew(texts: tuple[str, ...], anew: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(anew.get(text, text) for text in texts)
