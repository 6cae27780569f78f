"""A payment link as its payers see it, by plain forms."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from tests.integration.cashier.conftest import problem, served

from cashier.main import build
from cashier.settings import CashierSettings
from contracts.identifiers import new_id

PAGE = "https://cashier.example/pay/P1.t"


@dataclass
class Gateway:
    """One payment link."""

    point_id: str = field(default_factory=lambda: new_id("payment_link"))
    point: dict[str, Any] = field(default_factory=dict)
    refusal: tuple[int, str] | None = None
    begun: list[dict[str, Any]] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/pay/to/{self.point_id}"

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/internal/pay-points/{point_id}")
        async def show(point_id: str) -> Response:
            if point_id != self.point_id:
                return problem(404, "not_found")
            usual = {
                "state": "open",
                "merchant_name": "阳光<物业>",
                "subject": "<script>alert(1)</script>",
                "currency": "CNY",
                "amount": 1299,
                "min_amount": 1299,
                "max_amount": 1299,
                "page_url": None,
            }
            return JSONResponse({**usual, **self.point})

        @app.post("/internal/pay-points/{point_id}/payments")
        async def begin(point_id: str, request: Request) -> Response:
            self.begun.append(await request.json())
            return JSONResponse({"url": PAGE}) if not self.refusal else problem(*self.refusal)

        return app


@pytest.fixture
async def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
async def cashier_url(gateway: Gateway, kafka_bootstrap: str) -> AsyncIterator[str]:
    async with served(gateway.app()) as gateway_url:
        settings = CashierSettings.model_validate(
            {
                "gateway_token": "the-cashiers-token-for-the-gateway",
                "kafka_bootstrap": kafka_bootstrap,
                "gateway_url": gateway_url,
            }
        )
        async with served(build(settings)) as url:
            yield url


@asynccontextmanager
async def browser_at(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as browser:
        yield browser


@pytest.fixture
async def browser(cashier_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with browser_at(cashier_url) as browser:
        yield browser


def form_of(page: httpx.Response, **given: str) -> dict[str, str]:
    """What the page's form would send, with what the payer enters."""
    found = re.search(r'name="visit" value="([0-9a-f]+)"', page.text)
    assert found is not None
    return {"visit": found.group(1), **given}


async def test_the_payer_sees_who_is_paid_for_what_and_goes_on(
    gateway: Gateway, browser: httpx.AsyncClient
) -> None:
    page = await browser.get(gateway.path)
    assert page.status_code == 200
    assert "阳光&lt;物业&gt;" in page.text
    assert "¥12.99" in page.text
    assert "<script>alert" not in page.text
    assert 'name="amount"' not in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    begun = await browser.post(gateway.path, data=form_of(page))
    assert (begun.status_code, begun.headers["location"]) == (303, PAGE)
    assert gateway.begun == [{"amount": 1299, "note": None, "client_ip": "127.0.0.1"}]


ENTERED = [
    ("12.99", 1299), (" 5 ", 500), ("0.5", 50), ("0.01", 1), ("1000000.00", 100_000_000),
    ("￥１２．５０元", 1250),
]  # fmt: skip


@pytest.mark.parametrize(("given", "amount"), ENTERED)
async def test_the_payer_enters_the_amount(
    gateway: Gateway, browser: httpx.AsyncClient, given: str, amount: int
) -> None:
    gateway.point = {"amount": None, "min_amount": 1, "max_amount": 10**12}
    page = await browser.get(gateway.path)
    assert 'inputmode="decimal"' in page.text
    begun = await browser.post(gateway.path, data=form_of(page, amount=given))
    assert begun.status_code == 303
    assert gateway.begun[0]["amount"] == amount


@pytest.mark.parametrize("given", ["", "0", "-1", "1e3", "1.999", "٣", '"><script>', "9" * 30])
async def test_what_is_no_amount_is_said_so_and_begins_nothing(
    gateway: Gateway, browser: httpx.AsyncClient, given: str
) -> None:
    gateway.point = {"amount": None, "min_amount": 1, "max_amount": 10**10}
    page = await browser.get(gateway.path, headers={"Accept-Language": "en"})
    again = await browser.post(gateway.path, data=form_of(page, amount=given))
    assert again.status_code == 422
    assert 'role="alert">请输入 ¥0.01 至 ¥100,000,000.00 之间的金额' in again.text
    assert 'aria-invalid="true"' in again.text
    assert '"><script>' not in again.text
    assert gateway.begun == []


