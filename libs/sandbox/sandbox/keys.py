"""RSA keys and certificates of the third parties and of their merchants."""

import base64
import binascii
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

KEY_BITS = 2048
CERTIFICATE_LIFE = timedelta(days=5 * 365)

_PKCS1 = padding.PKCS1v15()
_SHA256 = hashes.SHA256()


@dataclass(frozen=True)
class Key:
    """One RSA key pair, parsed once."""

    private: rsa.RSAPrivateKey

    @classmethod
    def new(cls) -> "Key":
        return cls(rsa.generate_private_key(65537, KEY_BITS))

    @classmethod
    def load(cls, pem: str) -> "Key":
        # Our own keys: checking the primes again would cost 100 ms for each at every start.
        private = load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(private, rsa.RSAPrivateKey):
            raise TypeError("not an RSA private key")
        return cls(private)

    @cached_property
    def public(self) -> rsa.RSAPublicKey:
        return self.private.public_key()

    @cached_property
    def private_pem(self) -> str:
        """PKCS#8."""
        pem = self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return pem.decode()

    @cached_property
    def public_pem(self) -> str:
        """X.509 SubjectPublicKeyInfo."""
        return self.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, message: bytes) -> str:
        """SHA256withRSA (PKCS#1 v1.5), base64."""
        return base64.b64encode(self.private.sign(message, _PKCS1, _SHA256)).decode()

    def is_signed(self, message: bytes, signature: str) -> bool:
        """Whether `signature` (base64) over `message` was made with this pair's private key."""
        try:
            self.public.verify(base64.b64decode(signature, validate=True), message, _PKCS1, _SHA256)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True

    def open_oaep(self, sealed: str) -> str:
        """Decrypt a WeChat sensitive field (RSA-OAEP, SHA-1); ValueError when it is not for us."""
        oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
        return self.private.decrypt(base64.b64decode(sealed), oaep).decode()


def _serial() -> int:
    """20 bytes, so that it reads as 40 hexadecimal digits, as real ones do."""
    return int.from_bytes(bytes([0x40 | secrets.randbelow(0x40)]) + secrets.token_bytes(19))


def serial_hex(certificate: x509.Certificate) -> str:
    """The upper-case hexadecimal serial number WeChat names certificates by."""
    return f"{certificate.serial_number:040X}"


def pem_of(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def issue(
    subject: x509.Name,
    public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
    *,
    issuer: x509.Name,
    issuer_key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    is_issuer: bool = False,
) -> x509.Certificate:
    """A certificate valid from yesterday; issuer = subject makes a root. `is_issuer`: it may issue
    others, too."""
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(_serial())
        .not_valid_before(begin)
        .not_valid_after(begin + CERTIFICATE_LIFE)
        .add_extension(
            x509.BasicConstraints(ca=is_issuer or subject == issuer, path_length=None), True
        )
    )
    return builder.sign(issuer_key, _SHA256)


def name(common_name: str, unit: str, organisation: str) -> x509.Name:
    """Most general part first, so that RFC 4514 text reads `CN=…,OU=…,O=…,C=CN`."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
