"""Which keys an app may sign with, judged before they are stored."""

import hashlib
import secrets
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from chassis.problems import FieldError
from contracts import signing
from contracts.events.configuration import KeyAlgorithm
from contracts.pem import read_certificate
from merchant_admin.domain.errors import Unusable

CERTIFICATE_MARK: Final = "BEGIN CERTIFICATE"


def find_validity(pem: str | None) -> tuple[datetime, datetime] | None:
    """From when until when a certificate opens the API; None for what is none."""
    if pem is None or CERTIFICATE_MARK not in pem:
        return None
    certificate = read_certificate(pem)
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


def find_fingerprint(pem: str | None) -> str | None:
    """SHA-256 of the public key in DER, hexadecimal; None for a secret."""
    if pem is None:
        return None
    key = (
        read_certificate(pem).public_key()
        if CERTIFICATE_MARK in pem
        else load_pem_public_key(pem.encode())
    )
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def new_secret() -> str:
    """A fresh HMAC secret of 256 bits, to be shown once; its UTF-8 bytes are the key."""
    return secrets.token_urlsafe(32)


def checked_pem(
    alg: KeyAlgorithm, *, public_key: str | None, certificate: str | None, now: datetime
) -> str | None:
    """The PEM text to register; None for HMAC-SHA256, whose secret we make ourselves.

    Raises:
        Unusable: both or neither given, not a key of this algorithm, too short, out of its time.
    """
    given = {"public_key": public_key, "certificate": certificate}
    present = {name: text for name, text in given.items() if text is not None}
    if alg is KeyAlgorithm.HMAC_SHA256:
        _refuse(
            [
                FieldError(
                    f"/{name}", "must be absent: the secret is ours", "无须填写：密钥由本中心生成"
                )
                for name in present
            ]
        )
        return None
    if len(present) != 1:
        _refuse(
            [
                FieldError(
                    "/public_key",
                    "exactly one of public_key and certificate is needed",
                    "请粘贴或上传公钥或证书",
                )
            ]
        )
    name, pem = present.popitem()
    if name == "certificate":
        _check_certificate(pem, now)
    elif CERTIFICATE_MARK in pem:
        _refuse(
            [
                FieldError(
                    "/public_key",
                    "is a certificate: send it as certificate",
                    "这是证书，请按证书登记",
                )
            ]
        )
    try:
        signing.public_key(alg, pem)
    except signing.BadKey as error:
        raise Unusable(FieldError(f"/{name}", str(error))) from error
    return pem


def _check_certificate(pem: str, now: datetime) -> None:
    try:
        certificate = read_certificate(pem)
    except ValueError as error:
        raise Unusable(
            FieldError("/certificate", "is not a PEM certificate", "不是证书（PEM 格式）")
        ) from error
    if certificate.not_valid_before_utc > now:
        _refuse([FieldError("/certificate", "is not valid yet", "尚未生效")])
    if certificate.not_valid_after_utc <= now:
        _refuse([FieldError("/certificate", "has expired", "已过期")])


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise Unusable(*errors)
