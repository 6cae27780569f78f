"""The SDK signs as the shared vectors want it."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.sdks.__main__ import REMEDY, unusable_keys

from paymesh import Credentials, Paymesh

VECTORS = Path(__file__).parents[2] / "contract" / "vectors"
DOCUMENT: dict[str, Any] = json.loads((VECTORS / "signing.json").read_text())


def credentials(alg: str) -> Credentials:
    who = ("A01KAN5C2FN000000000000005", "K1")
    match alg:
        case "HMAC-SHA256":
            return Credentials.with_secret(*who, DOCUMENT["keys"][alg]["secret"])
        case "ED25519":
            return Credentials.with_private_key(*who, (VECTORS / "ed25519.key.pem").read_text())
        case _:
            return Credentials.with_private_key(*who, (VECTORS / "rsa.key.pem").read_bytes())


@pytest.mark.parametrize("vector", DOCUMENT["vectors"], ids=lambda vector: vector["name"])
def test_a_vector_is_signed_as_it_stands(vector: dict[str, Any]) -> None:
    header = credentials(vector["alg"]).authorization(
        vector["method"],
        vector["target"],
        vector["body"].encode(),
        timestamp=vector["timestamp"],
        nonce=vector["nonce"],
    )
    assert header == vector["authorization"]


def test_a_key_is_never_shown() -> None:
    assert "geheim" not in repr(Credentials.with_secret("A1", "K1", "geheim"))


def test_one_kind_of_key_is_given() -> None:
    wrong: list[dict[str, Any]] = [{}, {"secret": "s", "private_key": "p"}]
    for keys in wrong:
        with pytest.raises(ValueError, match="either"):
            Paymesh("https://pay.example", app_id="A1", key_id="K1", **keys)
    with pytest.raises(ValueError, match="private"):
        Credentials.with_private_key("A1", "K1", (VECTORS / "rsa.pub.pem").read_text())


def test_a_private_key_is_never_an_hmac_secret() -> None:
    for name, pem in unusable_keys().items():
        with pytest.raises(ValueError, match="private_key"):
            Credentials.with_secret("A1", "K1", pem)
        if name != "PKCS#1":  # which is read here
            with pytest.raises(ValueError, match=REMEDY):
                Credentials.with_private_key("A1", "K1", pem)
