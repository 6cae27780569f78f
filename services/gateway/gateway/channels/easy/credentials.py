"""What a merchant enters to register its account at 易生, and the account opened from it.

Source: apifox.com/apidoc/docs-site/2466304 (云易收), s.apifox.cn/9758ecc8 (易企通 2.0)
"""

from dataclasses import dataclass, field, replace
from typing import Annotated, Final, Literal

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from gateway.channels import rsa
from gateway.channels.faults import Fault
from gateway.channels.plugin import Address, are_checked

REFUND_URLS: Final = {
    "https://platform.eycard.cn": "https://platform.eycard.cn:6111",
    "https://mtest.eycard.cn": "https://t-wapi.bhecard.com:6111",
}
"""易生's own addresses of 云易收, in production and for tests: of the cashier, and of refunds."""

DIRECT_URLS: Final = frozenset(
    {"https://phoenix.eycard.cn/yqt", "https://d-phoenix-gap.easypay.com.cn:24443/yqt"}
)
"""Those of 易企通 2.0."""

Product = Literal["cloud_cashier", "direct"]
SignScope = Literal["bizData", "envelope+bizData"]
Requester = Literal["merchant", "institution"]
CodeWallet = Literal["alipay", "wechat", "unionpay"]
NotifyAck = Literal["json", "ok", "return_code"]


class Credentials(BaseModel):
    """The address is given with the contract, so it has no default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    product: Product = "cloud_cashier"
    """What the merchant has signed for: 云易收 (易生's cashier) or 易企通 2.0 (our own page)."""
    base_url: Address
    refund_base_url: Annotated[Address | Literal[""], Field(validate_default=True)] = ""
    """Where refunds are asked for; known for 易生's own addresses, else the same host."""
    org_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{8,15}$")]
    mer_code: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,15}$")]
    term_no: Annotated[
        Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,15}$")] | None, Field(validate_default=True)
    ] = None
    org_private_key_pem: SecretStr
    easypay_public_key_pem: str
    mini_program_appid: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,32}$")] | None = None
    official_account_appid: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,32}$")] | None = None
    """Whose openids `jsapi` is told, where 易生 does not know it."""
    prod_code: Annotated[str, Field(pattern=r"^[0-9A-Z]{1,16}$")] = "ISYH"
    sign_scope: SignScope = "bizData"
    """What a signature covers; the documents do not say it in so many words."""
    timeout_unit: Literal["seconds", "minutes"] = "seconds"
    """Of `timeoutMinutes`: the documents name minutes, their example is seconds."""
    notify_ack: NotifyAck = "json"
    """How 云易收 is told that a notification arrived: its documents do not say, and 易生's other
    products want one or the other."""
    requester: Requester = "institution"
    """Whom `reqHeader` names: 易企通 2.0 knows merchants that ask for themselves."""
    certificate_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,64}$")] | None = None
    """Of the institution's key, where 易生 has several."""
    code_wallet: CodeWallet = "alipay"
    """Whose code `native` shows: 易企通 2.0 makes one for one wallet."""

    @field_validator("refund_base_url")
    @classmethod
    def _follows_base_url(cls, url: str, info: ValidationInfo) -> str:
        base_url = str(info.data.get("base_url", "")).rstrip("/")
        return url or REFUND_URLS.get(base_url, base_url)

    @field_validator("term_no")
    @classmethod
    def _belongs_to_the_cashier(cls, term_no: str | None, info: ValidationInfo) -> str | None:
        product = info.data.get("product")
        if product == "cloud_cashier" and term_no is None:
            raise Fault("必填：云易收按终端受理", "is needed: the cashier knows terminals")
        if product == "direct" and term_no is not None:
            raise Fault(
                "易企通 2.0 没有终端号，请留空", "stays empty: the direct API has no terminals"
            )
        return term_no

    @field_validator("org_private_key_pem")
    @classmethod
    def _require_private_key(cls, pem: SecretStr, info: ValidationInfo) -> SecretStr:
        rsa.private_key(pem.get_secret_value(), checked=are_checked(info))
        return pem

    @field_validator("easypay_public_key_pem")
    @classmethod
    def _require_easypays_key(cls, pem: str, info: ValidationInfo) -> str:
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

    product: Product
    base_url: str
    refund_base_url: str
    org_id: str
    mer_code: str
    term_no: str
    private_key: RSAPrivateKey = field(repr=False)
    easypay_keys: tuple[RSAPublicKey, ...] = field(repr=False)
    mini_program_appid: str
    official_account_appid: str
    prod_code: str
    sign_scope: SignScope
    is_timeout_in_minutes: bool
    notify_ack: NotifyAck
    requester: Requester
    certificate_id: str
    code_wallet: CodeWallet


def open_account(credentials: BaseModel) -> Account:
    """Parse the keys once, for as long as the account is used."""
    if not isinstance(credentials, Credentials):
        raise TypeError(f"not the credentials of easy: {type(credentials)}")
    return Account(
        product=credentials.product,
        base_url=credentials.base_url.rstrip("/"),
        refund_base_url=credentials.refund_base_url.rstrip("/"),
        org_id=credentials.org_id,
        mer_code=credentials.mer_code,
        term_no=credentials.term_no or "",
        private_key=rsa.private_key(
            credentials.org_private_key_pem.get_secret_value(), checked=True
        ),
        easypay_keys=(rsa.public_key(credentials.easypay_public_key_pem),),
        mini_program_appid=credentials.mini_program_appid or "",
        official_account_appid=credentials.official_account_appid or "",
        prod_code=credentials.prod_code,
        sign_scope=credentials.sign_scope,
        is_timeout_in_minutes=credentials.timeout_unit == "minutes",
        notify_ack=credentials.notify_ack,
        requester=credentials.requester,
        certificate_id=credentials.certificate_id or "",
        code_wallet=credentials.code_wallet,
    )


def overlap(account: Account, earlier: Account) -> Account:
    """The account, which also believes what is signed under the key of an earlier one."""
    return replace(account, easypay_keys=account.easypay_keys + earlier.easypay_keys)
