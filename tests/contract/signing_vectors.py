"""Test vectors for request signatures: `make golden` writes them.

All three algorithms are deterministic, so the same keys give the same file. The keys were made
for this file and open nothing. To check a vector without any of our code:

    printf '%s' "$signed_text" > text; printf '%s' "$signature" | base64 -d > signature
    openssl dgst -sha256 -verify rsa.pub.pem -signature signature text              (RSA-SHA256)
    openssl pkeyutl -verify -pubin -inkey ed25519.pub.pem -rawin -in text -sigfile signature
    openssl dgst -sha256 -hmac "$secret" -binary text | base64                     (HMAC-SHA256)
"""

import base64
import json
from pathlib import Path
from typing import Any, Final

from contracts import signing, webhooks
from contracts.events.configuration import KeyAlgorithm

FOLDER: Final = Path(__file__).parent / "vectors"
FILE: Final = FOLDER / "signing.json"
CALLBACKS: Final = FOLDER / "callbacks.json"
APP_ID: Final = "A01KAN5C2FN000000000000005"
KEY_ID: Final = "K1"

SECRET: Final = "sk_test_密钥_2fW8sPq0"
BODY: Final = (
    '{"merchant_id":"M01KAN5C2FN000000000000003","payment_id":"C01KAN5C2FN000000000000004",'
    '"merchant_order_no":"W2026-001","amount":1299,"subject":"物业费 11月","method":"native"}'
)
REQUESTS: Final = {
    "create a payment": ("POST", "/v1/payments", BODY),
    "get by query, escaped": (
        "GET",
        "/v1/refunds?merchant_id=M01KAN5C2FN000000000000003&merchant_refund_no=T%2D1%3A%20x",
        "",
    ),
    "post without a body": ("POST", "/v1/webhook-endpoints/test", ""),
}


def key_file(name: str) -> str:
    return (FOLDER / name).read_text()


def signer(alg: KeyAlgorithm) -> signing.Signer:
    match alg:
        case KeyAlgorithm.HMAC_SHA256:
            return signing.hmac_key(SECRET)
        case KeyAlgorithm.ED25519:
            return signing.private_key(alg, key_file("ed25519.key.pem"))
        case KeyAlgorithm.RSA_SHA256:
            return signing.private_key(alg, key_file("rsa.key.pem"))


def vectors() -> list[dict[str, Any]]:
    return [
        vector(f"{alg}: {name}", alg, *request)
        for alg in KeyAlgorithm
        for name, request in REQUESTS.items()
    ]


def vector(name: str, alg: KeyAlgorithm, method: str, target: str, body: str) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": method,
        "target": target,
        "timestamp": 1763784306,
        "nonce": "5K8264ILTKCH16CQ2502SI8ZNMTM67VS",
    }
    raw = body.encode()
    text = signing.signed_text(**request, body=raw)
    header = signing.authorization(
        signer(alg), alg=alg, app_id=APP_ID, key_id=KEY_ID, body=raw, **request
    )
    return {
        "name": name,
        "alg": alg,
        **request,
        "body": body,
        "signed_text": text.decode(),
        "signature": header.rsplit('signature="', 1)[1].rstrip('"'),
        "authorization": header,
    }


def document() -> str:
    keys = {
        KeyAlgorithm.HMAC_SHA256: {"secret": SECRET},
        KeyAlgorithm.ED25519: {"public_key": key_file("ed25519.pub.pem")},
        KeyAlgorithm.RSA_SHA256: {
            "public_key": key_file("rsa.pub.pem"),
            "certificate": key_file("rsa.cert.pem"),
        },
    }
    return json.dumps({"keys": keys, "vectors": vectors()}, ensure_ascii=False, indent=1) + "\n"


WEBHOOK_SECRET: Final = "whsec_" + base64.b64encode(b"a secret for these vectors alone").decode()
FORMER_SECRET: Final = "whsec_" + base64.b64encode(b"another one, before the rotation").decode()
SHORTEST_SECRET: Final = "whsec_" + base64.b64encode(b"24 bytes are long enough").decode()
TOO_SHORT_SECRET: Final = "whsec_" + base64.b64encode(b"23 bytes are too short.").decode()
CALLBACK: Final = '{"type":"ping","timestamp":"2025-11-22T04:05:06Z","data":{"text":"物业费"}}'


def callback_vectors() -> list[dict[str, Any]]:
    """Callbacks as they arrive, and whether they may be believed at `now_s`."""
    right: dict[str, Any] = {
        "secret": WEBHOOK_SECRET,
        "webhook_id": "E01KAN5C2FN000000000000006",
        "timestamp": 1763784306,
        "now_s": 1763784306,
        "body": CALLBACK,
        "is_authentic": True,
    }
    cases: dict[str, dict[str, Any]] = {
        "fresh": {},
        "five minutes old": {"now_s": 1763784606},
        "too old": {"now_s": 1763784607, "is_authentic": False},
        "of the future": {"now_s": 1763784005, "is_authentic": False},
        "another body": {"body": CALLBACK + " ", "is_authentic": False},
        "another id": {"webhook_id": "E2", "is_authentic": False},
        "another secret": {"secret": FORMER_SECRET, "is_authentic": False},
        "no signature": {"signature": "", "is_authentic": False},
        "of another version": {"signature": "v2,AAAA v1a,AAAA", "is_authentic": False},
    }
    signature = _callback_signature(right, WEBHOOK_SECRET)
    for name, secret in {
        "no secret": "",
        "an empty secret": "whsec_",
        "too short a secret": TOO_SHORT_SECRET,
        "the shortest secret": SHORTEST_SECRET,
    }.items():
        signed = _callback_signature(right, secret)
        is_authentic = secret == SHORTEST_SECRET
        cases[name] = {"secret": secret, "signature": signed, "is_authentic": is_authentic}
    rotated = {"signature": f"{_callback_signature(right, FORMER_SECRET)} {signature}"}
    return [
        {"name": name, **right, "signature": signature, **changes}
        for name, changes in {**cases, "during a rotation": rotated}.items()
    ]


def _callback_signature(vector: dict[str, Any], secret: str) -> str:
    return webhooks.sign(
        [base64.b64decode(secret.removeprefix(webhooks.PREFIX))],
        webhook_id=vector["webhook_id"],
        timestamp_s=vector["timestamp"],
        body=vector["body"].encode(),
    )["webhook-signature"]


def callbacks_document() -> str:
    return json.dumps({"vectors": callback_vectors()}, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(document())
    CALLBACKS.write_text(callbacks_document())
