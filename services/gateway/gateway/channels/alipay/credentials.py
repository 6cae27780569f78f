"""What a merchant enters to register its Alipay app, and the account opened from it.

Source: opendocs.alipay.com/common/057k53 (certificates), 02kipl (keys)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Final, Literal

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.x509 import Certificate
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from gateway.channels import rsa
from gateway.channels.alipay import limits
from gateway.channels.alipay.certificates import root_serial_name, serial_name
from gateway.channels.certificate_chains import is_trusted
from gateway.channels.faults import Fault
from gateway.channels.plugin import Address, are_checked

OWN_URL: Final = "https://openapi.alipay.com/gateway.do"
OWN_URLS: Final = frozenset({OWN_URL, "https://openapi-sandbox.dl.alipaydev.com/gateway.do"})

JsapiProduct = Literal["JSAPI_PAY", "FACE_TO_FACE_PAYMENT"]

AppId = Annotated[str, Field(pattern=r"^[0-9]{8,32}$")]


class Credentials(BaseModel):
    """Either Alipay's public key (key mode), or the three certificates (certificate mode)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    gateway_url: Address = OWN_URL
    app_id: AppId
    app_private_key_pem: SecretStr
    app_cert_pem: str | None = None
    alipay_root_cert_pem: Annotated[str | None, Field(validate_default=True)] = None
    alipay_cert_pem: Annotated[str | None, Field(validate_default=True)] = None
    alipay_public_key_pem: Annotated[str | None, Field(validate_default=True)] = None
    app_auth_token: SecretStr | None = None
    """Where a service provider's app acts for the merchant (第三方应用授权)."""
    seller_id: Annotated[
        Annotated[str, Field(pattern=r"^2088[0-9]{12}$")] | None, Field(validate_default=True)
    ] = None
    """The account that is paid; notifications for another one are refused."""
    op_app_id: AppId | None = None
    """The mini program that calls the payment, where it is not `app_id` itself."""
    native_product_code: Literal["FACE_TO_FACE_PAYMENT", "QR_CODE_OFFLINE"] = "FACE_TO_FACE_PAYMENT"
    """QR codes by contract: 当面付, or 订单码."""
    oauth_scope: Literal["auth_base"] | None = None
    """What the app may ask of its payers (用户授权), with the address of our hosted page registered
    there (授权回调地址): then that page can be paid inside Alipay."""
    jsapi_product_code: JsapiProduct = "JSAPI_PAY"
    """What a page inside Alipay is paid as: 小程序支付, which Alipay takes for mini programs only
    (`app_id`, or `op_app_id`), or 当面付 where the page is of a web app (网页应用)."""
    quit_url: Address = "https://www.alipay.com"
    """Where the payer lands who leaves the h5 cashier of a payment without `return_url`."""

    @field_validator("app_private_key_pem")
    @classmethod
    def _require_private_key(cls, pem: SecretStr, info: ValidationInfo) -> SecretStr:
        rsa.private_key(pem.get_secret_value(), checked=are_checked(info))
        return pem

    @field_validator("app_cert_pem")
    @classmethod
    def _certifies_the_app_key(cls, pem: str | None, info: ValidationInfo) -> str | None:
        if pem is None:
            return None
        key, own = rsa.certified_key(rsa.certificates(pem)[0]), info.data.get("app_private_key_pem")
        if own and key != _public_half(own):
            raise Fault("与应用私钥不是一对", "does not certify app_private_key_pem")
        return pem

    @field_validator("alipay_root_cert_pem")
    @classmethod
    def _goes_with_the_app_certificate(cls, pem: str | None, info: ValidationInfo) -> str | None:
        _check_together(pem, "app_cert_pem", info)
        if pem is not None and not root_serial_name(rsa.certificates(pem)):
            raise Fault("其中没有 RSA 根证书", "holds no RSA root certificate")
        return pem

    @field_validator("alipay_cert_pem")
    @classmethod
    def _leads_to_the_root(cls, pem: str | None, info: ValidationInfo) -> str | None:
        _check_together(pem, "app_cert_pem", info)
        if pem is None:
            return None
        chain, roots = rsa.certificates(pem), info.data.get("alipay_root_cert_pem")
        rsa.certified_key(chain[0])
        if roots and not is_trusted(chain, rsa.certificates(roots)):
            raise Fault("不是由所填的支付宝根证书签发的", "was not issued by alipay_root_cert_pem")
        return pem

    @field_validator("alipay_public_key_pem")
    @classmethod
    def _require_alipays_key(cls, pem: str | None, info: ValidationInfo) -> str | None:
        if pem is None:
            if info.data.get("app_cert_pem", "unreadable") is None:
                raise Fault(
                    "必填：不用证书模式时需要支付宝公钥",
                    "is needed where the certificates are absent",
                )
            return None
        if info.data.get("app_cert_pem"):
            raise Fault("不能与证书同时使用", "cannot be used together with certificates")
        key, own = rsa.public_key(pem), info.data.get("app_private_key_pem")
        if own and key == _public_half(own):
            raise Fault(
                "这是应用自己的公钥；需要的是支付宝公钥",
                "is the app's own key; Alipay's public key (支付宝公钥) is needed",
            )
        return pem

    @field_validator("seller_id")
    @classmethod
    def _require_distinct(cls, seller_id: str | None, info: ValidationInfo) -> str | None:
        """Accounts that were registered before this was asked for go on as they are."""
        if seller_id is None and info.data.get("app_auth_token") and not are_checked(info):
            raise Fault(
                "必填：第三方应用代多个商户收款，须以此区分",
                "is needed with app_auth_token: the app acts for other merchants too",
            )
        return seller_id

    @field_validator("quit_url")
    @classmethod
    def _require_short_enough(cls, url: str, info: ValidationInfo) -> str:
        most = limits.QUIT_URL_CHARACTERS
        if len(url) > most and not are_checked(info):
            raise Fault(f"最长 {most} 个字符", f"has more than {most} characters")
        return url


