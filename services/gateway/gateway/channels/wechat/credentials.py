"""What a merchant enters to register its WeChat Pay account, and the account opened from it.

Source: pay.weixin.qq.com/doc/v3/merchant/4013053249 (keys), 4013053053 (public key)
"""

from dataclasses import replace
from typing import Annotated, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from gateway.channels import rsa
from gateway.channels.faults import Fault
from gateway.channels.plugin import Address, are_checked
from gateway.channels.wechat.account import Account, plain_serial

OWN_URL: Final = "https://api.mch.weixin.qq.com"
SECOND_URL: Final = "https://api2.mch.weixin.qq.com"
SPARE_URLS: Final = {OWN_URL: SECOND_URL, SECOND_URL: OWN_URL}
"""Where the same is asked when the other cannot be reached."""

OWN_URLS: Final = frozenset(SPARE_URLS)


class Credentials(BaseModel):
    """Either WeChat Pay's public key (`platform_public_key_*`), which all new merchants have, or
    the older platform certificates; both while a merchant is being moved from one to the other."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: Address = OWN_URL
    mchid: Annotated[str, Field(pattern=r"^[0-9]{8,32}$")]
    appid: Annotated[str, Field(pattern=r"^wx[0-9A-Za-z]{6,30}$")]
    app_secret: Annotated[SecretStr | None, Field(min_length=16, max_length=64)] = None
    """Of the app that calls the payment (公众号 AppSecret): with it our hosted page can be paid
    inside WeChat."""
    apiv3_key: SecretStr
    merchant_serial_no: Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{8,64}$")]
    merchant_private_key_pem: SecretStr
    platform_certificate_pem: str | None = None
    platform_public_key_pem: Annotated[str | None, Field(validate_default=True)] = None
    platform_public_key_id: Annotated[
        str | None, Field(pattern=r"^PUB_KEY_ID_[0-9]{1,64}$", validate_default=True)
    ] = None
    sub_mchid: Annotated[str, Field(pattern=r"^[0-9]{8,32}$")] | None = None
    """The merchant for whom a provider acts (服务商); `mchid` and `appid` are the provider's."""
    sub_appid: Annotated[str, Field(pattern=r"^wx[0-9A-Za-z]{6,30}$")] | None = None
    """The merchant's own app, where payments are called in that and not in the provider's."""
    store_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,32}$")] = "1"
    """The shop that scans payment codes, as registered with WeChat Pay."""
    profit_sharing: bool = False
    """Every payment may be split (分账), also one that does not say so. Its money then stays frozen
    until it is split to the end, or for 30 days: so only where everything is split."""

    @field_validator("sub_appid")
    @classmethod
    def _belongs_to_a_sub_merchant(cls, appid: str | None, info: ValidationInfo) -> str | None:
        if appid is not None and info.data.get("sub_mchid", "unreadable") is None:
            raise Fault("须与子商户号一起填写", "goes together with sub_mchid")
        return appid

    @field_validator("apiv3_key")
    @classmethod
    def _require_32_bytes(cls, secret: SecretStr) -> SecretStr:
        if len(secret.get_secret_value().encode()) != 32:
            raise Fault("须正好 32 个字节", "must be exactly 32 bytes long")
        return secret

    @field_validator("merchant_private_key_pem")
    @classmethod
    def _require_private_key(cls, pem: SecretStr, info: ValidationInfo) -> SecretStr:
        rsa.private_key(pem.get_secret_value(), checked=are_checked(info))
        return pem

    @field_validator("platform_certificate_pem")
    @classmethod
    def _require_certificates(cls, pem: str | None) -> str | None:
        for certificate in rsa.certificates(pem) if pem is not None else ():
            rsa.certified_key(certificate)
        return pem

    @field_validator("platform_public_key_pem")
    @classmethod
    def _require_their_public_key(cls, pem: str | None, info: ValidationInfo) -> str | None:
        if pem is None:
            if info.data.get("platform_certificate_pem", "unreadable") is None:
                raise Fault(
                    "必填：没有平台证书时需要微信支付公钥",
                    "is needed where platform_certificate_pem is absent",
                )
            return None
        key, own = rsa.public_key(pem), info.data.get("merchant_private_key_pem")
        if own and rsa.private_key(own.get_secret_value(), checked=True).public_key() == key:
            raise Fault(
                "这是商户自己的公钥；需要的是微信支付公钥",
                "is the merchant's own key; WeChat Pay's public key is needed",
            )
        return pem

    @field_validator("platform_public_key_id")
    @classmethod
    def _goes_with_the_key(cls, key_id: str | None, info: ValidationInfo) -> str | None:
        if "platform_public_key_pem" not in info.data:
            return key_id
        if (key_id is None) != (info.data["platform_public_key_pem"] is None):
            raise Fault("须与微信支付公钥一起填写", "goes together with platform_public_key_pem")
        return key_id


def open_account(credentials: BaseModel) -> Account:
    """Parse the keys once, for as long as the account is used."""
    if not isinstance(credentials, Credentials):
        raise TypeError(f"not the credentials of WeChat Pay: {type(credentials)}")
    keys = _platform_keys(credentials)
    return Account(
        base_url=credentials.base_url.rstrip("/"),
        mchid=credentials.mchid,
        appid=credentials.appid,
        sub_mchid=credentials.sub_mchid,
        sub_appid=credentials.sub_appid,
        merchant_serial_no=credentials.merchant_serial_no,
        store_id=credentials.store_id,
        profit_sharing=credentials.profit_sharing,
        platform_keys={plain_serial(serial): (key,) for serial, key in keys.items()},
        platform_serial=next(iter(keys)),
        private_key=rsa.private_key(
            credentials.merchant_private_key_pem.get_secret_value(), checked=True
        ),
        notification_keys=(AESGCM(credentials.apiv3_key.get_secret_value().encode()),),
        app_secret=credentials.app_secret.get_secret_value() if credentials.app_secret else None,
    )


def overlap(account: Account, earlier: Account) -> Account:
    """The account, which also believes what is signed or sealed under an earlier one's keys."""
    keys = dict(account.platform_keys)
    for serial, known in earlier.platform_keys.items():
        keys[serial] = keys.get(serial, ()) + known
    return replace(
        account,
        platform_keys=keys,
        notification_keys=account.notification_keys + earlier.notification_keys,
    )


def _platform_keys(credentials: Credentials) -> dict[str, RSAPublicKey]:
    """The preferred one first: the public key, else the newest certificate."""
    keys: dict[str, RSAPublicKey] = {}
    if credentials.platform_public_key_id and credentials.platform_public_key_pem:
        keys[credentials.platform_public_key_id] = rsa.public_key(
            credentials.platform_public_key_pem
        )
    pem = credentials.platform_certificate_pem
    found = rsa.certificates(pem) if pem else []
    for certificate in sorted(found, key=lambda each: each.not_valid_before_utc, reverse=True):
        keys[f"{certificate.serial_number:040X}"] = rsa.certified_key(certificate)
    return keys