@pytest.mark.parametrize(
    ("currency", "label", "limits", "inputmode", "decimals", "good", "wrong"),
    [
        ("CNY", "请输入金额（元）", "¥0.01 至 ¥100.00 之间的金额，最多 2 位小数", "decimal", "2",
         ("12.5", 1250), "12.505"),
        ("JPY", "请输入金额（JPY）", "1 JPY 至 10,000 JPY 之间的金额，不带小数", "numeric", "0",
         ("1250", 1250), "12.5"),
        ("KWD", "请输入金额（KWD）", "0.001 KWD 至 10.000 KWD 之间的金额，最多 3 位小数", "decimal",
         "3", ("1.25", 1250), "1.2505"),
    ],
)  # fmt: skip
async def test_an_amount_is_asked_for_in_the_currency_of_the_link(
    gateway: Gateway,
    browser: httpx.AsyncClient,
    currency: str,
    label: str,
    limits: str,
    inputmode: str,
    decimals: str,
    good: tuple[str, int],
    wrong: str,
) -> None:
    """Payers were asked for yuan, whatever they were to pay in."""
    gateway.point = {"amount": None, "min_amount": 1, "max_amount": 10_000, "currency": currency}
    page = await browser.get(gateway.path)
    assert label in page.text
    assert f'inputmode="{inputmode}"' in page.text
    assert f'data-decimals="{decimals}"' in page.text
    assert ('data-key="."' in page.text) == (decimals != "0")
    again = await browser.post(gateway.path, data=form_of(page, amount=wrong))
    assert again.status_code == 422
    assert limits in again.text
    begun = await browser.post(gateway.path, data=form_of(page, amount=good[0]))
    assert begun.status_code == 303
    assert gateway.begun[0]["amount"] == good[1]


async def test_an_amount_that_no_channel_takes_is_not_called_the_limit_of_a_day(
    gateway: Gateway, browser: httpx.AsyncClient
) -> None:
    gateway.refusal = (422, "invalid_request")
    page = await browser.get(gateway.path)
    refused = await browser.post(gateway.path, data=form_of(page))
    assert "暂时无法在此支付" in (await browser.get(refused.headers["location"])).text


STATES = [
    ("expired", "付款链接已过期", "The payment link has expired"),
    ("disabled", "该付款入口已停用", "It is not possible to pay here any more"),
    ("used", "这笔付款已完成", "This was paid already"),
]


@pytest.mark.parametrize(("state", "zh", "en"), STATES)
async def test_a_link_that_is_over_says_so_in_words(
    gateway: Gateway, browser: httpx.AsyncClient, state: str, zh: str, en: str
) -> None:
    gateway.point = {"state": state}
    assert zh in (await browser.get(gateway.path)).text
    page = await browser.get(f"{gateway.path}?lang=en")
    assert en in page.text
    assert "<form" not in page.text


@pytest.mark.parametrize("state", ["open", "used", "expired"])
async def test_where_an_order_was_begun_its_page_is_shown(
    gateway: Gateway, browser: httpx.AsyncClient, state: str
) -> None:
    gateway.point = {"state": state, "page_url": PAGE}
    page = await browser.get(gateway.path)
    assert (page.status_code, page.headers["location"]) == (303, PAGE)


async def test_a_disabled_link_leads_to_what_was_begun(
    gateway: Gateway, browser: httpx.AsyncClient
) -> None:
    gateway.point = {"state": "disabled", "page_url": PAGE}
    page = await browser.get(gateway.path)
    assert page.status_code == 200
    assert f'href="{PAGE}"' in page.text


