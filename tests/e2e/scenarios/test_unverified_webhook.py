"""Whoever knows our webhook's address sends it what they like."""

import asyncio
import re
import secrets
from typing import Any

import httpx
import pytest
from tests.e2e import all_books
from tests.e2e.admin_person import Person
from tests.e2e.harness import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")

AT_ONCE = 40

# Three as examples: the conformance suite forges what every channel sends.
FORGED: dict[str, dict[str, Any]] = {
    "wechat": {"json": {"event_type": "TRANSACTION.SUCCESS", "resource": {"nonce": "n"}}},
    "alipay": {"data": {"trade_status": "TRADE_SUCCESS", "sign_type": "RSA2", "sign": "c2ln"}},
    "easy": {"json": {"transState": "1", "sign": "c2ln"}},
}


@pytest.mark.parametrize("channel", FORGED)
async def test_unverified_webhook_costs_no_call_and_is_not_believed(
    harness: Harness, channel: str
) -> None:
    """It is counted and refused; nobody can make us ask a channel."""
    payment_id = await _account(harness, channel, harness.stack.demo["sandbox"][channel])
    before = await _counted(
        harness, "paymesh_channel_notifications_total", f'"{channel}",result="unverifiable"'
    )
    assert await _sent_at_once(harness, channel, payment_id) == [401] * AT_ONCE
    after = await _counted(
        harness, "paymesh_channel_notifications_total", f'"{channel}",result="unverifiable"'
    )
    assert after - before == AT_ONCE
    assert _calls(harness, payment_id, "") == 0

    body = harness.request(channel, payment_id=payment_id)
    payment = await harness.created(body)
    assert _calls(harness, payment_id, "pay") == 1
    await harness.pays(payment["payment_no"])
    await harness.becomes(payment["payment_no"], "succeeded")
    await all_books.agree(harness, body)


async def test_unverified_webhooks_download_certificates_once(harness: Harness) -> None:
    """In certificate mode an unknown serial number is asked for, but not as often as it comes."""
    payment_id = await _account(harness, "wechat", await _with_certificates(harness))
    before = await _counted(harness, "paymesh_channel_key_renewals_total", "")
    assert await _sent_at_once(harness, "wechat", payment_id) == [401] * AT_ONCE
    assert await _counted(harness, "paymesh_channel_key_renewals_total", "") - before <= 1


async def _account(harness: Harness, channel: str, credentials: dict[str, str]) -> str:
    async with Person.signed_in(harness.stack) as person:
        return await person.account(channel, credentials)


async def _sent_at_once(harness: Harness, channel: str, payment_id: str) -> list[int]:
    """Forged notifications, each somewhat different."""
    gateway = harness.stack.demo["gateway_url"]
    async with httpx.AsyncClient(base_url=gateway, trust_env=False, timeout=30) as anybody:

        async def one() -> int:
            ((form, content),) = FORGED[channel].items()
            stamp = secrets.token_hex(20).upper()
            headers = {
                "Wechatpay-Timestamp": "1700000000",
                "Wechatpay-Nonce": stamp,
                "Wechatpay-Serial": stamp,
                "Wechatpay-Signature": "c2lnbmVk",
            }
            url = f"/webhooks/{channel}/{payment_id}"
            given: dict[str, Any] = {form: content | {"out_trade_no": stamp}}
            return (await anybody.post(url, headers=headers, **given)).status_code

        return await asyncio.gather(*(one() for _ in range(AT_ONCE)))


async def _with_certificates(harness: Harness) -> dict[str, str]:
    """WeChat's credentials of the demo merchant, with a platform certificate for its key."""
    given = dict(harness.stack.demo["sandbox"]["wechat"])
    certificates = (await harness.sandbox.get("/_control/certificates")).json()["wechat"]
    del given["platform_public_key_id"], given["platform_public_key_pem"]
    return given | {"platform_certificate_pem": certificates["platform_certificate_pem"]}


def _calls(harness: Harness, payment_id: str, operation: str) -> int:
    """How often the gateway has called a channel so for this account."""
    log = (harness.stack.folder / "logs" / "gateway.log").read_text()
    called = ("channel.outcome", payment_id, operation)
    return sum(all(word in line for word in called) for line in log.splitlines())


async def _counted(harness: Harness, counter: str, labels: str) -> float:
    async with httpx.AsyncClient(trust_env=False) as http:
        text = (await http.get(f"{harness.stack.demo['private_urls']['gateway']}/metrics")).text
    lines = re.findall(rf"^{counter}\{{.*{re.escape(labels)}.*\}} (\S+)$", text, re.MULTILINE)
    return sum(map(float, lines))
