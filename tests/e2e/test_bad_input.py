"""Whatever a caller sends: a clear problem, nothing stored, never a 5xx."""

import json
import time
from typing import Any

import asyncpg
import httpx
import pytest
from tests.e2e.journey import request
from tests.e2e.running import RunningStack

from contracts import signing
from contracts.events.configuration import KeyAlgorithm
from paymesh_local.client import ApiClient

pytestmark = pytest.mark.asyncio(loop_scope="session")

NO_SUCH = "01KAN5C2FN0000000000000000"


async def count_of_orders(stack: RunningStack) -> int:
    database = await asyncpg.connect(stack.demo["database_urls"]["trade_core"])
    count: int = await database.fetchval("SELECT count(*) FROM orders")
    await database.close()
    return count


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        (b"", 415, "unsupported_media_type"),
        (b"{", 422, "invalid_request"),
        (b"[]", 422, "invalid_request"),
        (b"null", 422, "invalid_request"),
        (b'{"amount": 1, "amount": 2}', 422, "invalid_request"),
        (b'{"amount": NaN}', 422, "invalid_request"),
        (b"\xff\xfe", 422, "invalid_request"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, 422, "invalid_request"),
        (b'{"subject": "' + b"x" * 66_000 + b'"}', 413, "body_too_large"),
    ],
)
async def test_a_broken_body_is_a_problem(
    stack: RunningStack, api: ApiClient, text: bytes, status: int, code: str
) -> None:
    before = await count_of_orders(stack)
    answer = await api.send("POST", "/v1/payments", text)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert await count_of_orders(stack) == before


@pytest.mark.parametrize(
    ("change", "status", "code", "pointer"),
    [
        ({"amount": 12.99}, 422, "invalid_request", "/amount"),
        ({"amount": "1299"}, 422, "invalid_request", "/amount"),
        ({"amount": 0}, 422, "invalid_request", "/amount"),
        ({"colour": "red"}, 422, "invalid_request", "/colour"),
        ({"payer": {"nickname": "x"}}, 422, "invalid_request", "/payer/nickname"),
        ({"subject": "a\nb"}, 422, "invalid_request", "/subject"),
        ({"method": "pigeon"}, 422, "invalid_request", "/method"),
        ({"payment_id": "C" + NO_SUCH}, 404, "not_found", None),
        ({"merchant_id": "M" + NO_SUCH}, 404, "not_found", None),
    ],
)
async def test_a_wrong_member_is_named(
    stack: RunningStack,
    api: ApiClient,
    change: dict[str, Any],
    status: int,
    code: str,
    pointer: str | None,
) -> None:
    before = await count_of_orders(stack)
    answer = await api.post("/v1/payments", request(stack.demo, **change))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    if pointer:
        assert pointer in [error["pointer"] for error in problem["errors"]]
    assert await count_of_orders(stack) == before


async def test_every_wrong_signature_gets_one_and_the_same_answer(stack: RunningStack) -> None:
    demo, body = stack.demo, json.dumps(request(stack.demo)).encode()
    right = {
        "alg": KeyAlgorithm.HMAC_SHA256,
        "app_id": demo["app"]["app_id"],
        "key_id": demo["app"]["key_id"],
        "method": "POST",
        "target": "/v1/payments",
        "timestamp": int(time.time()),
        "nonce": "a-nonce",
        "body": body,
    }
    wrongs: list[dict[str, Any]] = [
        {"app_id": "A" + NO_SUCH},
        {"key_id": "K" + NO_SUCH},
        {"timestamp": int(time.time()) - 301},
        {"timestamp": int(time.time()) + 400},
        {"target": "/v1/payments?x=1"},
        {"method": "PUT"},
        {"body": body + b" "},
        {"alg": KeyAlgorithm.ED25519},
    ]
    signer = signing.hmac_key(demo["app"]["secret"])
    headers = [signing.authorization(signer, **{**right, **wrong}) for wrong in wrongs]
    other = signing.hmac_key("another secret")
    headers += [signing.authorization(other, **right), "", "Bearer x", "PAYMESH-HMAC-SHA256 x"]
    answers = set()
    async with httpx.AsyncClient(base_url=demo["gateway_url"], trust_env=False) as client:
        for header in headers:
            given = {"Authorization": header} if header else {}
            answer = await client.post(
                "/v1/payments", content=body, headers={"Content-Type": "application/json", **given}
            )
            problem = answer.json()
            problem.pop("request_id")
            answers.add((answer.status_code, json.dumps(problem, sort_keys=True)))
    assert len(answers) == 1
    assert answers.pop()[0] == 401


async def test_a_nonce_is_good_for_one_request(stack: RunningStack) -> None:
    demo = stack.demo
    target = f"/v1/orders/none?merchant_id={demo['merchant_id']}"
    header = signing.authorization(
        signing.hmac_key(demo["app"]["secret"]),
        alg=KeyAlgorithm.HMAC_SHA256,
        app_id=demo["app"]["app_id"],
        key_id=demo["app"]["key_id"],
        method="GET",
        target=target,
        timestamp=int(time.time()),
        nonce=f"once-{time.time_ns()}",
        body=b"",
    )
    async with httpx.AsyncClient(base_url=demo["gateway_url"], trust_env=False) as client:
        answers = [await client.get(target, headers={"Authorization": header}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [404, 401]


async def test_a_webhook_for_nobody_gives_no_hint(stack: RunningStack) -> None:
    demo = stack.demo
    async with httpx.AsyncClient(base_url=demo["gateway_url"], trust_env=False) as client:
        unknown = await client.post(f"/webhooks/wechat/C{NO_SUCH}", content=b"{}")
        crossed = await client.post(
            f"/webhooks/alipay/{demo['payment_ids']['wechat']}", content=b"{}"
        )
        forged = await client.post(
            f"/webhooks/wechat/{demo['payment_ids']['wechat']}", content=b"{}"
        )
    assert (unknown.status_code, crossed.status_code, forged.status_code) == (404, 404, 401)
