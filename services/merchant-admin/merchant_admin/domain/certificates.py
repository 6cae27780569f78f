"""Which certificates our callbacks may show to an app's server (mTLS)."""

from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from chassis.problems import FieldError
from contracts.events.configuration import ClientCertificate
from contracts.pem import read_certificates
from merchant_admin.domain.errors import Unusable

FIELD: Final = "/callback_client_certificate"
CERTIFICATE: Final = f"{FIELD}/certificate_pem"
PRIVATE_KEY: Final = f"{FIELD}/private_key_pem"

LEAST_RSA_BITS: Final = 2048


def usable_until(given: ClientCertificate, now: datetime) -> datetime:
    """When the certificate expires.

    Raises:
        Unusable: not PEM, out of its time, not for clients, too weak, an encrypted key, or the key
            of another certificate.
    """
    certificate = _certificate(given.certificate_pem)
    if certificate.not_valid_before_utc > now:
        raise Unusable(FieldError(CERTIFICATE, "is not valid yet"))
    if certificate.not_valid_after_utc <= now:
        raise Unusable(FieldError(CERTIFICATE, "has expired"))
    if not _is_for_clients(certificate):
        raise Unusable(FieldError(CERTIFICATE, "is not for clients (extended key usage)"))
    key = _key(certificate)
    if isinstance(key, RSAPublicKey) and key.key_size < LEAST_RSA_BITS:
        raise Unusable(FieldError(CERTIFICATE, f"has a key of less than {LEAST_RSA_BITS} bits"))
    if key.public_bytes(*_FORM) != _public_half(given.private_key_pem):
        raise Unusable(FieldError(PRIVATE_KEY, "does not belong to the certificate"))
    return certificate.not_valid_after_utc


_FORM: Final = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _certificate(pem: str) -> x509.Certificate:
    try:
        return read_certificates(pem)[0]
    except ValueError as error:
        raise Unusable(FieldError(CERTIFICATE, "is not a PEM certificate")) from error


def _is_for_clients(certificate: x509.Certificate) -> bool:
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise Unusable(FieldError(CERTIFICATE, "has extensions that nobody can read")) from error
    wanted = {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    return not wanted.isdisjoint(usages)


def _key(certificate: x509.Certificate) -> CertificatePublicKeyTypes:
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unusable(FieldError(CERTIFICATE, "has a key of an unknown kind")) from error


def _public_half(pem: str) -> bytes:
    try:
        return load_pem_private_key(pem.encode(), password=None).public_key().public_bytes(*_FORM)
    except TypeError as error:
        raise Unusable(FieldError(PRIVATE_KEY, "is encrypted: send it as it is")) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unusable(FieldError(PRIVATE_KEY, "is not a PEM private key")) from error
