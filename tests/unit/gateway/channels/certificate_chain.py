"""Certificates as Alipay hands them out: a leaf, who issued it, and a bundle of roots."""

from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from tests.unit.gateway.channels.channel_side import NOW, Pair


class Chain:
    """Root, intermediate and leaf; the bundle also holds a second RSA root and one of another
    algorithm, which Alipay's names leave out (there SM2, here P-256)."""

    def __init__(self, leaf: Pair | None = None) -> None:
        self.leaf = leaf or Pair()
        root, second, between = Pair(), Pair(), Pair()
        curve = ec.generate_private_key(ec.SECP256R1())
        self._root = issue("Root R1", root.private, "Root R1", root.private)
        others = [
            issue("Root Curve", curve, "Root Curve", curve),
            issue("Root R2", second.private, "Root R2", second.private),
        ]
        self._between = issue("Class 2 R1", between.private, "Root R1", root.private)
        self._leaf = issue("支付宝", self.leaf.private, "Class 2 R1", between.private)
        self.root_bundle_pem = "\n".join(map(pem, [others[0], self._root, others[1]]))
        self.leaf_pem = pem(self._leaf)
        self.chain_pem = pem(self._leaf) + pem(self._between)


def issue(
    subject: str,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    *,
    serial: int | None = None,
    born_days_ago: int = 1,
) -> x509.Certificate:
    begin = NOW - timedelta(days=born_days_ago)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=1000))
        .add_extension(x509.BasicConstraints(ca=subject != "支付宝", path_length=None), True)
    )
    return builder.sign(issuer_key, hashes.SHA256())


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Ant Financial"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Certification Authority"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
