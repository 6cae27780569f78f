"""Keys that apps sign with, as people send them."""

import pytest
from tests.authority import Authority
from tests.odd_keys import SM2_CERTIFICATE, SM2_PRIVATE_KEY, SM2_PUBLIC_KEY, of_version_six

from contracts import signing
from contracts.events.configuration import KeyAlgorithm

RSA = KeyAlgorithm.RSA_SHA256


def test_what_nobody_can_read_is_a_bad_key() -> None:
    odd = of_version_six(Authority().pem)
    for pem in (SM2_PUBLIC_KEY, SM2_CERTIFICATE, odd):
        with pytest.raises(signing.BadKey):
            signing.public_key(RSA, pem)
    with pytest.raises(signing.BadKey):
        signing.validity(odd)
    with pytest.raises(signing.BadKey):
        signing.private_key(RSA, SM2_PRIVATE_KEY)
