"""What stands on the page."""

import re
from typing import Any

import pytest
from starlette.requests import Request

from cashier.api.rendering import render_checkout, render_problem
from cashier.api.shown import minute, money
from cashier.api.texts import TEXTS
from cashier.domain.qr import qr_svg
from chassis.problems import NotFound, Overloaded

from .conftest import NOW, PAYMENT_NO, MakeCheckout

EVIL = "<script>alert(1)</script>"
TOKEN = f"{PAYMENT_NO}.{'a' * 22}"
QR = {"type": "qr_code", "qr_code": "weixin://wxpay/bizpayurl?pr=secret"}
AT_WECHAT = {"payment_id": "C" + "w" * 26, "channel": "wechat"}


def request(query: str = "", language: str = "") -> Request:
    headers = [(b"accept-language", language.encode())]
    return Request({"type": "http", "headers": headers, "query_string": query.encode()})


def html(checkout: Any, **asked: str) -> str:
    return bytes(render_checkout(request(**asked), TOKEN, checkout, NOW).body).decode()


def test_the_payer_sees_whom_what_and_how_much(checkout: MakeCheckout) -> None:
    page = html(checkout())
    for text in ("阳光物业", "¥1,299.00", "物业费 11月", "微信支付", "支付宝", "2026-11-22 17:00"):
        assert text in page
    assert f'action="/pay/{TOKEN}/channel"' in page
    assert re.findall(r'name="payment_id" value="([^"]+)"', page) == [
        "C" + "w" * 26,
        "C" + "a" * 26,
    ]


def test_everything_is_escaped(checkout: MakeCheckout) -> None:
    action = {
        "type": "form",
        "url": f'https://x/"{EVIL}',
        "method": "POST",
        "fields": {EVIL: EVIL},
    }
    evil = checkout(subject=EVIL, merchant_name=EVIL, **AT_WECHAT, action=action)
    for page in (html(evil), html(evil, query=f"notice={EVIL}&lang={EVIL}")):
        assert EVIL not in page
        assert "&lt;script&gt;" in page


def test_the_code_is_drawn_and_its_text_does_not_stand_there(checkout: MakeCheckout) -> None:
    page = html(checkout(**AT_WECHAT, action=QR))
    assert "<svg" in page
    assert "bizpayurl" not in page
    assert "微信扫一扫" in page
    other = re.findall(r'name="payment_id" value="([^"]+)"', page)
    assert other == ["C" + "a" * 26], "the way that was chosen is not offered again"


def test_a_code_is_sharp_and_has_its_quiet_zone() -> None:
    svg = qr_svg("https://qr.alipay.com/bax00000000000000000")
    assert re.match(r'<svg[^>]* viewBox="0 0 \d+ \d+"', svg)
    assert "width=" not in svg.partition(">")[0]


@pytest.mark.parametrize(
    ("status", "order", "sign", "text"),
    [
        ("succeeded", "paid", "✓", "支付成功"),
        ("closed", "closed", "✕", "订单已关闭"),
        ("conflicted", "open", "…", "核对中"),
        ("unknown", "open", "spinner", "正在确认"),
    ],
)
def test_each_end_has_its_face(
    checkout: MakeCheckout, status: str, order: str, sign: str, text: str
) -> None:
    page = html(checkout(status, order))
    assert sign in page
    assert text in page
    assert 'name="payment_id"' not in page


def test_after_the_end_there_is_a_way_back_and_no_script(checkout: MakeCheckout) -> None:
    page = html(checkout("succeeded", "paid", return_url="https://app.example/done?a=1&b=2"))
    assert 'href="https://app.example/done?a=1&amp;b=2"' in page
    assert "cashier.js" not in page
    assert "javascript" not in html(checkout("succeeded", "paid", return_url="javascript:alert(1)"))


def test_the_page_allows_nothing_foreign(checkout: MakeCheckout) -> None:
    answer = render_checkout(request(), TOKEN, checkout(), NOW)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    page = bytes(answer.body).decode()
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert not re.findall(r"\sstyle=|\son\w+=|<script>", page)


def test_a_form_to_a_channel_may_go_there_and_nowhere_else(checkout: MakeCheckout) -> None:
    action = {
        "type": "form",
        "url": "https://pay.example/gateway?x=1",
        "method": "POST",
        "fields": {"a": "1"},
    }
    answer = render_checkout(request(), TOKEN, checkout(**AT_WECHAT, action=action), NOW)
    assert answer.headers["content-security-policy"].endswith(
        "form-action 'self' https://pay.example"
    )


def test_a_known_notice_is_told_and_another_is_not(checkout: MakeCheckout) -> None:
    assert 'role="alert"' in html(checkout(), query="notice=declined")
    assert 'role="alert"' not in html(checkout(), query="notice=hello")
    assert 'role="alert"' not in html(checkout("succeeded", "paid"), query="notice=declined")


def test_the_page_speaks_the_payers_language(checkout: MakeCheckout) -> None:
    assert "Choose how to pay" in html(checkout(), language="en-GB,en;q=0.9")
    assert "请选择支付方式" in html(checkout(), language="fr")
    assert "Choose how to pay" in html(checkout(), query="lang=en", language="zh")
    assert all(chinese and english for chinese, english in TEXTS.values())


def test_problems_are_pages_too() -> None:
    lost = render_problem(request(), NotFound("no"))
    assert (lost.status_code, "没有找到" in bytes(lost.body).decode()) == (404, True)
    busy = render_problem(request(), Overloaded("busy", retry_after_s=5))
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
    assert 'http-equiv="refresh"' in bytes(busy.body).decode()


def test_money_and_time_are_shown_as_people_write_them() -> None:
    assert (money(5, "CNY"), money(1299, "JPY"), money(1299, "KWD")) == (
        "¥0.05", "1,299 JPY", "1.299 KWD",
    )  # fmt: skip
    assert minute(NOW) == "2026-11-22 16:00"
