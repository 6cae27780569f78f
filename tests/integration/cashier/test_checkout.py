"""The hosted page, from the link to the end."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.e2e.running import eventually

from cashier.flows.admission import LINK_BURST, LINK_PER_S, MAX_READS
from cashier.flows.following import POLL_S
from cashier.flows.hub import MAX_PER_LINK
from chassis.producer import Message, Producer
from chassis.web import PublicApp
from contracts import topics
from contracts.events.orders import OrderEvent, OrderEventRecord
from contracts.identifiers import new_id

from .conftest import ALIPAY, LOGO_MARK, WECHAT, Gateway, cashier_at, served

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) Mobile/15E148 Safari/604.1"
WALLET = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) Mobile MicroMessenger/8.0.48"
PATIENCE_S = 60


async def test_the_page_shows_the_payment_and_escapes_it(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    page = await browser.get(f"/pay/{gateway.token}")
    assert page.status_code == 200
    assert "¥12.99" in page.text
    assert WECHAT in page.text
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text
    for asset in ("cashier.js", "cashier.css", "icon.svg"):
        assert (await browser.get(f"/static/{asset}")).status_code == 200


async def test_a_link_that_is_not_ours_is_not_found(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    forged = f"{gateway.payment_no}.{'x' * 22}"
    for token in (forged, "junk", "..%2F..%2Finternal", gateway.payment_no, f"{gateway.token}x"):
        for path in (f"/pay/{token}", f"/pay/{token}/events"):
            answer = await browser.get(path)
            assert answer.status_code == 404, path
            assert "12.99" not in answer.text
    assert gateway.asked == 2, "what has not the form of a token is not asked for"
    answer = await browser.get(f"/pay/{forged}")
    assert answer.headers["content-type"].startswith("text/html")


async def test_what_nobody_expected_is_a_page_too(
    cashier: PublicApp, browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    def broken() -> datetime:
        raise RuntimeError("the clock stands still")

    cashier.state.deps = replace(cashier.state.deps, clock=broken)
    answer = await browser.get(f"/pay/{gateway.token}", headers={"accept-language": "en"})
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("text/html")
    assert "We are busy" in answer.text
    assert f"url=/pay/{gateway.token}" in answer.text
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-request-id"]


async def test_a_choice_leads_to_the_page_of_its_own_attempt(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    answer = await browser.post(f"/pay/{gateway.token}/channel", data={"payment_id": ALIPAY})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/pay/{gateway.next_token}")
    assert gateway.chosen == [{"payment_id": ALIPAY, "client_ip": "127.0.0.1", "method": "native"}]
    assert answer.cookies["paymesh_attempt"] == gateway.payment_no
    assert answer.cookies["paymesh_channel"] == "wechat."
    page = (await browser.get(f"/pay/{gateway.token}")).text
    assert page.count("上次使用") == 1


async def test_what_the_channel_refuses_is_told_on_the_page(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    gateway.refusal = (402, "declined")
    answer = await browser.post(f"/pay/{gateway.token}/channel", data={"payment_id": WECHAT})
    assert answer.headers["location"] == f"/pay/{gateway.token}?refusal=declined"
    page = await browser.get(answer.headers["location"])
    assert 'role="alert"' in page.text


@pytest.mark.parametrize(
    ("wait_s", "refusal", "words"),
    [(2, "rate_limited", "请稍等几秒再选择"), (None, "attempts_over", "次数已达上限")],
)
async def test_choice_that_comes_too_soon_leaves_the_payer_on_the_page(
    browser: httpx.AsyncClient, gateway: Gateway, wait_s: int | None, refusal: str, words: str
) -> None:
    """The code that was shown was gone, and a page without a way to pay stood there."""
    gateway.refusal, gateway.wait_s = (429, "rate_limited"), wait_s
    data = {"payment_id": WECHAT, "place": "phone"}
    answer = await browser.post(f"/pay/{gateway.token}/channel", data=data)
    here = f"/pay/{gateway.token}?refusal={refusal}"
    assert (answer.status_code, answer.headers["location"]) == (303, f"{here}&place=phone")
    page = await browser.get(answer.headers["location"])
    assert words in page.text
    assert f'value="{ALIPAY}"' in page.text
    back = await browser.get("/pay/payer?state=s1&code=c1")
    assert back.headers["location"] == here


async def test_unanswered_attempt_is_asked_about_and_then_chosen_anew(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    gateway.payment = {"status": "unknown", "payment_id": WECHAT, "channel": "wechat"}
    page = (await browser.get(f"/pay/{gateway.token}")).text
    assert 'name="payment_id"' not in page
    answer = await browser.post(f"/pay/{gateway.token}/check")
    page = (await browser.get(answer.headers["location"])).text
    assert f'name="payment_id" value="{WECHAT}"' in page


@pytest.mark.parametrize(
    ("agent", "place", "method"),
    [
        (PHONE, "", "h5"),
        (PHONE, "desktop", "native"),
        ("python-httpx", "", "native"),
        ("python-httpx", "phone", "h5"),
        ("python-httpx", "wechat", "native"),
    ],
)
async def test_the_way_follows_the_place(
    browser: httpx.AsyncClient, gateway: Gateway, agent: str, place: str, method: str
) -> None:
    data = {"payment_id": WECHAT, "place": place}
    await browser.post(f"/pay/{gateway.token}/channel", data=data, headers={"User-Agent": agent})
    assert [each["method"] for each in gateway.chosen] == [method]


async def test_a_channels_own_page_is_opened_at_once(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    gateway.action = {"type": "redirect", "url": "https://wx.tenpay.com/x"}
    answer = await browser.post(
        f"/pay/{gateway.token}/channel",
        data={"payment_id": WECHAT},
        headers={"User-Agent": PHONE},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "https://wx.tenpay.com/x")
    assert answer.headers["referrer-policy"] == "strict-origin"


async def test_inside_a_wallet_the_payer_is_asked_for_and_comes_back(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    headers = {"User-Agent": WALLET}
    asked = await browser.post(
        f"/pay/{gateway.token}/channel", data={"payment_id": WECHAT}, headers=headers
    )
    assert asked.headers["location"] == "https://wallet.example/who?state=s1"
    visit = asked.cookies["paymesh_visit"]
    assert gateway.chosen == [{"payment_id": WECHAT, "visit": visit}]
    back = await browser.get("/pay/payer?code=c1&state=s1", headers=headers)
    assert (back.status_code, back.headers["location"]) == (303, f"/pay/{gateway.next_token}")
    assert gateway.came == [{"state": "s1", "code": "c1", "visit": visit, "client_ip": "127.0.0.1"}]
    await browser.get("/pay/payer?auth_code=c2&state=s1")
    assert gateway.came[-1]["code"] == "c2"


async def test_a_wallet_that_refuses_leads_back_with_words(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    gateway.refusal = (402, "declined")
    back = await browser.get("/pay/payer?state=s1")
    assert back.headers["location"] == f"/pay/{gateway.token}?refusal=payer_unknown"
    assert "没有得到钱包的授权" in (await browser.get(back.headers["location"])).text


async def test_refusal_of_the_channel_inside_a_wallet_is_told_on_the_page(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    """It led to an address without a page."""
    gateway.refusal, gateway.extra = (402, "declined"), {"payment": {"payment_no": "P1"}}
    back = await browser.get("/pay/payer?state=s1&code=c1")
    assert back.headers["location"] == f"/pay/{gateway.token}?refusal=declined"


async def test_another_wallets_offer_cannot_be_chosen_here(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    answer = await browser.post(
        f"/pay/{gateway.token}/channel",
        data={"payment_id": ALIPAY},
        headers={"User-Agent": WALLET},
    )
    assert answer.headers["location"] == f"/pay/{gateway.token}?refusal=not_here"
    assert gateway.chosen == []


async def test_back_from_a_channel_it_is_asked_whatever_the_browser_says(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    answer = await browser.get(f"/pay/{gateway.token}/back?trade_status=TRADE_SUCCESS")
    checked = f"/pay/{gateway.token}?checked=1"
    assert (answer.status_code, answer.headers["location"]) == (303, checked)
    answer = await browser.post(f"/pay/{gateway.token}/check")
    assert answer.headers["location"] == checked
    assert gateway.checked == 2


async def test_whom_a_channel_sends_back_began_it_on_this_device(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    """Who was sent to the channel by the app itself was shown a payment "on another device"."""
    action = {"type": "redirect", "url": "https://checkout.stripe.com/x"}
    gateway.payment = {"payment_id": WECHAT, "channel": "wechat", "action": action}
    page = f"/pay/{gateway.token}"
    assert 'data-stage="elsewhere"' in (await browser.get(page)).text
    await browser.get(f"{page}/back")
    assert 'data-stage="go"' in (await browser.get(page)).text


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("language", "words"), [("zh", "请勿重复"), ("en", "do not pay again")])
async def test_payers_of_apps_without_a_page_land_on_ours(
    browser: httpx.AsyncClient, gateway: Gateway, method: str, language: str, words: str
) -> None:
    answer = await browser.request(
        method, "/pay/landing", data={"respCode": "00"}, headers={"Accept-Language": language}
    )
    assert answer.status_code == 200
    assert words in answer.text
    assert 'href="/pay/landing?lang=' in answer.text
    assert gateway.checked == 0


async def test_the_place_that_the_payer_chose_stays_after_check_and_way_back(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    """Who had chosen to pay on this device found the code for another one."""
    gateway.action = {"type": "redirect", "url": "https://wx.tenpay.com/x"}
    here = f"/pay/{gateway.token}"
    page = (await browser.get(f"{here}?place=phone")).text
    assert f'data-check="{here}/check?place=phone"' in page
    checked = await browser.post(f"{here}/check?place=phone")
    assert checked.headers["location"] == f"{here}?place=phone&checked=1"
    asked = f"{here}?checked=1"
    for place, back in (("phone", f"{here}?place=phone&checked=1"), ("moon", asked), ("", asked)):
        data = {"payment_id": WECHAT, "place": place}
        await browser.post(f"{here}/channel", data=data)
        assert (await browser.get(f"{here}/back")).headers["location"] == back


async def test_the_pages_address_is_an_image_to_keep(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    image = await browser.get(f"/pay/{gateway.token}/code.png")
    assert image.headers["content-type"] == "image/png"
    assert image.content.startswith(b"\x89PNG")


async def test_wechats_proofs_are_served(browser: httpx.AsyncClient) -> None:
    proof = await browser.get("/MP_verify_Abc123Def456Ghi7.txt")
    assert (proof.status_code, proof.text) == (200, "Abc123Def456Ghi7")
    assert (await browser.get("/MP_verify_other.txt")).status_code == 404


async def test_browsers_without_streams_poll_the_same(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    async with watching(browser, gateway.token) as statuses:
        assert (await browser.get(f"/pay/{gateway.token}/status")).json() == await anext(statuses)


async def test_a_form_that_is_not_understood_leads_back_to_its_page(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    """It said that we are busy, or that there is no such payment."""
    its_page = f"/pay/{gateway.token}"
    sent: list[dict[str, Any]] = [
        {},
        {"data": {"payment_id": ""}},
        {"data": {"payment_id": "../x"}},
        {"data": {"payment_id": "C" * 5_000}},
        {"data": {f"field{number}": "x" for number in range(20)}},
        {"json": {"payment_id": WECHAT}},
    ]
    for form in sent:
        answer = await browser.post(f"{its_page}/channel", follow_redirects=False, **form)
        assert (answer.status_code, answer.headers["location"]) == (303, its_page), form
    answer = await browser.post(its_page, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, its_page)
    assert gateway.chosen == []


async def test_a_choice_that_nobody_knows_is_not_found(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    gateway.refusal = (404, "not_found")
    answer = await browser.post(
        f"/pay/{gateway.token}/channel", data={"payment_id": new_id("channel_account")}
    )
    assert answer.status_code == 404


async def test_while_the_gateway_is_away_the_page_says_so(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    gateway.is_away = True
    answer = await browser.get(f"/pay/{gateway.token}")
    assert (answer.status_code, "系统繁忙" in answer.text) == (503, True)


@asynccontextmanager
async def watching(
    browser: httpx.AsyncClient, token: str
) -> AsyncIterator[AsyncGenerator[dict[str, Any], None]]:
    async with browser.stream("GET", f"/pay/{token}/events", timeout=PATIENCE_S) as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        async with aclosing(_statuses(stream)) as statuses:
            yield statuses


async def _statuses(stream: httpx.Response) -> AsyncGenerator[dict[str, Any], None]:
    async for line in stream.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


async def keep_publishing(bootstrap: str, gateway: Gateway) -> None:
    """What trade-core says of this order, again and again: the service may just be joining."""
    status = gateway.checkout()
    data = OrderEvent.model_validate(
        {"app_id": "A1", "merchant_id": "M1", "order_id": "O1", "sequence": 3,
         "order": status["order"], "payment": status["payment"]}
    )  # fmt: skip
    event = OrderEventRecord(
        id=new_id("event"), source="paymesh/trade-core", type="order.paid", subject="O1",
        time=data.order.created_at, data=data,
    )  # fmt: skip
    producer = Producer(bootstrap, "test")
    await producer.start()
    try:
        while True:
            message = Message(topics.ORDER_EVENTS, "O1", event.to_bytes(), event.headers())
            await producer.send(message)
            await asyncio.sleep(0.2)
    finally:
        await producer.stop()


async def bus_is_present(cashier: PublicApp) -> None:
    """Returns once it has caught up with the bus."""

    async def is_present() -> bool:
        return not cashier.state.deps.hub.is_behind

    await eventually(is_present)


async def test_news_from_the_bus_reaches_the_page_at_once(
    cashier: PublicApp, browser: httpx.AsyncClient, gateway: Gateway, kafka_bootstrap: str
) -> None:
    """Once the bus is heard the gateway is not asked any more, as an idle page shows."""
    async with watching(browser, gateway.token) as statuses:
        first = await anext(statuses)
        assert (first["status"], first["stage"], first["final"]) == ("pending", "choose", False)
        await bus_is_present(cashier)
        gateway.pay()
        publishing = asyncio.ensure_future(keep_publishing(kafka_bootstrap, gateway))
        async with asyncio.timeout(PATIENCE_S):
            paid = await anext(statuses)
        publishing.cancel()
        await asyncio.wait([publishing])
        assert (paid["status"], paid["order"], paid["final"]) == ("succeeded", "paid", True)
        assert paid["mark"] != first["mark"]
        known = await browser.get(f"/pay/{gateway.token}/status")

    async def is_left() -> bool:
        return cashier.state.deps.hub.find_known(gateway.token) is None

    await eventually(is_left)
    before = gateway.asked
    read = await browser.get(f"/pay/{gateway.token}/status")
    assert gateway.asked == before + 1, "nobody watches any more"
    assert paid == known.json() == read.json(), "what the bus told is what a reading tells"


async def test_while_the_bus_is_away_the_page_asks_every_few_seconds(gateway: Gateway) -> None:
    async with (
        cashier_at(gateway, "127.0.0.1:9") as app,
        served(app) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as browser,
        watching(browser, gateway.token) as statuses,
    ):
        await anext(statuses)
        gateway.pay()
        async with asyncio.timeout(PATIENCE_S):
            assert (await anext(statuses))["status"] == "succeeded"


@pytest.mark.parametrize(
    ("order", "payment", "why"),
    [
        ("closed", "closed", "order_closed"),
        ("paid", "succeeded", "order_paid"),
        ("open", "conflicted", "payment_conflicted"),
    ],
)
async def test_a_choice_that_comes_too_late_is_told_why(
    browser: httpx.AsyncClient, gateway: Gateway, order: str, payment: str, why: str
) -> None:
    gateway.order, gateway.payment = {"status": order}, {"status": payment}
    gateway.offers = []
    answer = await browser.post(f"/pay/{gateway.token}/channel", data={"payment_id": WECHAT})
    assert answer.headers["location"] == f"/pay/{gateway.token}?refusal={why}"
    assert gateway.chosen == []


async def test_a_logo_is_a_picture_and_nothing_else_and_kept(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    merchant_id = new_id("merchant")
    for _ in range(2):
        answer = await browser.get(f"/pay/logos/{merchant_id}/{LOGO_MARK}")
        assert (answer.content, answer.headers["content-type"]) == (b"<svg/>", "image/svg+xml")
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "immutable" in answer.headers["cache-control"]
    assert gateway.logos == 1
    for path in (f"{merchant_id}/{'b' * 24}", f"M1/{LOGO_MARK}", f"{merchant_id}/..%2f..%2fx"):
        assert (await browser.get(f"/pay/logos/{path}")).status_code == 404


async def test_a_place_that_is_not_there_is_a_page(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/pay/", "/elsewhere"):
        answer = await browser.get(path)
        assert (answer.status_code, "没有找到" in answer.text) == (404, True)


async def test_head_is_answered_as_get_is(browser: httpx.AsyncClient, gateway: Gateway) -> None:
    for path in (f"/pay/{gateway.token}", f"/pay/{gateway.token}/code.png", "/pay/landing"):
        asked, headed = await browser.get(path), await browser.head(path)
        assert (headed.status_code, asked.status_code) == (200, 200), path
        assert headed.headers["content-type"] == asked.headers["content-type"]


async def test_a_tab_that_is_opened_anew_after_a_form_finds_the_page(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    for form in ("channel", "check"):
        answer = await browser.get(f"/pay/{gateway.token}/{form}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/pay/{gateway.token}")


async def test_a_method_that_an_address_does_not_know_is_told(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    answer = await browser.delete(f"/pay/{gateway.token}")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert "没有找到" in answer.text


async def test_the_time_that_is_up_ends_choosing_and_nothing_else(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    gateway.payment = {"payment_id": WECHAT, "channel": "wechat", "status": "unknown"}
    gateway.created_at, gateway.expires_in = datetime.now(UTC), timedelta(seconds=3)
    async with watching(browser, gateway.token) as statuses:
        assert (await anext(statuses))["stage"] == "wait"
        over = await anext(statuses)
        assert (over["stage"], over["final"]) == ("asking", False)
    page = (await browser.get(f"/pay/{gateway.token}")).text
    assert "时间已到，正在向渠道确认是否已付款，请勿重复付款" in page
    assert 'name="payment_id"' not in page


async def test_an_idle_page_asks_nobody(
    cashier: PublicApp, browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    async with watching(browser, gateway.token) as statuses:
        await anext(statuses)
        await bus_is_present(cashier)
        before = gateway.asked
        await asyncio.sleep(2 * POLL_S)  # twice what a silent bus would have been waited for
        assert gateway.asked <= before + 1, "once more, about what was told before it was heard"


async def test_watched_page_is_polled_without_a_read(
    cashier: PublicApp, browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    async with watching(browser, gateway.token) as statuses:
        first = await anext(statuses)
        await bus_is_present(cashier)

        async def is_known() -> bool:
            return cashier.state.deps.hub.find_known(gateway.token) is not None

        await eventually(is_known)
        gateway.answering.clear()  # a read would not come back
        for _ in range(10):
            polled = await browser.get(f"/pay/{gateway.token}/status")
            assert polled.json() == first
        async with watching(browser, gateway.token) as others:
            assert await anext(others) == first
        gateway.answering.set()


async def test_polls_of_one_link_are_limited(browser: httpx.AsyncClient, gateway: Gateway) -> None:
    began = time.monotonic()
    answers = [await browser.get(f"/pay/{gateway.token}/status") for _ in range(100)]
    allowed = LINK_BURST + LINK_PER_S * (time.monotonic() - began) + 1
    assert gateway.asked <= allowed
    refused = [each for each in answers if each.status_code == 429]
    assert len(refused) >= 100 - allowed
    assert refused[-1].headers["retry-after"] == "5"
    assert refused[-1].json()["code"] == "rate_limited", "scripts are told as programs are"
    assert (await browser.get(f"/pay/{gateway.token}")).status_code == 200, "people still read"


async def test_what_is_too_much_at_once_is_refused_at_once(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    """It waited five seconds in a line, and everybody's payments with it."""
    gateway.answering.clear()
    page = f"/pay/{gateway.token}"
    waiting = [asyncio.ensure_future(browser.get(page)) for _ in range(MAX_READS // 2)]

    async def is_full() -> bool:
        return gateway.asked == MAX_READS // 2

    await eventually(is_full)
    async with asyncio.timeout(4):
        refused = await browser.get(page)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert "系统繁忙" in refused.text
    gateway.answering.set()
    assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {200}
    assert (await browser.get(page)).status_code == 200


async def test_there_is_a_limit_of_streams_of_a_link_and_leaving_makes_room(
    browser: httpx.AsyncClient, gateway: Gateway
) -> None:
    path = f"/pay/{gateway.token}/events"
    async with contextlib.AsyncExitStack() as held:
        for _ in range(MAX_PER_LINK):
            statuses = await held.enter_async_context(watching(browser, gateway.token))
            await anext(statuses)
        gateway.answering.clear()
        refused = await browser.get(path)
        gateway.answering.set()
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "5"), "without a read"
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with contextlib.suppress(AssertionError):
                async with watching(browser, gateway.token) as again:
                    assert await anext(again)
                    return
            await asyncio.sleep(0.05)


async def test_the_service_says_how_it_is_on_its_private_port(
    browser: httpx.AsyncClient, cashier: PublicApp
) -> None:
    transport = httpx.ASGITransport(cashier.private)
    async with httpx.AsyncClient(transport=transport, base_url="http://cashier") as private:
        for path in ("/health/live", "/health/ready", "/metrics"):
            assert (await private.get(path)).status_code == 200
            assert (await browser.get(path)).status_code == 404
