"""TLS with a certificate of ours, for app servers that want to know who calls (mTLS, 双向认证)."""

import os
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from contracts.events.configuration import ClientCertificate

NO_PASSWORD: Final = ""
"""Given so that OpenSSL, should a key be encrypted, fails and does not ask at a terminal."""


def client_tls(
    certificate: ClientCertificate,
    trusting: Callable[[], ssl.SSLContext] = ssl.create_default_context,
) -> ssl.SSLContext:
    """What `trusting` makes, a context of its own, that also shows this certificate.

    Raises:
        ValueError: the certificate or its key cannot be used, or they do not belong together.
    """
    context = trusting()
    pem = f"{certificate.private_key_pem.strip()}\n{certificate.certificate_pem.strip()}\n"
    try:
        with _as_file(pem.encode()) as path:
            context.load_cert_chain(path, password=NO_PASSWORD)
    except OSError as error:  # an SSLError is one
        raise ValueError(f"not a usable certificate and key ({error})") from error
    return context


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """`ssl` reads only files; where the system can, this one is never on a disk."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("client certificate")
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            yield f"/proc/self/fd/{descriptor}"
        return
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        yield file.name
