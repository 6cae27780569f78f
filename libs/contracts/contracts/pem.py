"""Certificates in PEM, from whoever sends them."""

from cryptography import x509


def read_certificate(pem: str) -> x509.Certificate:
    """The first. Raises ValueError for whatever is none, as one of an unheard-of version."""
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except x509.InvalidVersion as error:
        raise ValueError("is of no known version") from error


def read_certificates(pem: str) -> list[x509.Certificate]:
    """All, in their order, and at least one. Raises as `read_certificate`."""
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except x509.InvalidVersion as error:
        raise ValueError("is of no known version") from error
