"""A record proves who wrote it, where it stands, and what it says."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from contracts import record_proof
from contracts.record_proof import BadRecordKey, Checker, Prover, Unproven

SECRET, OTHER = "s" * 32, "another secret of thirty-two chars"
PAIR, STRANGER = record_proof.generate(), record_proof.generate()
TOPIC, KEY, KIND, VALUE = "topic.v1", "P1", "payment.result", b'{"amount":1299}'

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "contract" / "vectors" / "record_proof.json").read_text()
)["vectors"]

BOTH: list[tuple[Prover, Checker]] = [
    (record_proof.hmac_keys(SECRET), record_proof.hmac_keys(SECRET)),
    (record_proof.signing_key(PAIR.private_key), record_proof.public_keys(PAIR.public_key)),
]
WAYS = pytest.mark.parametrize(("prover", "checker"), BOTH, ids=["hmac", "ed25519"])


def proof_by(prover: Prover) -> dict[str, str]:
    return {"ce_type": KIND, **prover.prove(TOPIC, KEY, KIND, VALUE)}


@WAYS
def test_what_was_proven_is_believed(prover: Prover, checker: Checker) -> None:
    checker.check(TOPIC, KEY, proof_by(prover), VALUE)


@WAYS
@pytest.mark.parametrize(
    ("topic", "key", "kind", "value"),
    [
        ("topic.v2", KEY, KIND, VALUE),
        (TOPIC, "P2", KIND, VALUE),
        (TOPIC, None, KIND, VALUE),
        (TOPIC, KEY, "refund.result", VALUE),
        (TOPIC, KEY, "", VALUE),
        (TOPIC, KEY, KIND, VALUE + b" "),
        (TOPIC, KEY, KIND, b""),
        (TOPIC + KEY, "", KIND, VALUE),
    ],
)
def test_a_record_that_was_moved_or_changed_is_not(
    prover: Prover, checker: Checker, topic: str, key: str | None, kind: str, value: bytes
) -> None:
    with pytest.raises(Unproven):
        checker.check(topic, key, {**proof_by(prover), "ce_type": kind}, value)


@WAYS
@pytest.mark.parametrize(
    "change",
    [
        {"paymesh-proof": ""},
        {"paymesh-proof": "not base64"},
        {"paymesh-proof": "\ufffd"},
        {"paymesh-proof": base64.b64encode(bytes(32)).decode()},
        {"paymesh-key-id": ""},
        {"paymesh-key-id": "0" * 16},
    ],
)
def test_a_proof_that_is_none_is_refused(
    prover: Prover, checker: Checker, change: dict[str, str]
) -> None:
    with pytest.raises(Unproven):
        checker.check(TOPIC, KEY, {**proof_by(prover), **change}, VALUE)


@WAYS
def test_a_silent_record_is_refused(prover: Prover, checker: Checker) -> None:
    with pytest.raises(Unproven):
        checker.check(TOPIC, KEY, {"ce_type": KIND}, VALUE)


def test_one_key_takes_the_place_of_another() -> None:
    old, new = record_proof.hmac_keys(SECRET), record_proof.hmac_keys(f"{OTHER}, {SECRET}")
    new.check(TOPIC, KEY, proof_by(old), VALUE)
    record_proof.hmac_keys(OTHER).check(TOPIC, KEY, proof_by(new), VALUE)
    with pytest.raises(Unproven):
        record_proof.hmac_keys(OTHER).check(TOPIC, KEY, proof_by(old), VALUE)

    readers = record_proof.public_keys(f"{PAIR.public_key},{STRANGER.public_key}")
    for pair in (PAIR, STRANGER):
        readers.check(TOPIC, KEY, proof_by(record_proof.signing_key(pair.private_key)), VALUE)


def test_keys_are_also_taken_as_pem() -> None:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    signed = proof_by(record_proof.signing_key(private))

    record_proof.public_keys(public.decode()).check(TOPIC, KEY, signed, VALUE)


@pytest.mark.parametrize("text", ["", "short", f"{SECRET},", f"{SECRET},{SECRET}", ",".join("abc")])
def test_garbage_is_no_secret(text: str) -> None:
    with pytest.raises(BadRecordKey) as refused:
        record_proof.hmac_keys(text)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["", "x", "AAAA", "-----BEGIN PRIVATE KEY-----\nx", "🔑", "A" * 44]
)
def test_garbage_is_no_key(text: str) -> None:
    with pytest.raises(BadRecordKey):
        record_proof.signing_key(text)
    with pytest.raises(BadRecordKey):
        record_proof.public_keys(text)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_form_of_the_proof_does_not_change(vector: dict[str, Any]) -> None:
    keys: Any = (
        record_proof.hmac_keys(vector["secret"])
        if "secret" in vector
        else record_proof.signing_key(vector["private_key"])
    )
    place = vector["topic"], vector["key"], vector["ce_type"], vector["value"].encode()
    assert keys.prove(*place) == vector["headers"]
