"""Links to our cashier: a payment number that nobody can make up.

token = payment_no + "." + the first 22 characters of base64url(HMAC-SHA256(key, payment_no))
"""

import base64
import hmac
from collections.abc import Sequence
from typing import Final

MAC_CHARS: Final = 22
"""132 bits: as hard to guess as the number itself."""


def token_of(payment_no: str, keys: Sequence[bytes]) -> str:
    """The token in the address of the hosted page of this payment, of the first key."""
    return _token(payment_no, keys[0])


def _token(payment_no: str, key: bytes) -> str:
    mac = base64.urlsafe_b64encode(hmac.digest(key, payment_no.encode(), "sha256"))
    return f"{payment_no}.{mac[:MAC_CHARS].decode()}"


def find_payment_no(token: str, keys: Sequence[bytes]) -> str | None:
    """The payment that the token opens; None for a token that we made with none of the keys."""
    payment_no = token.partition(".")[0]
    ours = [_token(payment_no, key).encode() for key in keys]
    return payment_no if any(hmac.compare_digest(token.encode(), each) for each in ours) else None
