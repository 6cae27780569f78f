"""Access ends when it ends: at a certificate's last second, and when a merchant is taken away."""

import secrets
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID
from tests.e2e.admin_person import Person
from tests.e2e.harness import Harness
from tests.e2e.running import eventually

from contracts import signing
from contracts.events.configuration import KeyAlgorithm

pytestmark = pytest.mark.asyncio(loop_scope="session")

LASTS = timedelta(seconds=20)
"""Longer than registration and its way to the gateway take, also on a busy machine."""


def certificate(key: Ed25519PrivateKey, ends: datetime) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an app")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(ends)
        .sign(key, None)
    )
    return built.public_bytes(serialization.Encoding.PEM).decode()


async def test_a_certificate_opens_until_its_last_second(harness: Harness) -> None:
    key = Ed25519PrivateKey.generate()
    async with Person.signed_in(harness.stack) as person:
        app = await person.app()
        ends = datetime.now(UTC) + LASTS
        registered = await person.call(
            "POST",
            f"/api/apps/{app.app_id}/keys",
            {"alg": KeyAlgorithm.ED25519, "certificate": certificate(key, ends)},
        )

    async with httpx.AsyncClient(
        base_url=harness.stack.demo["gateway_url"], trust_env=False
    ) as http:

        async def status() -> int:
            header = signing.authorization(
                signing.Ed25519Signer(key),
                alg=KeyAlgorithm.ED25519,
                app_id=app.app_id,
                key_id=registered["key_id"],
                method="GET",
                target="/v1/events",
                timestamp=int(time.time()),
                nonce=secrets.token_hex(16),
                body=b"",
            )
            return (await http.get("/v1/events", headers={"Authorization": header})).status_code

        async def is_let_in() -> bool:
            return await status() == httpx.codes.OK

        await eventually(is_let_in)
        assert datetime.now(UTC) < ends + timedelta(seconds=1)

        async def is_over() -> bool:
            return await status() == httpx.codes.UNAUTHORIZED

        await eventually(is_over)
        assert datetime.now(UTC) >= ends.replace(microsecond=0)


async def test_a_merchant_taken_from_an_app_is_gone_from_its_every_call(harness: Harness) -> None:
    """Reading, creating, closing and refunding, and what it hears; callbacks in flight arrive."""
    async with Person.signed_in(harness.stack) as person:
        app = await person.app()
        async with Harness.open(harness.stack, app) as theirs:
            request = theirs.request("wechat")
            payment = await theirs.created(request)
            paid = await theirs.paid("alipay")
            other = await person.call("POST", "/api/merchants", {"name": "另一家 (tests)"})
            await person.call(
                "PATCH", f"/api/apps/{app.app_id}", {"merchant_ids": [other["merchant_id"]]}
            )

            async def is_gone() -> bool:
                answer = await theirs.api.get(f"/v1/payments/{payment['payment_no']}")
                return answer.status_code == httpx.codes.NOT_FOUND

            await eventually(is_gone)
            merchant, number = request["merchant_id"], request["merchant_order_no"]
            answers = {
                "read an order": await theirs.api.get(
                    f"/v1/orders/{number}?merchant_id={merchant}"
                ),
                "pay": await theirs.ask(theirs.request("wechat")),
                "close": await theirs.close(request),
                "refund": await theirs.ask_refund(paid, 1),
                "list": await theirs.api.get(f"/v1/payments?merchant_id={merchant}"),
                "offer": await theirs.api.get(f"/v1/capabilities?merchant_id={merchant}"),
            }
            let_in = {what: each.status_code for what, each in answers.items()}
            assert let_in == dict.fromkeys(answers, httpx.codes.NOT_FOUND)
            seen = (await theirs.api.get("/v1/events")).json()["items"]
            assert seen == []
