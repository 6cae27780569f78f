"""A merchant at UnionPay: its number, its key with a certificate, and UnionPay's own chain."""

import secrets
from dataclasses import dataclass
from functools import cached_property, partial

from cryptography import x509

from sandbox.accounts import AccountKind
from sandbox.keys import Key, issue, name, pem_of

CHANNEL = "unionpay"
SIGNER = "041@8310000000083040@中国银联股份有限公司@00016495"


@dataclass(frozen=True)
class UnionpayAccount:
    """One merId; keys are parsed once, here."""

    mer_id: str
    key: Key
    unionpay_key: Key
    cert_pem: str
    signer_cert_pem: str
    middle_cert_pem: str
    root_cert_pem: str

    @property
    def merchant(self) -> str:
        return self.mer_id

    @cached_property
    def cert_id(self) -> str:
        return str(x509.load_pem_x509_certificate(self.cert_pem.encode()).serial_number)


def _open() -> dict[str, str]:
    key, unionpay_key, middle_key, root_key = Key.new(), Key.new(), Key.new(), Key.new()
    mer_id = f"777{secrets.randbelow(10**12):012d}"
    root = name("CFCA ACS CA (Sandbox)", "CFCA", "China Financial Certification Authority")
    middle = name("CFCA ACS OCA31 (Sandbox)", "CFCA", "China Financial Certification Authority")
    by_middle = partial(issue, issuer=middle, issuer_key=middle_key.private)
    merchant_cert = by_middle(name(mer_id, "Merchant", "Sandbox"), key.public)
    signer = by_middle(name(SIGNER, "Local RA", "CFCA"), unionpay_key.public)
    middle_cert = issue(
        middle, middle_key.public, issuer=root, issuer_key=root_key.private, is_issuer=True
    )
    root_cert = issue(root, root_key.public, issuer=root, issuer_key=root_key.private)
    return {
        "mer_id": mer_id,
        "sign_private_key_pem": key.private_pem,
        "unionpay_private_key_pem": unionpay_key.private_pem,
        "sign_cert_pem": pem_of(merchant_cert),
        "signer_cert_pem": pem_of(signer),
        "unionpay_middle_cert_pem": pem_of(middle_cert),
        "unionpay_root_cert_pem": pem_of(root_cert),
    }


def _read(document: dict[str, str]) -> UnionpayAccount:
    return UnionpayAccount(
        mer_id=document["mer_id"],
        key=Key.load(document["sign_private_key_pem"]),
        unionpay_key=Key.load(document["unionpay_private_key_pem"]),
        cert_pem=document["sign_cert_pem"],
        signer_cert_pem=document["signer_cert_pem"],
        middle_cert_pem=document["unionpay_middle_cert_pem"],
        root_cert_pem=document["unionpay_root_cert_pem"],
    )


def _section(account: UnionpayAccount, base_url: str) -> dict[str, str]:
    return {
        "base_url": base_url,
        "file_url": f"{base_url}/unionpay-files",
        "mer_id": account.mer_id,
        "sign_private_key_pem": account.key.private_pem,
        "sign_cert_pem": account.cert_pem,
        "unionpay_root_cert_pem": account.root_cert_pem,
        "unionpay_middle_cert_pem": account.middle_cert_pem,
    }


KIND = AccountKind(CHANNEL, _open, _read, _section)
