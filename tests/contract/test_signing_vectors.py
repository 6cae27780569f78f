"""The signing vectors that app teams test their clients with are what the gateway accepts."""

import base64
import json
from typing import Any

import pytest
from tests.contract import signing_vectors

from contracts import signing, webhooks
from contracts.events.configuration import KeyAlgorithm

DOCUMENT: dict[str, Any] = json.loads(signing_vectors.FILE.read_text())
VECTORS: list[dict[str, Any]] = DOCUMENT["vectors"]


def verifiers(alg: KeyAlgorithm) -> list[signing.Verifier]:
    keys = DOCUMENT["keys"][alg]
    if alg is KeyAlgorithm.HMAC_SHA256:
        return [signing.hmac_key(keys["secret"])]
    return [signing.public_key(alg, pem) for pem in keys.values()]


def test_the_file_is_what_the_script_writes() -> None:
    assert signing_vectors.FILE.read_text() == signing_vectors.document()
    assert signing_vectors.CALLBACKS.read_text() == signing_vectors.callbacks_document()


@pytest.mark.parametrize(
    "vector", signing_vectors.callback_vectors(), ids=lambda each: each["name"]
)
def test_a_callback_is_believed_where_its_vector_says_so(vector: dict[str, Any]) -> None:
    headers = {
        "webhook-id": vector["webhook_id"],
        "webhook-timestamp": str(vector["timestamp"]),
        "webhook-signature": vector["signature"],
    }
    body = vector["body"].encode()
    believed = webhooks.is_authentic(vector["secret"], headers, body, now_s=vector["now_s"])
    assert believed == vector["is_authentic"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_vector_is_accepted(vector: dict[str, Any]) -> None:
    shown = signing.parse(vector["authorization"])
    text = signing.signed_text(
        vector["method"], vector["target"], shown.timestamp, shown.nonce, vector["body"].encode()
    )
    assert text.decode() == vector["signed_text"]
    assert shown.signature == base64.b64decode(vector["signature"])
    for verifier in verifiers(KeyAlgorithm(vector["alg"])):
        assert verifier.verify(text, shown.signature)
        assert not verifier.verify(text + b"x", shown.signature)
