"""An Alipay app: its key pair, Alipay's key pair for it, and the certificates of both."""

import hashlib
import secrets
from dataclasses import dataclass
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.accounts import AccountKind
from sandbox.keys import Key, issue, name, pem_of

CHANNEL = "alipay"
MINI_PROGRAM, WEB = "mini_program", "web"


@dataclass(frozen=True)
class AlipayAccount:
    """One app_id with its seller; keys are parsed once, here."""

    app_id: str
    seller_id: str
    key: Key
    alipay_key: Key
    app_cert_pem: str
    alipay_cert_pem: str
    alipay_root_cert_pem: str
    sort: str = ""
    """A mini program or a web app; the apps of before are both."""

    @property
    def merchant(self) -> str:
        return self.app_id

    @property
    def seller_email(self) -> str:
        return f"seller{self.seller_id[-6:]}@sandbox.example"

    @cached_property
    def app_cert_sn(self) -> str:
        return certificate_sn(x509.load_pem_x509_certificate(self.app_cert_pem.encode()))

    @cached_property
    def alipay_cert_sn(self) -> str:
        return certificate_sn(x509.load_pem_x509_certificate(self.alipay_cert_pem.encode()))

    @cached_property
    def alipay_root_cert_sn(self) -> str:
        return root_sn(self.alipay_root_cert_pem)


def certificate_sn(certificate: x509.Certificate) -> str:
    """Alipay's name of a certificate: MD5 of issuer and decimal serial number.

    Source: opendocs.alipay.com/common/057k53
    """
    text = f"{certificate.issuer.rfc4514_string()}{certificate.serial_number}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def root_sn(bundle_pem: str) -> str:
    """The names of the bundle's RSA roots, joined; roots of other algorithms are left out."""
    return "_".join(
        certificate_sn(certificate)
        for certificate in x509.load_pem_x509_certificates(bundle_pem.encode())
        if certificate.signature_algorithm_oid.dotted_string.startswith("1.2.840.113549.1.1")
    )


def _open() -> dict[str, str]:
    key, alipay_key, root_key = Key.new(), Key.new(), Key.new()
    app_id = f"90210{secrets.randbelow(10**11):011d}"
    root = name("Ant Financial Certification Authority R1 (Sandbox)", "Sandbox CA", "Ant Financial")
    app_cert = issue(
        name(app_id, "Sandbox App", "Paymesh Sandbox"),
        key.public,
        issuer=root,
        issuer_key=root_key.private,
    )
    alipay_cert = issue(
        name("支付宝(中国)网络技术有限公司 沙箱", "Alipay", "Sandbox"),
        alipay_key.public,
        issuer=root,
        issuer_key=root_key.private,
    )
    root_cert = issue(root, root_key.public, issuer=root, issuer_key=root_key.private)
    return {
        "app_id": app_id,
        "seller_id": f"2088{secrets.randbelow(10**12):012d}",
        "app_private_key_pem": key.private_pem,
        "alipay_private_key_pem": alipay_key.private_pem,
        "app_cert_pem": pem_of(app_cert),
        "alipay_cert_pem": pem_of(alipay_cert),
        # The blank line between the parts is how the real file separates them.
        "alipay_root_cert_pem": f"{_curve_root()}\n{pem_of(root_cert)}",
    }


def _curve_root() -> str:
    """A root that is not RSA, in the place of the SM2 root of the real bundle."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = name("Ant Financial Curve Root (Sandbox)", "Sandbox CA", "Ant Financial")
    return pem_of(issue(subject, key.public_key(), issuer=subject, issuer_key=key))


def _read(document: dict[str, str]) -> AlipayAccount:
    return AlipayAccount(
        app_id=document["app_id"],
        seller_id=document["seller_id"],
        key=Key.load(document["app_private_key_pem"]),
        alipay_key=Key.load(document["alipay_private_key_pem"]),
        app_cert_pem=document["app_cert_pem"],
        alipay_cert_pem=document["alipay_cert_pem"],
        alipay_root_cert_pem=document["alipay_root_cert_pem"],
        sort=document.get("sort", ""),
    )


def _section(account: AlipayAccount, base_url: str) -> dict[str, str]:
    return {
        "gateway_url": f"{base_url}/gateway.do",
        "app_id": account.app_id,
        "seller_id": account.seller_id,
        "app_private_key_pem": account.key.private_pem,
        "alipay_public_key_pem": account.alipay_key.public_pem,
        "oauth_scope": "auth_base",
    }


KIND = AccountKind(CHANNEL, _open, _read, _section, (MINI_PROGRAM, WEB))
