"""Our hosted page (收银台): from the link in the answer to the status that changes by itself."""

import asyncio
import base64
import re

import httpx
import pytest
from tests.e2e.admin_person import Person
from tests.e2e.journey import created, paid, request, tells
from tests.e2e.running import RunningStack, eventually

from paymesh_local.callbacks import CallbackReceiver
from paymesh_local.client import ApiClient

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_payer_chooses_scans_and_sees_it_paid(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, callbacks: CallbackReceiver
) -> None:
    body = request(
        stack.demo, method="cashier", subject="<script>alert(1)</script>", notify_url=callbacks.url
    )
    del body["payment_id"]
    payment = await created(api, body)
    assert payment["action"]["type"] == "redirect"
    url = payment["action"]["url"]
    assert url.startswith(stack.demo["cashier_url"])

    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as browser:
        page = (await browser.get(url)).text
        assert "12.99" in page
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page

        wechat = stack.demo["payment_ids"]["wechat"]
        assert wechat in page
        form = re.search(r'<form[^>]*action="([^"]+)"', page)
        assert form is not None
        chosen = await browser.post(httpx.URL(url).join(form.group(1)), data={"payment_id": wechat})
        assert chosen.status_code == 200
        assert "<svg" in chosen.text

        seen = asyncio.ensure_future(status_shown(browser, f"{url}/events", "succeeded"))
        await paid(sandbox, payment["payment_no"])
        await asyncio.wait_for(seen, 60)
    callback = await callbacks.expect(tells("payment.succeeded", payment["payment_no"]))
    assert callback.data["channel"] == "wechat"


async def status_shown(browser: httpx.AsyncClient, url: str, status: str) -> None:
    """Return when the server-sent events say this status."""
    async with browser.stream("GET", url, timeout=30) as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        async for line in events.aiter_lines():
            if line.startswith("data:") and status in line:
                return


async def test_the_page_looks_as_the_merchant_set_it(stack: RunningStack, api: ApiClient) -> None:
    body = request(stack.demo, method="cashier")
    del body["payment_id"]
    url = (await created(api, body))["action"]["url"]
    path = f"/api/merchants/{stack.demo['merchant_id']}"
    drawn = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">{}<path d="M1 1h6"/></svg>'
    logo = base64.b64encode(drawn.format("<script>alert(1)</script>").encode()).decode()
    async with (
        Person.signed_in(stack) as person,
        httpx.AsyncClient(trust_env=False) as browser,
    ):
        await person.call("PATCH", path, {"colour": "#0000ff", "logo": logo})
        found: list[str] = []

        async def is_shown() -> bool:
            page = (await browser.get(url)).text
            found[:] = re.findall(r'src="(/pay/logos/[^"]+)"', page)
            return bool(found) and "--brand:#0000ff" in page

        await eventually(is_shown)
        picture = await browser.get(stack.demo["cashier_url"] + found[0])
        await person.call("PATCH", path, {"colour": None, "logo": None})
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in picture.headers["content-security-policy"]
    assert "<path" in picture.text
    assert "script" not in picture.text


async def test_a_forged_link_shows_nothing(stack: RunningStack, api: ApiClient) -> None:
    body = request(stack.demo, method="cashier")
    del body["payment_id"]
    payment = await created(api, body)
    token = payment["action"]["url"].rsplit("/", 1)[1]
    forged = token[:-1] + ("A" if token[-1] != "A" else "B")
    async with httpx.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(f"{stack.demo['cashier_url']}/pay/{forged}")
    assert answer.status_code == 404
    assert "12.99" not in answer.text
