"""RSA as all our channels use it: SHA256withRSA (PKCS#1 v1.5), base64; keys as people paste them.

Keys come as PEM in PKCS#8, PKCS#1 or X.509 form, or as the bare one-line base64 of Alipay's tools.
"""

import base64
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from contracts.pem import read_certificates
from gateway.channels.faults import Fault

MIN_KEY_BITS: Final = 2048

_PADDING: Final = PKCS1v15()
_HASH: Final = hashes.SHA256()


def sign(key: RSAPrivateKey, content: bytes) -> str:
    return base64.b64encode(key.sign(content, _PADDING, _HASH)).decode()


def is_signed(key: RSAPublicKey, content: bytes, signature: str) -> bool:
    """Whether `signature` (base64) over `content` was made with the other half of `key`."""
    try:
        key.verify(base64.b64decode(signature, validate=True), content, _PADDING, _HASH)
    except (InvalidSignature, ValueError):
        return False
    return True


def private_key(text: str, *, checked: bool = False) -> RSAPrivateKey:
    """Parse a private key; `checked`: it was parsed before, the slow check of its primes is spared.

    Raises:
        Fault: with what is wrong, fit for the person who pasted it.
    """
    try:
        key = load_der_private_key(_der(text), None, unsafe_skip_rsa_key_validation=checked)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Fault(
            "不是私钥（PEM 格式、未加密）", "is not a private key (PEM, not encrypted)"
        ) from error
    if not isinstance(key, RSAPrivateKey):
        raise Fault("不是 RSA 密钥", "is not an RSA key")
    _check_size(key.key_size)
    return key


def public_key(text: str) -> RSAPublicKey:
    """Parse a public key.

    Raises:
        Fault: with what is wrong, fit for the person who pasted it.
    """
    try:
        key = load_der_public_key(_der(text))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Fault("不是公钥（PEM 格式）", "is not a public key (PEM)") from error
    return _as_rsa(key)


def certificates(text: str) -> list[x509.Certificate]:
    """Parse one or several PEM certificates, in their order.

    Raises:
        Fault: with what is wrong, fit for the person who pasted them.
    """
    try:
        return read_certificates(text)
    except ValueError as error:
        raise Fault("不是证书（PEM 格式）", "is not a certificate (PEM)") from error


def certified_key(certificate: x509.Certificate) -> RSAPublicKey:
    """The key inside a certificate.

    Raises:
        Fault: with what is wrong, fit for the person who pasted it.
    """
    try:
        return _as_rsa(certificate.public_key())
    except Fault:
        raise
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Fault("不是 RSA 密钥", "is not an RSA key") from error


def _as_rsa(key: object) -> RSAPublicKey:
    if not isinstance(key, RSAPublicKey):
        raise Fault("不是 RSA 密钥", "is not an RSA key")
    _check_size(key.key_size)
    return key


def _check_size(bits: int) -> None:
    if bits < MIN_KEY_BITS:
        raise Fault(
            f"只有 {bits} 位，至少需要 {MIN_KEY_BITS} 位",
            f"has {bits} bits; at least {MIN_KEY_BITS} are needed",
        )


def _der(text: str) -> bytes:
    lines = (line.strip() for line in text.strip().splitlines())
    return base64.b64decode("".join(line for line in lines if "-----" not in line), validate=True)