async def test_a_form_that_this_browser_was_not_given_begins_nothing(
    gateway: Gateway, browser: httpx.AsyncClient, cashier_url: str
) -> None:
    sent = form_of(await browser.get(gateway.path))
    async with browser_at(cashier_url) as stranger:
        for form in (sent, {"visit": ""}, {"amount": "1"}):
            answer = await stranger.post(gateway.path, data=form)
            assert (answer.status_code, answer.headers["location"]) == (303, gateway.path)
    assert gateway.begun == []


async def test_who_begins_too_fast_is_asked_to_wait(
    gateway: Gateway, browser: httpx.AsyncClient, cashier_url: str
) -> None:
    form = form_of(await browser.get(gateway.path))
    first, second = [await browser.post(gateway.path, data=form) for _ in range(2)]
    assert (first.status_code, second.status_code) == (303, 429)
    assert second.headers["retry-after"] == "3"
    assert f'href="{gateway.path}"' in second.text
    assert len(gateway.begun) == 1
    async with browser_at(cashier_url) as neighbour:
        page = await neighbour.get(gateway.path)
        assert (await neighbour.post(gateway.path, data=form_of(page))).status_code == 303


async def test_many_browsers_of_one_address_are_asked_to_wait_too(
    gateway: Gateway, cashier_url: str
) -> None:
    async def begins() -> int:
        async with browser_at(cashier_url) as browser:
            page = await browser.get(gateway.path)
            return (await browser.post(gateway.path, data=form_of(page))).status_code

    answers = await asyncio.gather(*(begins() for _ in range(20)))
    assert answers.count(429) >= 8
    assert answers.count(303) >= 10


async def test_a_counter_code_offers_its_amounts_and_takes_a_note(
    gateway: Gateway, browser: httpx.AsyncClient
) -> None:
    gateway.point_id = new_id("counter_code")
    gateway.point = {
        "amount": None, "min_amount": 100, "max_amount": 10_000, "amounts": [500, 10_000],
        "takes_note": True,
    }  # fmt: skip
    page = await browser.get(gateway.path)
    assert re.findall(r'type="radio" name="amount" value="([0-9.]+)"', page.text) == [
        "5.00",
        "100.00",
    ]
    other = await browser.post(gateway.path, data=form_of(page, amount="6.00"))
    assert other.status_code == 422
    assert "请选择一个金额" in other.text
    note = " 3-1201\u202e " + "长" * 80
    begun = await browser.post(gateway.path, data=form_of(page, amount="5.00", note=note))
    assert begun.status_code == 303
    assert gateway.begun[0]["amount"] == 500
    assert gateway.begun[0]["note"] == ("3-1201 " + "长" * 80)[:60]


async def test_a_refused_amount_leaves_the_note_and_says_what_may_be_paid(
    gateway: Gateway, browser: httpx.AsyncClient
) -> None:
    gateway.point_id = new_id("counter_code")
    gateway.point = {
        "amount": None, "min_amount": 100, "max_amount": 10_000, "takes_note": True,
    }  # fmt: skip
    page = await browser.get(gateway.path)
    assert "可付 ¥1.00 至 ¥100.00" in page.text
    again = await browser.post(gateway.path, data=form_of(page, amount="0.5", note="3-1201"))
    assert again.status_code == 422
    assert 'value="3-1201"' in again.text


@pytest.mark.parametrize(
    ("code", "words"),
    [("declined", "未能受理"), ("method_not_supported", "暂无可用"), ("order_closed", "系统繁忙")],
)
async def test_a_refusal_is_told_on_the_page(
    gateway: Gateway, browser: httpx.AsyncClient, code: str, words: str
) -> None:
    gateway.refusal = (409, code)
    refused = await browser.post(gateway.path, data=form_of(await browser.get(gateway.path)))
    assert refused.status_code == 303
    assert words in (await browser.get(refused.headers["location"])).text


@pytest.mark.parametrize("path", [f"/pay/to/L{'0' * 26}", "/pay/to/L1", "/pay/to/x"])
async def test_a_link_that_nobody_made_is_said_so(browser: httpx.AsyncClient, path: str) -> None:
    page = await browser.get(path)
    assert page.status_code == 404
    assert "没有找到" in page.text
