"""What a merchant enters to register its shop at Acme Pay, and how it is asked for that."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from contracts.api import HttpUrl
from contracts.words import Words
from gateway.channels.faults import Fault
from gateway.channels.plugin import CredentialForm, FormField

OWN_URL: Final = "https://api.acme.example"


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: HttpUrl = OWN_URL
    shop_id: Annotated[str, Field(pattern=r"^\d{8}$")]
    secret: SecretStr

    @field_validator("secret")
    @classmethod
    def _require_length(cls, secret: SecretStr) -> SecretStr:
        if not 32 <= len(secret.get_secret_value()) <= 64:
            raise Fault("应为 32 至 64 个字符", "has not 32 to 64 characters")
        return secret


FORM: Final = CredentialForm(
    fields=(
        FormField(
            "shop_id",
            Words("门店号", "Shop number"),
            Words("在 Acme 商户后台首页。", "On the first page of Acme's console."),
            shape=Words("8 位数字", "8 digits"),
        ),
        FormField(
            "secret",
            Words("密钥", "Secret"),
            Words("在 Acme 商户后台的“密钥”页。", "On the page of keys of Acme's console."),
            "secret",
        ),
        FormField(
            "base_url",
            Words("接口地址", "Address of the API"),
            Words("通常不改。", "Rarely another one."),
            shape=Words("https:// 开头的地址", "an address that begins with https://"),
            is_rare=True,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Account:
    """`secrets`: the first signs, all count."""

    base_url: str
    shop_id: str
    secrets: tuple[bytes, ...] = field(repr=False)


def open_account(credentials: BaseModel) -> Account:
    if not isinstance(credentials, Credentials):
        raise TypeError(f"not the credentials of acme: {type(credentials)}")
    secret = credentials.secret.get_secret_value().encode()
    return Account(credentials.base_url.rstrip("/"), credentials.shop_id, (secret,))


def overlap(account: Account, earlier: Account) -> Account:
    return replace(account, secrets=account.secrets + earlier.secrets)
