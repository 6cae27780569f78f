"""Who is registered: two merchants, the accounts that they have at third parties, and one app."""

from typing import Final

from gateway.directory import App, Merchant

MERCHANTS: Final = (Merchant("M1", True, "幸福物业"), Merchant("M2", True, "阳光物业"))
ACCOUNTS: Final = {"C1": "M1", "C2": "M1", "C3": "M2"}
"""The merchant of each channel account."""

ALIPAY: Final = "C2"
"""At Alipay, in worlds that have it; all others are at banks."""

APP: Final = App("A1", True, frozenset({"M1", "M2"}), 15, ())


def accounts_of(merchant_id: str) -> list[str]:
    return [account for account, owner in ACCOUNTS.items() if owner == merchant_id]