@dataclass(frozen=True, slots=True)
class Account:
    """Credentials with their keys parsed.

    `alipay_keys`: Alipay's keys by the serial names of their certificates, in key mode the one
    under "" (and earlier ones under names of our own). In key mode there are no serial names and
    no roots.
    """

    gateway_url: str
    app_id: str
    private_key: RSAPrivateKey = field(repr=False)
    alipay_keys: Mapping[str, RSAPublicKey] = field(repr=False)
    app_cert_sn: str | None
    alipay_cert_sn: str | None
    alipay_root_cert_sn: str | None
    alipay_roots: tuple[Certificate, ...]
    seller_id: str | None
    app_auth_token: str | None = field(repr=False)
    op_app_id: str
    native_product_code: str
    jsapi_product_code: JsapiProduct
    quit_url: str
    may_login: bool = False


def open_account(credentials: BaseModel) -> Account:
    """Parse the keys once, for as long as the account is used."""
    if not isinstance(credentials, Credentials):
        raise TypeError(f"not the credentials of Alipay: {type(credentials)}")
    token = credentials.app_auth_token
    app, alipay, root = (
        rsa.certificates(pem) if pem else []
        for pem in (
            credentials.app_cert_pem,
            credentials.alipay_cert_pem,
            credentials.alipay_root_cert_pem,
        )
    )
    alipay_sn = serial_name(alipay[0]) if alipay else None
    return Account(
        gateway_url=credentials.gateway_url,
        app_id=credentials.app_id,
        private_key=rsa.private_key(
            credentials.app_private_key_pem.get_secret_value(), checked=True
        ),
        alipay_keys={
            alipay_sn or "": rsa.certified_key(alipay[0])
            if alipay
            else rsa.public_key(credentials.alipay_public_key_pem or "")
        },
        app_cert_sn=serial_name(app[0]) if app else None,
        alipay_cert_sn=alipay_sn,
        alipay_root_cert_sn=root_serial_name(root) if root else None,
        alipay_roots=tuple(root),
        seller_id=credentials.seller_id,
        app_auth_token=token.get_secret_value() if token else None,
        op_app_id=credentials.op_app_id or credentials.app_id,
        native_product_code=credentials.native_product_code,
        jsapi_product_code=credentials.jsapi_product_code,
        quit_url=credentials.quit_url,
        may_login=credentials.oauth_scope is not None,
    )


def overlap(account: Account, earlier: Account) -> Account:
    """The account, which also believes what is signed under the keys of an earlier one."""
    keys = dict(account.alipay_keys)
    for name, key in earlier.alipay_keys.items():
        keys[name if name and name not in keys else f"earlier-{len(keys)}"] = key
    return replace(account, alipay_keys=keys)


def _check_together(pem: str | None, other: str, info: ValidationInfo) -> None:
    if other in info.data and (pem is None) != (info.data[other] is None):
        raise Fault("证书模式的三张证书须一起填写", f"goes together with {other}")


def _public_half(private_pem: SecretStr) -> RSAPublicKey:
    return rsa.private_key(private_pem.get_secret_value(), checked=True).public_key()
