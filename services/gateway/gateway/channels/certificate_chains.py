"""Who signed whom: whether a certificate leads to those that an account trusts."""

from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509 import Certificate


def is_trusted(chain: Sequence[Certificate], roots: Sequence[Certificate]) -> bool:
    """Whether the first certificate leads, over the others, to one of the roots."""
    current, between = chain[0], list(chain[1:])
    while not any(_is_issued_by(current, root) for root in roots):
        issuer = next((each for each in between if _is_issued_by(current, each)), None)
        if issuer is None:
            return False
        between.remove(issuer)
        current = issuer
    return True


def _is_issued_by(certificate: Certificate, issuer: Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True
