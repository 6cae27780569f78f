"""A merchant at 易生: institution, merchant and terminal numbers, one key pair on each side."""

import secrets
from dataclasses import dataclass

from sandbox.accounts import AccountKind
from sandbox.keys import Key

CHANNEL = "easy"


@dataclass(frozen=True)
class EasyAccount:
    """One orgMerCode; keys are parsed once, here."""

    org_id: str
    mer_code: str
    term_no: str
    key: Key
    easypay_key: Key

    @property
    def merchant(self) -> str:
        return self.mer_code


def _open() -> dict[str, str]:
    return {
        "org_id": f"ORG{secrets.randbelow(10**12):012d}",
        "mer_code": f"8{secrets.randbelow(10**14):014d}",
        "term_no": f"{secrets.randbelow(10**8):08d}",
        "org_private_key_pem": Key.new().private_pem,
        "easypay_private_key_pem": Key.new().private_pem,
    }


def _read(document: dict[str, str]) -> EasyAccount:
    return EasyAccount(
        org_id=document["org_id"],
        mer_code=document["mer_code"],
        term_no=document["term_no"],
        key=Key.load(document["org_private_key_pem"]),
        easypay_key=Key.load(document["easypay_private_key_pem"]),
    )


def direct_section(account: EasyAccount, base_url: str) -> dict[str, str]:
    """The same merchant at the direct API."""
    section = _section(account, f"{base_url}/yqt")
    del section["term_no"]
    return {"product": "direct"} | section


def _section(account: EasyAccount, base_url: str) -> dict[str, str]:
    return {
        "base_url": base_url,
        "org_id": account.org_id,
        "mer_code": account.mer_code,
        "term_no": account.term_no,
        "org_private_key_pem": account.key.private_pem,
        "easypay_public_key_pem": account.easypay_key.public_pem,
    }


KIND = AccountKind(CHANNEL, _open, _read, _section)
