"""What a merchant enters to register its account at UnionPay, and the account opened from it.

UnionPay hands the merchant a `.pfx`; its key and its certificate are entered as PEM. What UnionPay
signs carries a certificate of its own, which must lead to the two that are entered here.

Source: open.unionpay.com (acpAPIId=901; 证书使用说明)
"""

from dataclasses import dataclass, field, replace
from typing import Annotated, Final, Literal

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509 import Certificate
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from gateway.channels import rsa
from gateway.channels.certificate_chains import is_trusted
from gateway.channels.faults import Fault
from gateway.channels.plugin import Address, are_checked

OWN_URL: Final = "https://gateway.95516.com"
TEST_URL: Final = "https://gateway.test.95516.com"
FILE_URLS: Final = {
    OWN_URL: "https://filedownload.95516.com",
    TEST_URL: "https://filedownload.test.95516.com",
}
"""UnionPay's own addresses, in production and for tests: of the gateway, and of statements."""


class Credentials(BaseModel):
    """One merchant number of UnionPay."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: Address = OWN_URL
    file_url: Annotated[Address | Literal[""], Field(validate_default=True)] = ""
    """Where statements are fetched; known for UnionPay's own addresses, else the same host."""
    mer_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{15}$")]
    sign_private_key_pem: SecretStr
    sign_cert_pem: str
    unionpay_root_cert_pem: str
    unionpay_middle_cert_pem: str

    @field_validator("file_url")
    @classmethod
    def _follows_base_url(cls, url: str, info: ValidationInfo) -> str:
        base_url = str(info.data.get("base_url", "")).rstrip("/")
        return url or FILE_URLS.get(base_url, base_url)

    @field_validator("sign_private_key_pem")
    @classmethod
    def _require_private_key(cls, pem: SecretStr, info: ValidationInfo) -> SecretStr:
        rsa.private_key(pem.get_secret_value(), checked=are_checked(info))
        return pem

    @field_validator("sign_cert_pem")
    @classmethod
    def _certifies_the_key(cls, pem: str, info: ValidationInfo) -> str:
        key, own = (
            rsa.certified_key(rsa.certificates(pem)[0]),
            info.data.get("sign_private_key_pem"),
        )
        if own and rsa.private_key(own.get_secret_value(), checked=True).public_key() != key:
            raise Fault("与商户私钥不是一对", "does not certify sign_private_key_pem")
        return pem

    @field_validator("unionpay_root_cert_pem")
    @classmethod
    def _require_certificate(cls, pem: str) -> str:
        rsa.certificates(pem)
        return pem

    @field_validator("unionpay_middle_cert_pem")
    @classmethod
    def _leads_to_the_root(cls, pem: str, info: ValidationInfo) -> str:
        middle, roots = rsa.certificates(pem), info.data.get("unionpay_root_cert_pem")
        if roots and not is_trusted(middle, rsa.certificates(roots)):
            raise Fault("不是由所填的银联根证书签发的", "was not issued by unionpay_root_cert_pem")
        return pem


@dataclass(frozen=True, slots=True)
class Anchor:
    """To what UnionPay's signing certificates lead: over the middle ones to the roots."""

    middle: tuple[Certificate, ...]
    roots: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """Credentials with their keys parsed. `cert_id`: the certificate's serial number, decimal."""

    base_url: str
    file_url: str
    mer_id: str
    private_key: RSAPrivateKey = field(repr=False)
    cert_id: str
    anchors: tuple[Anchor, ...] = field(repr=False)


def open_account(credentials: BaseModel) -> Account:
    """Parse the keys once, for as long as the account is used."""
    if not isinstance(credentials, Credentials):
        raise TypeError(f"not the credentials of unionpay: {type(credentials)}")
    return Account(
        base_url=credentials.base_url.rstrip("/"),
        file_url=credentials.file_url.rstrip("/"),
        mer_id=credentials.mer_id,
        private_key=rsa.private_key(
            credentials.sign_private_key_pem.get_secret_value(), checked=True
        ),
        cert_id=str(rsa.certificates(credentials.sign_cert_pem)[0].serial_number),
        anchors=(
            Anchor(
                tuple(rsa.certificates(credentials.unionpay_middle_cert_pem)),
                tuple(rsa.certificates(credentials.unionpay_root_cert_pem)),
            ),
        ),
    )


def overlap(account: Account, earlier: Account) -> Account:
    """The account, which also believes what leads to the certificates of an earlier one."""
    return replace(account, anchors=account.anchors + earlier.anchors)
