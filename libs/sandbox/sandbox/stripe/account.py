"""A merchant at Stripe: its account, its keys, and the secret of its webhook."""

import secrets
import string
from dataclasses import dataclass

from sandbox.accounts import AccountKind

CHANNEL = "stripe"
_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True)
class StripeAccount:
    """One account, in test mode."""

    account_id: str
    secret_key: str
    publishable_key: str
    webhook_secret: str

    @property
    def merchant(self) -> str:
        return self.account_id


def new_id(prefix: str, length: int = 24) -> str:
    """`cs_test_…`, `pi_…`: letters and digits, as Stripe's are."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(length))


def _open() -> dict[str, str]:
    return {
        "account_id": new_id("acct_1", 15),
        "secret_key": new_id("sk_test_51", 90),
        "publishable_key": new_id("pk_test_51", 90),
        "webhook_secret": new_id("whsec_", 32),
    }


def _read(document: dict[str, str]) -> StripeAccount:
    return StripeAccount(**document)


def _section(account: StripeAccount, base_url: str) -> dict[str, str]:
    return {
        "base_url": base_url,
        "account_id": account.account_id,
        "secret_key": account.secret_key,
        "publishable_key": account.publishable_key,
        "webhook_secret": account.webhook_secret,
    }


KIND = AccountKind(CHANNEL, _open, _read, _section)
