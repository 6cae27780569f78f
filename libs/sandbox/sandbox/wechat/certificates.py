"""WeChat Pay's platform certificates: at most two in use, the older one on its way out.

Source: pay.weixin.qq.com/doc/v3/merchant/4012551764
"""

import itertools
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import orjson
from cryptography import x509

from sandbox.accounts import write_privately
from sandbox.keys import Key, issue, name, pem_of, serial_hex

IN_USE = 2


@dataclass(frozen=True)
class PlatformCertificate:
    """One certificate with its private key."""

    key: Key
    pem: str

    @cached_property
    def certificate(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.pem.encode())

    @cached_property
    def serial_no(self) -> str:
        return serial_hex(self.certificate)


class PlatformCertificates:
    """All certificates ever issued here, and the merchants that work with them."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "wechat-platform.json"
        self._turn = itertools.count()
        document = orjson.loads(self._file.read_bytes()) if self._file.exists() else {}
        self._issued = [
            PlatformCertificate(Key.load(each["private_key_pem"]), each["certificate_pem"])
            for each in document.get("certificates", [])
        ]
        self._used_by = set(document.get("used_by", []))
        if not self._issued:
            self.rotate()

    def in_use(self) -> list[PlatformCertificate]:
        """Oldest first; merchants must trust all of them."""
        return self._issued[-IN_USE:]

    def find(self, serial_no: str) -> PlatformCertificate | None:
        return next((each for each in self.in_use() if each.serial_no == serial_no), None)

    def signing(self) -> PlatformCertificate:
        """The one to sign with: while two are in use, they take turns."""
        certificates = self.in_use()
        return certificates[next(self._turn) % len(certificates)]

    def rotate(self) -> PlatformCertificate:
        """Issue a new one beside the present one."""
        key, authority = Key.new(), Key.new()
        certificate = issue(
            name("Tenpay.com sign", "Tenpay.com CA Center", "Tenpay.com"),
            key.public,
            issuer=name("Tenpay.com Root CA (Sandbox)", "Tenpay.com CA Center", "Tenpay.com"),
            issuer_key=authority.private,
        )
        issued = PlatformCertificate(key, pem_of(certificate))
        self._issued.append(issued)
        self._keep()
        return issued

    def is_used_by(self, mchid: str) -> bool:
        """Whether this merchant ever downloaded the certificates."""
        return mchid in self._used_by

    def used_by(self, mchid: str) -> None:
        if mchid not in self._used_by:
            self._used_by.add(mchid)
            self._keep()

    def _keep(self) -> None:
        certificates = [
            {"private_key_pem": each.key.private_pem, "certificate_pem": each.pem}
            for each in self._issued
        ]
        document = {"certificates": certificates, "used_by": sorted(self._used_by)}
        write_privately(self._file, orjson.dumps(document))
