"""`state` of a wallet's login: which payment, which account, until when, and for which browser.

Letters and digits only, and at most 100 of them: more is refused by one wallet or the other.
state = payment_no + account_id + expiry (Unix seconds, 8 hex digits) + 32 hex digits of
HMAC-SHA256(key, "payer\\n" + all before + "\\n" + visit)
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LIVES_S: Final = 600
"""From the tap on our page until the wallet has sent the browser back."""

_STATE: Final = re.compile(
    r"(?P<payment_no>P[0-9A-Z]{26})(?P<account_id>C[0-9A-Z]{26})(?P<until>[0-9a-f]{8})"
    r"(?P<mac>[0-9a-f]{32})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Login:
    """The payer of this payment is asked who they are, to pay at this account."""

    payment_no: str
    account_id: str


def state_of(login: Login, visit: str, keys: Sequence[bytes], *, now_s: float) -> str:
    """`visit` is known to the payer's browser only: an address with this state, sent to somebody
    else, is worth nothing."""
    text = f"{login.payment_no}{login.account_id}{int(now_s) + LIVES_S:08x}"
    return text + _mac(text, visit, keys[0])


def find_login(state: str, visit: str, keys: Sequence[bytes], *, now_s: float) -> Login | None:
    """None for a state that we did not make, not for this browser, or too long ago."""
    match = _STATE.fullmatch(state)
    if match is None:
        return None
    text = state[: -len(match["mac"])]
    macs = [_mac(text, visit, key).encode() for key in keys]
    if not any(hmac.compare_digest(match["mac"].encode(), mac) for mac in macs):
        return None
    if int(match["until"], 16) < now_s:
        return None
    return Login(match["payment_no"], match["account_id"])


def _mac(text: str, visit: str, key: bytes) -> str:
    return hmac.digest(key, f"payer\n{text}\n{visit}".encode(), "sha256").hex()[:32]
