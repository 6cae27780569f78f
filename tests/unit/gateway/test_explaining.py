"""Whoever writes a client is told which line differs: in a sandbox, and nowhere else."""

import base64
import hmac
import json
import time
from typing import Any

import pytest
from tests.contract import signing_vectors
from tests.unit.gateway.client import application, client_of, settings
from tests.unit.gateway.harness import SECRET, Harness, harness

from contracts import signing
from contracts.events.configuration import KeyAlgorithm
from contracts.internal import ExplainSignature, SignatureExplained
from gateway.admission.explaining import explain
from gateway.directory import Directory, Key
from gateway.main import build

METHOD, TARGET = "POST", "/v1/payments?x=%E7%89%A9"
BODY = '{"amount": 1299, "subject": "物业费"}'
NOW = 1_763_784_306
NONCE = "n1"


def text(**changes: Any) -> bytes:
    right = {"method": METHOD, "target": TARGET, "timestamp": NOW, "nonce": NONCE, "body": BODY}
    members = {**right, **changes}
    return signing.signed_text(**{**members, "body": members["body"].encode()})


def header(signed: bytes, *, secret: bytes = SECRET.encode(), **changes: Any) -> str:
    signature = base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
    members = {"alg": "HMAC-SHA256", "app_id": "A1", "key_id": "K1", "timestamp": NOW, **changes}
    return (
        f'PAYMESH-{members["alg"]} app_id="{members["app_id"]}",key_id="{members["key_id"]}",'
        f'timestamp="{members["timestamp"]}",nonce="{NONCE}",'
        f'signature="{members.get("signature", signature)}"'
    )


def found(
    authorization: str, *, signed_text: str | None = None, directory: Directory | None = None
) -> SignatureExplained:
    asked = ExplainSignature(
        method=METHOD,
        target=TARGET,
        authorization=authorization,
        body=BODY,
        signed_text=signed_text,
    )
    known = directory or harness().directory
    return explain(known, asked, api_url="https://pay.example", now_s=NOW)


def places(explained: SignatureExplained) -> list[str]:
    return [fault.place for fault in explained.faults]


def test_a_right_signature_is_said_to_be_right() -> None:
    explained = found(header(text()))
    assert (explained.is_valid, explained.faults) == (True, [])
    assert explained.signed_text == text().decode()


@pytest.mark.parametrize(
    ("place", "signed"),
    [
        ("method", text(method="post")),
        ("target", text(target="/v1/payments")),
        ("target", text(target="/v1/payments?x=物")),
        ("target", text(target="https://pay.example/v1/payments?x=%E7%89%A9")),
        ("target", text(target="/v1/payments/?x=%E7%89%A9")),
        ("body", text(body="")),
        ("body", text(body=BODY + "\n")),
        ("body", text(body=json.dumps(json.loads(BODY)))),
        ("body", text(body=json.dumps(json.loads(BODY), separators=(",", ":")))),
        ("body", text()[:-1]),
    ],
)
def test_the_usual_mistakes_are_recognised_by_their_line(place: str, signed: bytes) -> None:
    assert places(found(header(signed))) == [place]


@pytest.mark.parametrize(
    ("place", "members"),
    [
        ("method", text(method="PUT")),
        ("target", text(target="/v1/other")),
        ("timestamp", text(timestamp=NOW - 1)),
        ("nonce", text(nonce="n2")),
        ("body", text(body="{}")),
        ("body", text()[:-1]),
    ],
)
def test_who_tells_what_was_signed_is_told_the_line(place: str, members: bytes) -> None:
    explained = found(header(members), signed_text=members.decode())
    assert places(explained) == [place]


def test_the_right_text_under_another_key_is_a_matter_of_the_key() -> None:
    explained = found(header(text(), secret=b"another"), signed_text=text().decode())
    assert places(explained) == ["signature"]
    assert places(found(header(text(), secret=b"another"))) == ["signature"]


@pytest.mark.parametrize(
    ("place", "changes"),
    [
        ("key", {"app_id": "A9"}),
        ("key", {"key_id": "K9"}),
        ("key", {"alg": "ED25519"}),
        ("authorization", {"alg": "MD5"}),
        ("authorization", {"timestamp": NOW * 1000}),
        ("authorization", {"signature": "no base64!"}),
    ],
)
def test_what_names_the_signer_is_looked_at_too(place: str, changes: dict[str, Any]) -> None:
    assert places(found(header(text(), **changes))) == [place]


def test_a_clock_that_is_wrong_is_said_with_how_much() -> None:
    late = NOW - 3_600
    explained = found(header(text(timestamp=late), timestamp=late))
    assert places(explained) == ["clock"]
    assert "-3,600 s" in explained.faults[0].message


def test_a_secret_that_was_decoded_and_a_signature_in_hex_are_recognised() -> None:
    secret = base64.b64encode(b"sixteen bytes ok").decode()
    directory = harness().directory
    directory.put(Key("K1", "A1", KeyAlgorithm.HMAC_SHA256, signing.hmac_key(secret)))
    decoded = header(text(), secret=base64.b64decode(secret))
    assert places(found(decoded, directory=directory)) == ["key"]
    digest = hmac.new(SECRET.encode(), text(), "sha256").hexdigest().encode()
    in_hex = header(text(), signature=base64.b64encode(digest).decode())
    assert places(found(in_hex)) == ["signature"]
    assert "hex" in found(in_hex).faults[0].message


@pytest.mark.parametrize("alg", ["ED25519", "RSA-SHA256"])
def test_the_line_is_found_for_public_keys_too(alg: str) -> None:
    pem = signing_vectors.key_file("ed25519.pub.pem" if alg == "ED25519" else "rsa.pub.pem")
    kind = KeyAlgorithm(alg)
    directory = harness().directory
    directory.put(Key("K1", "A1", kind, signing.public_key(kind, pem)))
    signed = text(target="/v1/payments")
    signature = base64.b64encode(signing_vectors.signer(kind).sign(signed)).decode()
    shown = header(signed, alg=alg, signature=signature)
    assert places(found(shown, directory=directory)) == ["target"]


def asked(authorization: str) -> dict[str, str]:
    return {"method": METHOD, "target": TARGET, "authorization": authorization, "body": BODY}


def sandboxed(parts: Harness) -> Any:
    app = build(settings(explain_signatures=True))
    app.state.deps, app.state.admission = parts.deps, application(parts).state.admission
    return app


async def test_a_sandbox_explains_and_tells_no_secret() -> None:
    now = int(time.time())
    shown = header(text(timestamp=now, method="post"), timestamp=now)
    async with client_of(sandboxed(harness())) as client:
        answer = await client.plain.post("/v1/signature/explain", json=asked(shown))
        wrong = await client.plain.post("/v1/signature/explain", json={"method": 1})
    assert answer.status_code == 200
    assert wrong.status_code == 422
    assert SECRET not in answer.text


async def test_in_production_there_is_no_such_door() -> None:
    async with client_of(application(harness())) as client:
        for content in (asked(header(text())), {}):
            answer = await client.plain.post("/v1/signature/explain", json=content)
            assert answer.status_code == 404
