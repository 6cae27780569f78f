"""A certificate authority of the test's own, for servers and for callers."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from contracts.events.configuration import ClientCertificate


class Authority:
    """Issues certificates that are valid for an hour."""

    def __init__(self, name: str = "test authority") -> None:
        self._key = generate_private_key(SECP256R1())
        self._name = _name(name)
        self._certificate = (
            _built(self._name, self._name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def trusting(self) -> ssl.SSLContext:
        """A caller's context that trusts this authority alone."""
        return ssl.create_default_context(cadata=self.pem)

    def client(self, name: str = "paymesh") -> ClientCertificate:
        certificate, key = self._issue(name, ExtendedKeyUsageOID.CLIENT_AUTH)
        return ClientCertificate(certificate_pem=certificate, private_key_pem=key)

    def server(
        self,
        folder: Path,
        *,
        demands_certificate: bool = False,
        lifetime: timedelta = timedelta(hours=1),
    ) -> ssl.SSLContext:
        """The context of a server at 127.0.0.1."""
        usage = ExtendedKeyUsageOID.SERVER_AUTH
        certificate, key = self._issue("127.0.0.1", usage, lifetime)
        chain = folder / "server.pem"
        chain.write_text(key + certificate)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=self.pem)
        context.load_cert_chain(chain)
        if demands_certificate:
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _issue(
        self, name: str, usage: x509.ObjectIdentifier, lifetime: timedelta = timedelta(hours=1)
    ) -> tuple[str, str]:
        key = generate_private_key(SECP256R1())
        address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        certificate = (
            _built(_name(name), self._name, key, lifetime)
            .add_extension(address, critical=False)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode(), key_pem(key)


def key_pem(key: EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _built(
    subject: x509.Name,
    issuer: x509.Name,
    key: EllipticCurvePrivateKey,
    lifetime: timedelta = timedelta(hours=1),
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + lifetime)
    )
