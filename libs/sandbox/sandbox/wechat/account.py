"""A WeChat Pay merchant: its key and certificate, its APIv3 key, WeChat's public key for it."""

import hashlib
import secrets
import string
from dataclasses import dataclass
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sandbox.accounts import AccountKind
from sandbox.keys import Key, issue, name, pem_of, serial_hex

CHANNEL = "wechat"
_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class WechatAccount:
    """One mchid; keys are parsed once, here."""

    mchid: str
    appid: str
    apiv3_key: str
    key: Key
    certificate_pem: str
    public_key_id: str
    platform_key: Key

    @property
    def merchant(self) -> str:
        return self.mchid

    @cached_property
    def serial_no(self) -> str:
        return serial_hex(x509.load_pem_x509_certificate(self.certificate_pem.encode()))

    @cached_property
    def app_secret(self) -> str:
        """Of the appid, as its owner sees it once."""
        return hashlib.sha256(f"AppSecret {self.apiv3_key}".encode()).hexdigest()[:32]

    @cached_property
    def aes(self) -> AESGCM:
        return AESGCM(self.apiv3_key.encode())


def _open() -> dict[str, str]:
    key, platform_key, authority = Key.new(), Key.new(), Key.new()
    mchid = f"19{secrets.randbelow(10**8):08d}"
    certificate = issue(
        name(mchid, "沙箱商户", "Paymesh Sandbox"),
        key.public,
        issuer=name("Tenpay.com Root CA (Sandbox)", "Tenpay.com CA Center", "Tenpay.com"),
        issuer_key=authority.private,
    )
    return {
        "mchid": mchid,
        "appid": f"wx{secrets.token_hex(8)}",
        "apiv3_key": "".join(secrets.choice(_LETTERS) for _ in range(32)),
        "private_key_pem": key.private_pem,
        "certificate_pem": pem_of(certificate),
        "public_key_id": f"PUB_KEY_ID_01{mchid}{secrets.randbelow(10**24):024d}",
        "platform_private_key_pem": platform_key.private_pem,
    }


def _read(document: dict[str, str]) -> WechatAccount:
    return WechatAccount(
        mchid=document["mchid"],
        appid=document["appid"],
        apiv3_key=document["apiv3_key"],
        key=Key.load(document["private_key_pem"]),
        certificate_pem=document["certificate_pem"],
        public_key_id=document["public_key_id"],
        platform_key=Key.load(document["platform_private_key_pem"]),
    )


def _section(account: WechatAccount, base_url: str) -> dict[str, str]:
    return {
        "base_url": base_url,
        "mchid": account.mchid,
        "appid": account.appid,
        "app_secret": account.app_secret,
        "apiv3_key": account.apiv3_key,
        "merchant_serial_no": account.serial_no,
        "merchant_private_key_pem": account.key.private_pem,
        "platform_public_key_id": account.public_key_id,
        "platform_public_key_pem": account.platform_key.public_pem,
    }


KIND = AccountKind(CHANNEL, _open, _read, _section)
