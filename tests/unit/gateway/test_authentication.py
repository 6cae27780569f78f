"""Who is let in: everything that is wrong ends in one and the same refusal."""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from tests.unit.gateway.harness import SECRET, harness

from contracts import signing
from contracts.events.configuration import KeyAlgorithm
from gateway.admission.authentication import Authentication, NonceMemory, SignedRequest
from gateway.directory import App, Directory, Key
from gateway.domain.errors import NotAuthenticated, RateLimited

NOW_S = 1_700_000_000


def authorization(**changes: Any) -> str:
    members = {
        "alg": KeyAlgorithm.HMAC_SHA256,
        "app_id": "A1",
        "key_id": "K1",
        "method": "POST",
        "target": "/v1/payments?a=%20b",
        "timestamp": NOW_S,
        "nonce": "n1",
        "body": b"{}",
        **changes,
    }
    signer = members.pop("signer", signing.hmac_key(SECRET))
    return signing.authorization(signer, **members)


def request(header: str, **changes: Any) -> SignedRequest:
    right = SignedRequest("POST", "/v1/payments?a=%20b", header, b"{}", "203.0.113.7")
    return replace(right, **changes)


@pytest.fixture
def directory() -> Directory:
    return harness().directory


@pytest.fixture
def authentication(directory: Directory) -> Authentication:
    return Authentication(directory, NonceMemory(), lambda: NOW_S)


def test_a_good_signature_names_its_app(authentication: Authentication) -> None:
    identity = authentication.identify(request(authorization()))
    assert identity.app.app_id == "A1"
    assert identity.signed_at.timestamp() == NOW_S


@pytest.mark.parametrize("skew_s", [-300, 300])
def test_the_window_is_five_minutes_either_way(authentication: Authentication, skew_s: int) -> None:
    assert authentication.identify(request(authorization(timestamp=NOW_S + skew_s)))


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (request(""), "malformed"),
        (request("Bearer x"), "malformed"),
        (request("PAYMESH-MD5 x"), "malformed"),
        (request("PAYMESH-HMAC-SHA256"), "malformed"),
        (request(authorization() + ',nonce="n2"'), "malformed"),
        (request(authorization(nonce="")), "malformed"),
        (request(authorization(nonce="n" * 65)), "malformed"),
        (request(authorization(timestamp=NOW_S - 301)), "stale"),
        (request(authorization(timestamp=NOW_S + 301)), "stale"),
        (request(authorization(app_id="A2")), "unknown"),
        (request(authorization(key_id="K2")), "unknown"),
        (request(authorization(alg=KeyAlgorithm.ED25519)), "algorithm"),
        (request(authorization(signer=signing.hmac_key("other"))), "signature"),
        (request(authorization(), method="GET"), "signature"),
        (request(authorization(), target="/v1/payments?a=+b"), "signature"),
        (request(authorization(), target="/v1/payments"), "signature"),
        (request(authorization(), body=b"{} "), "signature"),
        (request(authorization(app_id="A9", key_id="K9")), "disabled"),
        (request(authorization(app_id="A3", key_id="K1")), "unknown"),
    ],
)
def test_whatever_is_wrong_gets_the_same_answer(
    directory: Directory, authentication: Authentication, sent: SignedRequest, reason: str
) -> None:
    hmac_key = signing.hmac_key(SECRET)
    directory.put(App("A9", False, frozenset(), 15, ()))
    directory.put(Key("K9", "A9", KeyAlgorithm.HMAC_SHA256, hmac_key))
    directory.put(App("A3", True, frozenset(), 15, ()))
    with pytest.raises(NotAuthenticated) as refusal:
        authentication.identify(sent)
    assert refusal.value.reason == reason
    assert refusal.value.body("id") == NotAuthenticated("another").body("id")


def test_a_nonce_is_refused_the_second_time(authentication: Authentication) -> None:
    authentication.identify(request(authorization()))
    with pytest.raises(NotAuthenticated):
        authentication.identify(request(authorization()))
    with pytest.raises(NotAuthenticated):
        authentication.identify(request(authorization(timestamp=NOW_S + 1)))


