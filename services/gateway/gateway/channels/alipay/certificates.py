"""Alipay's certificate mode (公钥证书): the serial names of certificates.

Source: opendocs.alipay.com/common/057k53
"""

import hashlib
from collections.abc import Sequence
from typing import Final

from cryptography.x509 import Certificate

_RSA_FAMILY: Final = "1.2.840.113549.1.1."


def serial_name(certificate: Certificate) -> str:
    """`app_cert_sn`, `alipay_cert_sn`: MD5 of the issuer and the decimal serial number."""
    name = f"{certificate.issuer.rfc4514_string()}{certificate.serial_number}"
    return hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()


def root_serial_name(bundle: Sequence[Certificate]) -> str:
    """`alipay_root_cert_sn`: the RSA roots of the bundle, in its order; SM2 roots are left out."""
    return "_".join(
        serial_name(each)
        for each in bundle
        if each.signature_algorithm_oid.dotted_string.startswith(_RSA_FAMILY)
    )
