"""A WeChat Pay account: a merchant's own, or that of a merchant for whom a provider acts (服务商).

A provider signs with its own key and names itself (`sp_`) and the merchant (`sub_`) in each call;
paths differ, everything else is the same.

Source: pay.weixin.qq.com/doc/v3/partner/4012738519
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


@dataclass(frozen=True, slots=True)
class Account:
    """Credentials with their keys parsed, and whose orders they make.

    `platform_keys`: WeChat Pay's keys by their serial as `plain_serial` writes it (several under
    one where a wrong key was replaced); `platform_serial` names the one that we ask WeChat Pay to
    use. Certificates among them are renewed in use (`operations/certificates.py`); then
    `certificate_ends` tells, by serial, when they end.
    `notification_keys`: our APIv3 keys, under any of which WeChat Pay may have sealed something.
    """

    base_url: str
    mchid: str
    appid: str
    sub_mchid: str | None
    sub_appid: str | None
    merchant_serial_no: str
    store_id: str
    profit_sharing: bool
    platform_keys: Mapping[str, tuple[RSAPublicKey, ...]] = field(repr=False)
    platform_serial: str
    private_key: RSAPrivateKey = field(repr=False)
    notification_keys: tuple[AESGCM, ...] = field(repr=False)
    app_secret: str | None = field(default=None, repr=False)
    certificate_ends: Mapping[str, datetime] = field(default_factory=dict)

    def path(self, tail: str) -> str:
        """The path of an order call, such as `native` or `out-trade-no/…`."""
        kind = "partner/transactions" if self.sub_mchid else "transactions"
        return f"/v3/pay/{kind}/{tail}"

    def names(self) -> dict[str, str]:
        """Everybody, with their apps: as orders and their notifications name them."""
        if not self.sub_mchid:
            return {"appid": self.appid, "mchid": self.mchid}
        app = {"sub_appid": self.sub_appid} if self.sub_appid else {}
        return {"sp_appid": self.appid, **self.merchants(), **app}

    def merchants(self) -> dict[str, str]:
        """Without the apps: as questions and refund notifications name them."""
        if not self.sub_mchid:
            return {"mchid": self.mchid}
        return {"sp_mchid": self.mchid, "sub_mchid": self.sub_mchid}

    def sub_merchant(self) -> dict[str, str]:
        """Only the merchant behind a provider; refunds know the provider by the signature."""
        return {"sub_mchid": self.sub_mchid} if self.sub_mchid else {}

    def splitter(self) -> dict[str, str]:
        """Who divides an order; the apps, because receivers may be known under them."""
        app = {"sub_appid": self.sub_appid} if self.sub_appid else {}
        return {"appid": self.appid, **self.sub_merchant(), **app}

    def receiver_type(self, receiver: str) -> str:
        """A merchant by its number, a person by the openid under the app that calls payments."""
        if is_merchant_number(receiver):
            return "MERCHANT_ID"
        return "PERSONAL_SUB_OPENID" if self.sub_appid else "PERSONAL_OPENID"

    def payer(self, openid: str | None) -> dict[str, str | None]:
        """The payer under the app that calls the payment: the merchant's, where it has one."""
        if not self.sub_mchid:
            return {"openid": openid}
        return {"sub_openid" if self.sub_appid else "sp_openid": openid}

    def calling_app(self) -> str:
        """The app in which the payment is called."""
        return self.sub_appid or self.appid

    def is_named(self, content: Mapping[str, Any]) -> bool:
        """Whether nobody else is named; refunds name no apps, their answers nobody."""
        own = self.names()
        return all(content.get(name, value) == value for name, value in own.items())

    def is_for(self, content: Mapping[str, Any]) -> bool:
        """Whether exactly these merchants are named."""
        own = self.merchants()
        return all(content.get(name) == value for name, value in own.items())


def is_merchant_number(receiver: str) -> bool:
    return receiver.isascii() and receiver.isdecimal()


def plain_serial(serial: str) -> str:
    """Serial numbers are written with and without leading zeros, in either case."""
    return serial.upper().lstrip("0")


def is_public_key_id(serial: str) -> bool:
    """Whether this names WeChat Pay's public key, and not one of its certificates."""
    return serial.startswith("PUB_KEY_ID_")
