"""The gateway's edge on real sockets: what is refused, what is bounded, what comes again."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.integration.gateway.harness import MAX_IN_FLIGHT, Harness, publish, until

from chassis.producer import NotPublished
from contracts.events.configuration import KeyAlgorithm, KeyEntity, State
from gateway.flows.deps import Deps
from gateway.outgoing.results import Result, Results
from paymesh_local.client import ApiClient

PRIVATE = ("/health/live", "/health/ready", "/metrics")

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 422, "invalid_request"),
        (b'{"amount": 1, "amount": 2}', 422, "invalid_request"),
        (b'{"subject": "\\ud800"}', 422, "invalid_request"),
        (b"\xff", 422, "invalid_request"),
        (b" " * 65_537, 413, "body_too_large"),
    ],
)
async def test_a_broken_body_stores_nothing(
    harness: Harness, api: ApiClient, body: bytes, status: int, code: str
) -> None:
    before = len(harness.trade_core.payments)
    answer = await api.send("POST", "/v1/payments", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert len(harness.trade_core.payments) == before


async def test_a_body_without_a_length_is_bounded_too(harness: Harness) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 1_024

    async with httpx.AsyncClient(base_url=harness.gateway_url, trust_env=False) as client:
        answer = await client.post("/v1/payments", content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"amount": 12.99}, "/amount"),
        ({"amount": True}, "/amount"),
        ({"colour": "red"}, "/colour"),
        ({"payer": {"nickname": "x"}}, "/payer/nickname"),
        ({"split": [{"account": "a", "amount": 1300, "description": "d"}]}, "/split"),
    ],
)
async def test_a_wrong_member_is_named(
    harness: Harness, api: ApiClient, change: dict[str, Any], pointer: str
) -> None:
    answer = await api.post("/v1/payments", harness.request(**change))
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_request_is_good_for_once(harness: Harness, api: ApiClient) -> None:
    first = await api.get("/v1/deliveries?state=%70ending&x=%C3%BC")
    async with httpx.AsyncClient(trust_env=False) as client:
        again = await client.send(
            client.build_request("GET", first.request.url, headers=first.request.headers)
        )
    assert (first.status_code, again.status_code) == (200, 401)


async def test_a_replay_answers_the_first_payment(harness: Harness, api: ApiClient) -> None:
    requested = harness.request()
    first = await api.post("/v1/payments", requested)
    again = await api.post("/v1/payments", requested)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json()["payment_no"] == first.json()["payment_no"]


async def test_past_the_limit_in_flight_is_503_at_once(harness: Harness, api: ApiClient) -> None:
    await harness.fault(channel="alipay", operation="pay", fault="delay", delay_s=4)
    requests = [harness.request("alipay") for _ in range(MAX_IN_FLIGHT + 8)]
    asked = asyncio.as_completed([api.post("/v1/payments", requested) for requested in requests])
    answers = [await answer for answer in asked]
    refused = [answer for answer in answers if answer.status_code == 503]
    assert len(refused) >= 8
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    # Each of them came while all the others still hung at their channel.
    statuses = [answer.status_code for answer in answers]
    assert statuses == [503] * len(refused) + [201] * (len(answers) - len(refused))


class _Down(Results):
    """A bus that takes nothing."""

    def __init__(self) -> None:
        self.refused: list[Result] = []

    async def publish(self, *results: Result) -> None:
        self.refused.extend(results)
        raise NotPublished("results", "down")


async def test_a_webhook_that_cannot_be_made_durable_comes_again(
    harness: Harness, api: ApiClient
) -> None:
    payment = (await api.post("/v1/payments", harness.request())).json()
    deps: Deps = harness.app.state.deps
    down = _Down()
    harness.app.state.deps = replace(deps, results=down)
    await harness.pay(payment["payment_no"])
    await until(lambda: bool(down.refused))
    harness.app.state.deps = deps
    notification = await harness.result(payment["payment_no"], source="notice")
    assert notification["verdict"] == "succeeded"
    truth = await harness.sandbox.get(
        "/_control/truth", params={"payment_no": payment["payment_no"]}
    )
    statuses = [each["status"] for each in truth.json()["trades"][0]["notices"]]
    assert statuses[0] == 503
    assert statuses[-1] in (200, 204)


async def test_what_the_bus_did_not_take_is_unknown(harness: Harness, api: ApiClient) -> None:
    deps: Deps = harness.app.state.deps
    harness.app.state.deps = replace(deps, results=_Down())
    answer = await api.post("/v1/payments", harness.request())
    harness.app.state.deps = deps
    assert (answer.status_code, answer.json()["code"]) == (504, "unknown")
    assert answer.json()["payment"]["status"] == "unknown"


async def test_a_tampered_notification_is_refused_and_the_true_one_taken(
    harness: Harness, api: ApiClient
) -> None:
    await harness.fault(channel="wechat", operation="notice", fault="tamper", times=1)
    payment = (await api.post("/v1/payments", harness.request())).json()
    await harness.pay(payment["payment_no"])
    await harness.result(payment["payment_no"], source="notice")
    truth = await harness.sandbox.get(
        "/_control/truth", params={"payment_no": payment["payment_no"]}
    )
    assert truth.json()["trades"][0]["notices"][0]["status"] == 401


async def test_a_registered_change_is_known_soon(harness: Harness, api: ApiClient) -> None:
    key_id = harness.credentials.key_id
    disabled = KeyEntity(
        version=2,
        state=State.DISABLED,
        key_id=key_id,
        app_id=harness.credentials.app_id,
        alg=KeyAlgorithm.HMAC_SHA256,
        public_key_pem=None,
        secret_sealed=None,
    )
    assert (await api.get("/v1/deliveries")).status_code == 200
    await publish(harness.producer, key_id, disabled)
    directory = harness.app.state.deps.directory
    await until(lambda: directory.find_key(key_id) is None)
    assert (await api.get("/v1/deliveries")).status_code == 401


async def test_docs_are_open_and_health_and_metrics_on_the_private_port(harness: Harness) -> None:
    async with httpx.AsyncClient(base_url=harness.gateway_url, trust_env=False) as client:
        for path in ("/docs", "/openapi.json"):
            assert (await client.get(path)).status_code == 200, path
        assert json.loads((await client.get("/openapi.json")).content)["paths"]
        for path in (*PRIVATE, "/internal/channels"):
            assert (await client.get(path)).status_code == 404, path
    transport = httpx.ASGITransport(harness.app.private)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        for path in PRIVATE:
            assert (await client.get(path)).status_code == 200, path
        assert "channel_calls_total" in (await client.get("/metrics")).text
        assert (await client.get("/internal/channels")).status_code == 401


async def test_the_docs_need_nothing_from_elsewhere(harness: Harness) -> None:
    async with httpx.AsyncClient(base_url=harness.gateway_url, trust_env=False) as client:
        page = (await client.get("/docs")).text
        parts = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert len(parts) == 3
        for part in parts:
            assert (await client.get(f"/{part}")).status_code == 200, part
        assert (await client.get("/docs/LICENSE")).status_code == 422
