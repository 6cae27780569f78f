"""银联: a form, a code shown, a code scanned and an app's number: paid, told and refunded."""

import html
import re
from typing import Any

import httpx
import pytest
from tests.e2e.journey import (
    created,
    has_status,
    paid,
    payment_of,
    request,
    tells,
    trade_at_channel,
)
from tests.e2e.running import RunningStack, eventually

from paymesh_local.callbacks import CallbackReceiver
from paymesh_local.client import ApiClient

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_code_is_paid_told_and_refunded(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, callbacks: CallbackReceiver
) -> None:
    payment = await created(api, _request(stack, "native", notify_url=callbacks.url))
    assert payment["action"]["qr_code"].startswith("https://qr.95516.com/")
    await paid(sandbox, payment["payment_no"])
    await callbacks.expect(tells("payment.succeeded", payment["payment_no"]))
    refund_no = await _refunded(api, payment, 300, callbacks)
    await callbacks.expect(tells("refund.succeeded", refund_no))
    assert (await payment_of(api, payment["payment_no"]))["amount_refunded"] == 300


@pytest.mark.parametrize("fault", [None, "no_undo", "drop_answer", "drop_request"])
async def test_all_of_todays_payment_goes_back_once(
    stack: RunningStack,
    api: ApiClient,
    sandbox: httpx.AsyncClient,
    callbacks: CallbackReceiver,
    fault: str | None,
) -> None:
    """By an undo until 22:00 in Beijing, by a refund where the issuer takes none, and after it."""
    payment = await created(api, _request(stack, "native", notify_url=callbacks.url))
    number, amount = payment["payment_no"], payment["amount"]
    await paid(sandbox, number)
    await callbacks.expect(tells("payment.succeeded", number))
    if fault is not None:
        strikes = {"channel": "unionpay", "operation": "refund", "fault": fault, "times": 1}
        await sandbox.post("/_control/faults", json={**strikes, "payment_no": number})
    refund_no = await _refunded(api, payment, amount, callbacks)
    await callbacks.expect(tells("refund.succeeded", refund_no))
    assert (await payment_of(api, number))["amount_refunded"] == amount
    trade = await trade_at_channel(sandbox, number)
    assert trade is not None
    assert trade["refunded"] == amount
    went_back = [each for each in trade["refunds"] if each["state"] != "failed"]
    assert [each["amount"] for each in went_back] == [amount]
    await sandbox.delete("/_control/faults")


async def test_the_browser_brings_the_form_to_the_page(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient
) -> None:
    payment = await created(api, _request(stack, "pc"))
    action = payment["action"]
    assert action["type"] == "form"
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as browser:
        page = await browser.post(action["url"], data=action["fields"])
        assert payment["payment_no"] in page.text
        await browser.post(page.url, data={"decision": "pay"})
    await eventually(has_status(api, payment["payment_no"], "succeeded"))


async def test_who_chose_it_on_our_page_has_it_asked_about(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient
) -> None:
    """UnionPay knows a payment only by the kind of business that it was paid as; nothing of it is
    told to us, and the page asks."""
    payment = await created(api, _request(stack, "cashier"))
    url, number = payment["action"]["url"], payment["payment_no"]
    phone = {"User-Agent": "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Mobile"}
    async with httpx.AsyncClient(trust_env=False, headers=phone) as browser:
        await browser.get(url)
        chosen = await browser.post(
            f"{url}/channel", data={"payment_id": _account(stack)}, follow_redirects=True
        )
        form = re.search(
            r'<form[^>]*action="([^"]*frontTransReq[^"]*)"(.*?)</form>', chosen.text, re.S
        )
        assert form is not None, chosen.text
        fields = re.findall(r'name="([^"]+)" value="([^"]*)"', form[2])
        asked = {name: html.unescape(value) for name, value in fields}
        page = await browser.post(html.unescape(form[1]), data=asked, follow_redirects=True)
        assert number in page.text
        taken = await sandbox.post("/_control/pay", json={"payment_no": number, "notify": False})
        assert taken.is_success
        await browser.post(f"{url}/check")
    assert (await payment_of(api, number))["status"] == "succeeded"


async def test_an_app_is_given_its_number(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient
) -> None:
    payment = await created(api, _request(stack, "app"))
    assert payment["action"]["params"]["tn"]
    await paid(sandbox, payment["payment_no"])
    await eventually(has_status(api, payment["payment_no"], "succeeded"))


async def test_a_scanned_code_is_paid_without_anything_to_do(
    stack: RunningStack, api: ApiClient
) -> None:
    payment = await created(
        api, _request(stack, "barcode", payer={"auth_code": "6220000000000000011"})
    )
    await eventually(has_status(api, payment["payment_no"], "succeeded"))


async def test_a_scanned_code_that_nobody_knows_of_is_taken_back(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient
) -> None:
    """The code was taken, the answer and the notification are lost, and the till closes the order:
    whether the close or the query is quicker, the payer has paid nothing that is not booked."""
    lost = {"channel": "unionpay", "fault": "drop_answer", "times": 1}
    for fault in (
        {**lost, "operation": "pay"},
        {**lost, "operation": "notice", "fault": "drop_request"},
        {**lost, "operation": "query", "times": 3},
    ):
        assert (await sandbox.post("/_control/faults", json=fault)).status_code == 201
    body = _request(stack, "barcode", payer={"auth_code": "6220000000000000011"})
    answer = await api.post("/v1/payments", body)
    assert answer.status_code == 504
    payment = answer.json()["payment"]
    path = f"/v1/orders/{payment['merchant_order_no']}/close"
    assert (await api.post(path, {"merchant_id": payment["merchant_id"]})).is_success
    await eventually(has_status(api, payment["payment_no"], "closed"))
    trade = await trade_at_channel(sandbox, payment["payment_no"])
    assert trade is not None
    assert trade["state"] == "closed"
    await sandbox.delete("/_control/faults")


async def test_a_wrong_amount_is_a_conflict(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient
) -> None:
    payment = await created(api, _request(stack, "native"))
    await paid(sandbox, payment["payment_no"], amount=1)
    await eventually(has_status(api, payment["payment_no"], "conflicted"))


async def _refunded(
    api: ApiClient, payment: dict[str, Any], amount: int, callbacks: CallbackReceiver
) -> str:
    """The number of a new refund of this payment."""
    refund = await api.post(
        "/v1/refunds",
        {
            "merchant_id": payment["merchant_id"],
            "payment_id": payment["payment_id"],
            "payment_no": payment["payment_no"],
            "merchant_refund_no": f"{payment['merchant_order_no']}-R",
            "amount": amount,
            "notify_url": callbacks.url,
        },
    )
    assert refund.status_code == 201
    return str(refund.json()["refund_no"])


def _account(stack: RunningStack) -> str:
    return str(stack.demo["payment_ids"]["unionpay"])


def _request(stack: RunningStack, method: str, **changes: Any) -> dict[str, Any]:
    return request(stack.demo, "unionpay", method=method, **changes)
