"""What a merchant enters to register its account at 易生, and the account opened from it.

Source: apifox.com/apidoc/docs-site/2466304
"""

from dataclasses import dataclass, field, replace
from typing import Annotated, Final, Literal

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from contracts.api import HttpUrl
from gateway.channels import rsa
from gateway.channels.faults import Fault
from gateway.channels.plugin import are_checked

REFUND_URLS: Final = {
    "https://platform.eycard.cn": "https://platform.eycard.cn:6111",
    "https://mtest.eycard.cn": "https://t-wapi.bhecard.com:6111",
}
"""易生's own addresses, in production and for tests: of the cashier, and of refunds."""

SignScope = Literal["bizData", "envelope+bizData"]


class Credentials(BaseModel):
    """The address is given with the contract, so it has no default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: HttpUrl
    refund_base_url: Annotated[HttpUrl | Literal[""], Field(validate_default=True)] = ""
    """Where refunds are asked for; known for 易生's own addresses, else the same host."""
    org_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{8,15}$")]
    mer_code: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,15}$")]
    term_no: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,15}$")]
    org_private_key_pem: SecretStr
    easypay_public_key_pem: str
    mini_program_appid: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,32}$")] | None = None
    prod_code: Annotated[str, Field(pattern=r"^[0-9A-Z]{1,16}$")] = "ISYH"
    sign_scope: SignScope = "bizData"
    """What a signature covers; the documents do not say it in so many words."""
    timeout_unit: Literal["seconds", "minutes"] = "seconds"
    """Of `timeoutMinutes`: the documents name minutes, their example is seconds."""

    @field_validator("refund_base_url")
    @classmethod
    def _follows_base_url(cls, url: str, info: ValidationInfo) -> str:
        base_url = str(info.data.get("base_url", "")).rstrip("/")
        return url or REFUND_URLS.get(base_url, base_url)

    @field_validator("org_private_key_pem")
    @classmethod
    def _is_private_key(cls, pem: SecretStr, info: ValidationInfo) -> SecretStr:
        rsa.private_key(pem.get_secret_value(), checked=are_checked(info))
        return pem

    @field_validator("easypay_public_key_pem")
    @classmethod
    def _is_easypays_key(cls, pem: str, info: ValidationInfo) -> str:
        key, own = rsa.public_key(pem), info.data.get("org_private_key_pem")
        if own and rsa.private_key(own.get_secret_value(), checked=True).public_key() == key:
            raise Fault(
                "这是机构自己的公钥；需要的是易生公钥",
                "is the institution's own key; EasyPay's public key is needed",
            )
        return pem


@dataclass(frozen=True, slots=True)
class Account:
    """Credentials with their keys parsed."""

    base_url: str
    refund_base_url: str
    org_id: str
    mer_code: str
    term_no: str
    private_key: RSAPrivateKey = field(repr=False)
    easypay_keys: tuple[RSAPublicKey, ...] = field(repr=False)
    mini_program_appid: str
    prod_code: str
    sign_scope: SignScope
    is_timeout_in_minutes: bool


def open_account(credentials: BaseModel) -> Account:
    """Parse the keys once, for as long as the account is used."""
    if not isinstance(credentials, Credentials):
        raise TypeError(f"not the credentials of easy: {type(credentials)}")
    return Account(
        base_url=credentials.base_url.rstrip("/"),
        refund_base_url=credentials.refund_base_url.rstrip("/"),
        org_id=credentials.org_id,
        mer_code=credentials.mer_code,
        term_no=credentials.term_no,
        private_key=rsa.private_key(
            credentials.org_private_key_pem.get_secret_value(), checked=True
        ),
        easypay_keys=(rsa.public_key(credentials.easypay_public_key_pem),),
        mini_program_appid=credentials.mini_program_appid or "",
        prod_code=credentials.prod_code,
        sign_scope=credentials.sign_scope,
        is_timeout_in_minutes=credentials.timeout_unit == "minutes",
    )


def overlap(account: Account, earlier: Account) -> Account:
    """The account, which also believes what is signed under the key of an earlier one."""
    return replace(account, easypay_keys=account.easypay_keys + earlier.easypay_keys)
