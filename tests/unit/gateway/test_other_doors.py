"""The doors that are not for apps: webhooks of third parties, and our own services."""

import httpx
import pytest
from tests.unit.gateway.client import ADMIN_TOKEN, application, client_of
from tests.unit.gateway.harness import fake_plugin, harness

from gateway.directory import ChannelAccount


async def test_webhooks_are_bounded_and_answer_in_the_channels_form() -> None:
    body = b'{"payment_no": "P1", "amount": 1299}'
    async with client_of(application(harness())) as client:
        post = client.plain.post
        answers: list[httpx.Response] = [
            await post("/webhooks/fake/C1", content=body, headers={"Signature": "C1's key"}),
            await post("/webhooks/fake/C1", content=body),
            await post("/webhooks/fake/C9", content=body),
            await post("/webhooks/fake/C1", content=b"x" * 262_145),
            await client.plain.get("/webhooks/fake/C1"),
        ]
    assert [answer.status_code for answer in answers] == [200, 401, 404, 413, 405]
    assert answers[0].text == "success"


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks/fake/C1/",
        "/webhooks/fake/C1//",
        "/webhooks/fake//C1",
        "/webhooks//fake/C1",
        "//webhooks/fake/C1",
        "/webhooks/fake/C1%2F",
        "/webhooks/fake/C1/x",
        "/webhooks/fake/",
        "/Webhooks/fake/C1",
    ],
)
async def test_a_webhook_beside_its_address_is_not_acknowledged_and_comes_again(path: str) -> None:
    """Nor is it sent elsewhere: a redirected POST loses its body at many a channel."""
    gateway = harness()
    body = b'{"payment_no": "P1", "amount": 1299}'
    async with client_of(application(gateway)) as client:
        url = httpx.URL("http://gateway", raw_path=path.encode())
        answer = await client.plain.post(url, content=body, headers={"Signature": "C1's key"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert gateway.producer.taken == []


async def test_a_webhook_whose_slash_is_encoded_is_at_its_address() -> None:
    """Acknowledged, and so published."""
    gateway = harness()
    body = b'{"payment_no": "P1", "amount": 1299}'
    async with client_of(application(gateway)) as client:
        url = httpx.URL("http://gateway", raw_path=b"/webhooks/fake%2FC1")
        answer = await client.plain.post(url, content=body, headers={"Signature": "C1's key"})
    assert (answer.status_code, answer.text, len(gateway.producer.taken)) == (200, "success", 1)


async def test_internal_routes_want_the_token_of_a_caller() -> None:
    ours = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    path = "/internal/channels/fake/credentials"
    async with client_of(application(harness()).private) as client:
        plain = client.plain
        assert (await client.get("/internal/channels")).status_code == 401
        channels = (await plain.get("/internal/channels", headers=ours)).json()["items"]
        good = await plain.post(path, json={"credentials": {"key": "k"}}, headers=ours)
        bad = await plain.post(path, json={"credentials": {"url": "http://x"}}, headers=ours)
        foreign = await plain.post(
            path, json={"credentials": {"key": "k", "url": "http://x"}}, headers=ours
        )
        nowhere = await plain.post(
            "/internal/channels/none/credentials", json={"credentials": {}}, headers=ours
        )
    assert channels[0]["channel"] == "fake"
    assert "key" in channels[0]["credentials_schema"]["properties"]
    assert [a.status_code for a in (good, bad, foreign, nowhere)] == [200, 422, 422, 404]
    assert [error["pointer"] for error in bad.json()["errors"]] == ["/credentials/key"]
    assert [error["pointer"] for error in foreign.json()["errors"]] == ["/credentials/url"]


async def test_people_are_told_what_a_channel_cannot_give_back() -> None:
    """As apps are, before anything is opened."""
    gateway = harness()
    plugin = fake_plugin(max_amount=1_000)
    gateway.directory.put(ChannelAccount("C1", "M1", True, plugin, "C1's key"))
    path = "/internal/channel-accounts/C1/refunds/check"
    ours = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    async with client_of(application(gateway).private) as client:

        async def checked(**changes: object) -> httpx.Response:
            asked = {"merchant_id": "M1", "amount": 1_000, "currency": "CNY", **changes}
            return await client.plain.post(path, json=asked, headers=ours)

        good, bad, foreign = (
            await checked(), await checked(amount=1_001), await checked(merchant_id="M2"),
        )  # fmt: skip
    assert [answer.status_code for answer in (good, bad, foreign)] == [204, 422, 404]
    assert bad.json()["errors"] == [
        {
            "pointer": "/amount",
            "message": "is more than the channel takes: 10.00 CNY",
            "message_zh": "超过渠道单笔上限：10.00 CNY",
        }
    ]