def test_a_nonce_under_a_wrong_signature_is_not_used_up(authentication: Authentication) -> None:
    with pytest.raises(NotAuthenticated):
        authentication.identify(request(authorization(), body=b"forged"))
    assert authentication.identify(request(authorization()))


def test_a_request_beyond_the_rate_is_not_remembered(authentication: Authentication) -> None:
    def refused(app_id: str) -> None:
        raise RateLimited(1)

    for _ in range(2):
        with pytest.raises(RateLimited):
            authentication.identify(request(authorization()), refused)
    assert authentication.identify(request(authorization()))


def test_only_new_requests_of_the_app_itself_count(authentication: Authentication) -> None:
    counted: list[str] = []
    authentication.identify(request(authorization()), counted.append)
    for sent in (request(authorization()), request(authorization(nonce="n2"), body=b"forged")):
        with pytest.raises(NotAuthenticated):
            authentication.identify(sent, counted.append)
    assert counted == ["A1"]


def test_all_keys_of_an_app_share_its_memory_of_nonces(directory: Directory) -> None:
    hmac_key = signing.hmac_key(SECRET)
    directory.put(Key("K2", "A1", KeyAlgorithm.HMAC_SHA256, hmac_key))
    directory.put(App("A2", True, frozenset(), 15, ()))
    directory.put(Key("K3", "A2", KeyAlgorithm.HMAC_SHA256, hmac_key))
    authentication = Authentication(directory, NonceMemory(slots=16), lambda: NOW_S)
    for number in range(6):
        key_id = ("K1", "K2")[number % 2]
        authentication.identify(request(authorization(key_id=key_id, nonce=f"n{number}")))
    for key_id in ("K1", "K2"):
        with pytest.raises(RateLimited):
            authentication.identify(request(authorization(key_id=key_id, nonce="one more")))
    assert authentication.identify(request(authorization(app_id="A2", key_id="K3")))


def test_an_allow_list_lets_only_its_addresses_in(
    directory: Directory, authentication: Authentication
) -> None:
    directory.put(App("A1", True, frozenset(), 15, (ip_network("203.0.113.0/24"),)))
    assert authentication.identify(request(authorization()))
    for address in ("198.51.100.1", ""):
        with pytest.raises(NotAuthenticated) as refusal:
            authentication.identify(request(authorization(nonce="n2"), peer=address))
        assert refusal.value.reason == "address"


def test_only_trusted_proxies_say_whom_they_speak_for(directory: Directory) -> None:
    directory.put(App("A1", True, frozenset(), 15, (ip_network("203.0.113.0/24"),)))
    behind = request(authorization(), peer="10.0.0.1", forwarded_for="203.0.113.7")
    with pytest.raises(NotAuthenticated):
        Authentication(directory, NonceMemory(), lambda: NOW_S).identify(behind)
    trusting = Authentication(directory, NonceMemory(), lambda: NOW_S, [ip_network("10.0.0.0/8")])
    assert trusting.identify(behind)


def ed25519_pair() -> tuple[signing.Signer, str]:
    key = ed25519.Ed25519PrivateKey.generate()
    return signing.Ed25519Signer(key), pem(key.public_key())


def rsa_pair() -> tuple[signing.Signer, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return signing.RsaSigner(key), pem(key.public_key())


def pem(key: ed25519.Ed25519PublicKey | rsa.RSAPublicKey) -> str:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


@pytest.mark.parametrize(
    ("alg", "pair"),
    [(KeyAlgorithm.ED25519, ed25519_pair), (KeyAlgorithm.RSA_SHA256, rsa_pair)],
)
def test_public_keys_are_as_good_as_secrets(
    directory: Directory,
    authentication: Authentication,
    alg: KeyAlgorithm,
    pair: Callable[[], tuple[signing.Signer, str]],
) -> None:
    signer, public = pair()
    directory.put(Key("K5", "A1", alg, signing.public_key(alg, public)))
    header = authorization(alg=alg, key_id="K5", signer=signer)
    assert authentication.identify(request(header)).app.app_id == "A1"
