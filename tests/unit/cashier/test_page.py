"""What stands on the page."""

import base64
import gzip
import hashlib
import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from starlette.requests import Request

from cashier.api.rendering import render_checkout, render_problem
from cashier.api.texts import TEXTS
from cashier.domain.places import Place, Whereabouts
from cashier.domain.stage import Seat
from chassis.problems import NotFound, Overloaded
from contracts.api import Method
from contracts.internal import Look
from foundation.qr import qr_svg

from .conftest import ALIPAY, NOW, PAYMENT_NO, TOKEN, WECHAT, MakeCheckout

EVIL = "<script>alert(1)</script>"
QR = {"type": "qr_code", "qr_code": "weixin://wxpay/bizpayurl?pr=secret"}
LINK = {"type": "redirect", "url": "https://pay.example/"}
AT_WECHAT = {"payment_id": WECHAT, "channel": "wechat"}
IN_WECHAT = Seat("wechat", PAYMENT_NO, NOW)


def request(query: str = "", language: str = "") -> Request:
    headers = [(b"accept-language", language.encode())]
    return Request(
        {"type": "http", "headers": headers, "query_string": query.encode(), "scheme": "https",
         "server": ("cashier.example", 443), "path": "/"}
    )  # fmt: skip


def seat(place: Whereabouts = Place.DESKTOP, attempt: str | None = PAYMENT_NO) -> Seat:
    return Seat(place, attempt, NOW)


def html(checkout: Any, at: Seat | None = None, **asked: str) -> str:
    return bytes(render_checkout(request(**asked), TOKEN, checkout, at or seat()).body).decode()


@pytest.mark.parametrize(
    ("currency", "shown"), [("JPY", "129,900 JPY"), ("KWD", "129.900 KWD"), ("CNY", "¥1,299.00")]
)
def test_an_amount_has_the_decimals_of_its_currency(
    checkout: MakeCheckout, currency: str, shown: str
) -> None:
    offered = checkout()
    order = offered.order.model_copy(update={"currency": currency})
    page = html(offered.model_copy(update={"order": order}))
    assert shown in page


def test_the_payer_sees_whom_what_and_how_much(checkout: MakeCheckout) -> None:
    page = html(checkout())
    for text in ("阳光物业", "¥1,299.00", "物业费 11月", "微信支付", "支付宝", "2026-11-22 17:00"):
        assert text in page
    assert f'action="/pay/{TOKEN}/channel"' in page
    assert re.findall(r'name="payment_id" value="([^"]+)"', page) == [
        WECHAT,
        ALIPAY,
    ]


def test_accounts_of_one_channel_without_names_are_told_apart(checkout: MakeCheckout) -> None:
    """Two buttons said the same."""
    offered = checkout()
    wechat, alipay = offered.offers
    second = wechat.model_copy(update={"payment_id": "C9"})
    named = wechat.model_copy(update={"payment_id": "C8", "name": "三期"})
    page = html(offered.model_copy(update={"offers": [wechat, alipay, second, named]}))
    assert re.findall(r'class="name">([^<]+)</span>', page) == [
        "微信支付 1",
        "支付宝",
        "微信支付 2",
        "三期",
    ]


def test_what_cannot_be_paid_here_has_no_part_in_the_numbers(checkout: MakeCheckout) -> None:
    """Inside WeChat stood a 1 without a 2."""
    offered = checkout()
    wechat = offered.offers[0]
    here = wechat.model_copy(update={"ways": [Method.JSAPI], "wallet": "wechat"})
    elsewhere = wechat.model_copy(update={"payment_id": "C9", "ways": [Method.NATIVE]})
    page = html(offered.model_copy(update={"offers": [here, elsewhere]}), IN_WECHAT)
    assert re.findall(r'class="name">([^<]+)</span>', page) == ["微信支付"]


def test_an_account_is_called_the_same_wherever_it_stands(checkout: MakeCheckout) -> None:
    """Its button had a number, and the sentence beside it had none."""
    link = {"type": "redirect", "url": "https://pay.example/"}
    begun = checkout(**AT_WECHAT, action=link, created_at=NOW)
    wechat, alipay = begun.offers
    second = wechat.model_copy(update={"payment_id": "C9"})
    shown = begun.model_copy(update={"offers": [second, alipay, wechat]})
    assert "去支付 · 微信支付 2" in html(shown, seat(Place.PHONE))
    assert "已开始的支付: 微信支付 2" in html(shown, seat(Place.PHONE, None))


def test_everything_is_escaped(checkout: MakeCheckout) -> None:
    action = {
        "type": "form",
        "url": f'https://x/"{EVIL}',
        "method": "POST",
        "fields": {EVIL: EVIL},
    }
    evil = checkout(subject=EVIL, merchant_name=EVIL, **AT_WECHAT, action=action)
    for page in (html(evil), html(evil, query=f"refusal={EVIL}&lang={EVIL}")):
        assert EVIL not in page
        assert "&lt;script&gt;" in page


def test_the_code_is_drawn_and_its_text_does_not_stand_there(checkout: MakeCheckout) -> None:
    page = html(checkout(**AT_WECHAT, action=QR))
    assert "<svg" in page
    assert "bizpayurl" not in page
    assert "微信扫一扫" in page
    other = re.findall(r'name="payment_id" value="([^"]+)"', page)
    assert other == [ALIPAY], "the way that was chosen is not offered again"


@pytest.mark.parametrize(
    ("status", "facts", "words"),
    [
        ("closed", {}, "不能再在此支付这笔订单"),
        ("pending", {"action": QR}, "如无法完成当前的支付"),
        ("pending", {"action": LINK}, "如无法完成当前的支付"),
    ],
)
@pytest.mark.parametrize("place", [Place.DESKTOP, Place.PHONE])
def test_after_the_last_attempt_no_way_is_offered_but_the_way_back(
    checkout: MakeCheckout, status: str, facts: dict[str, Any], words: str, place: Place
) -> None:
    """Whatever was chosen was refused."""
    whole = checkout(status, **AT_WECHAT, **facts, return_url="https://shop.example/back")
    over = whole.model_copy(update={"attempts_over": True})
    for refused in ("", "refusal=attempts_over"):
        page = html(over, seat(place), query=refused)
        assert 'name="payment_id"' not in page
        assert words in page
        assert 'href="https://shop.example/back"' in page
        assert "没有改选" not in page
        assert "?place=" not in page


def test_after_the_last_attempt_its_code_is_had_anew(checkout: MakeCheckout) -> None:
    ends_at = {PAYMENT_NO: NOW}
    for action, is_had in ((QR, True), ({"type": "jsapi", "params": {}}, False)):
        whole = checkout(**AT_WECHAT, action=action)
        over = whole.model_copy(update={"attempts_over": True, "calls_end": ends_at})
        page = html(over, IN_WECHAT if not is_had else seat())
        assert 'class="renew"' in page
        assert ('name="payment_id"' in page) is is_had


def test_elsewhere_is_gone_on_with_after_the_last_attempt(checkout: MakeCheckout) -> None:
    whole = checkout(**AT_WECHAT, action=LINK)
    page = html(whole.model_copy(update={"attempts_over": True}), seat(Place.PHONE, None))
    assert "您可以在那里继续付款" in page
    assert "也可以改在这里支付" not in page


@pytest.mark.parametrize(("begun_s_ago", "is_fresh"), [(5, True), (250, False), (None, False)])
def test_a_link_is_as_old_as_the_choice_that_made_it(
    checkout: MakeCheckout, begun_s_ago: float | None, is_fresh: bool
) -> None:
    """Of an order of five minutes ago; an older gateway does not tell when it was chosen."""
    action = {"type": "redirect", "url": "https://wx.tenpay.com/x"}
    begun_at = None if begun_s_ago is None else NOW - timedelta(seconds=begun_s_ago)
    chosen = checkout(**AT_WECHAT, action=action).model_copy(update={"latest_begun_at": begun_at})
    assert ('href="https://wx.tenpay.com/x"' in html(chosen, seat(Place.PHONE))) == is_fresh


def test_a_code_is_sharp_and_has_its_quiet_zone() -> None:
    svg = qr_svg("https://qr.alipay.com/bax00000000000000000")
    assert re.match(r'<svg[^>]* viewBox="0 0 \d+ \d+"', svg)
    assert "width=" not in svg.partition(">")[0]


@pytest.mark.parametrize(
    ("status", "order", "sign", "text"),
    [
        ("succeeded", "paid", "glyph", "支付成功"),
        ("closed", "closed", "glyph", "订单已关闭"),
        ("conflicted", "open", "glyph", "正在核对您的付款，请勿再次支付"),
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


def test_what_did_not_open_is_chosen_anew(checkout: MakeCheckout) -> None:
    page = html(checkout(**AT_WECHAT))
    assert "上一次没有打开，请重新选择" in page
    assert "请勿重复付款" not in page
    offered = re.findall(r'name="payment_id" value="([^"]+)"', page)
    assert offered == [WECHAT, ALIPAY], "the same way may open this time"


def test_an_unanswered_attempt_is_asked_about_once_by_itself(checkout: MakeCheckout) -> None:
    lost = checkout("unknown", **AT_WECHAT)
    assert "data-ask-once" in html(lost)
    asked = Seat(Place.DESKTOP, PAYMENT_NO, NOW, has_checked=True)
    assert "data-ask-once" not in html(lost, asked)
    by_the_app = checkout("unknown", **AT_WECHAT, method="barcode")
    assert "data-ask-once" not in html(by_the_app, asked), "or it would ask for ever"
    assert "data-ask-once" not in html(checkout("initiating", **AT_WECHAT))


@pytest.mark.parametrize(
    ("action", "place"),
    [({"type": "redirect", "url": "https://pay.example/"}, Place.PHONE), (QR, Place.DESKTOP)],
)
def test_who_says_to_have_paid_is_answered(
    checkout: MakeCheckout, action: dict[str, str], place: Place
) -> None:
    """The page looked as if the button did nothing."""
    begun = checkout(**AT_WECHAT, action=action)
    asked = Seat(place, PAYMENT_NO, NOW, has_checked=True)
    assert "尚未收到渠道的付款确认" in html(begun, asked)
    assert "尚未收到渠道的付款确认" not in html(begun, seat(place))
    late = checkout(**AT_WECHAT, action=action, expires_at=NOW)
    assert "尚未收到渠道的付款确认" in html(late, asked)


def test_who_comes_back_from_a_form_says_to_have_paid_before_all_else(
    checkout: MakeCheckout,
) -> None:
    action = {"type": "form", "url": "https://pay.example/", "method": "POST", "fields": {"a": "1"}}
    begun = checkout(**AT_WECHAT, action=action)
    page = html(begun, Seat(Place.PHONE, PAYMENT_NO, NOW, has_checked=True))
    assert "付款完成了吗" in page
    assert page.index("已完成支付") < page.index("去支付")
    assert '<input type="hidden" name="a" value="1">' in page
    elsewhere = html(begun, Seat(Place.PHONE, None, NOW))
    assert "去支付" not in elsewhere
    assert f'action="/pay/{TOKEN}/check"' in elsewhere


@pytest.mark.parametrize(
    ("status", "order"),
    [("succeeded", "paid"), ("closed", "closed"), ("failed", "open"), ("conflicted", "open")],
)
def test_an_end_answers_for_itself(checkout: MakeCheckout, status: str, order: str) -> None:
    asked = Seat(Place.PHONE, PAYMENT_NO, NOW, has_checked=True)
    assert "尚未收到" not in html(checkout(status, order, **AT_WECHAT), asked)


def test_closed_order_that_nobody_began_to_pay_is_not_watched_for_money(
    checkout: MakeCheckout,
) -> None:
    """Whoever had never chosen a way read about a payment they might have made."""
    untouched = html(checkout("closed", "closed"))
    assert "没有扣款；如需付款，请联系商户重新发起" in untouched
    assert "如果您刚刚付过款" not in untouched
    begun = html(checkout("closed", "closed", **AT_WECHAT))
    assert "如果您刚刚付过款" in begun
    assert "没有扣款" not in begun
    again = {"payment_no": "P01JD0000000000000000000001", "created_at": NOW, **AT_WECHAT}
    assert "如果您刚刚付过款" in html(checkout("closed", "closed", others=[again]))


def test_after_the_end_there_is_a_way_back(checkout: MakeCheckout) -> None:
    page = html(checkout("succeeded", "paid", return_url="https://app.example/done?a=1&b=2"))
    assert 'href="https://app.example/done?a=1&amp;b=2"' in page
    assert "javascript" not in html(checkout("succeeded", "paid", return_url="javascript:alert(1)"))


def test_the_page_allows_nothing_foreign(checkout: MakeCheckout) -> None:
    answer = render_checkout(request(), TOKEN, checkout(), seat())
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "strict-origin"
    assert answer.headers["cache-control"] == "no-store"
    page = bytes(answer.body).decode()
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert not re.findall(r"\sstyle=|\son\w+=|<script>", page)


def test_a_channels_link_is_told_from_where_the_payer_comes(checkout: MakeCheckout) -> None:
    """WeChat judges h5 payments by the Referer, and refuses those that have none."""
    link = {"type": "redirect", "url": "https://wx.tenpay.com/x?a=1&b=2"}
    for at in (Place.PHONE, Place.DESKTOP):
        page = html(checkout(**AT_WECHAT, action=link, created_at=NOW), seat(at))
        assert 'href="https://wx.tenpay.com/x?a=1&amp;b=2" rel="noopener"' in page
        assert "noreferrer" not in page
    old = html(checkout(**AT_WECHAT, action=link), seat(Place.PHONE))
    assert "wx.tenpay.com" not in old, "a link that is too old is made anew with the tap"
    assert f'name="payment_id" value="{WECHAT}"' in old


def test_forms_lead_to_safe_places_only(checkout: MakeCheckout) -> None:
    action = {
        "type": "form",
        "url": "https://pay.example/gateway?x=1",
        "method": "POST",
        "fields": {"a": "1"},
    }
    answer = render_checkout(request(), TOKEN, checkout(**AT_WECHAT, action=action), seat())
    assert answer.headers["content-security-policy"].endswith("form-action 'self' https:")


def test_a_known_refusal_is_shown_and_another_is_not(checkout: MakeCheckout) -> None:
    assert 'role="alert"' in html(checkout(), query="refusal=declined")
    assert 'role="alert"' not in html(checkout(), query="refusal=hello")
    assert 'role="alert"' not in html(checkout("succeeded", "paid"), query="refusal=declined")


def test_the_page_speaks_the_payers_language(checkout: MakeCheckout) -> None:
    assert "Choose how to pay" in html(checkout(), language="en-GB,en;q=0.9")
    assert "请选择支付方式" in html(checkout(), language="fr")
    assert "Choose how to pay" in html(checkout(), query="lang=en", language="zh")
    assert all(chinese and english for chinese, english in TEXTS.values())


def test_inside_wechat_the_bridge_is_called_with_what_was_signed(checkout: MakeCheckout) -> None:
    params = {"appId": "wx1", "package": 'prepay_id=wx"<1', "paySign": "s"}
    answer = render_checkout(
        request(), TOKEN, checkout(**AT_WECHAT, action={"type": "jsapi", "params": params}),
        IN_WECHAT,
    )  # fmt: skip
    page = bytes(answer.body).decode()
    (latest,) = re.findall(r'data-bridge="([^"]+)"', page)
    assert json.loads(unescape(latest)) == {
        "object": "WeixinJSBridge", "method": "invoke", "function": "getBrandWCPayRequest",
        "params": params,
    }  # fmt: skip
    assert "frame-src weixin: weixinping:" in answer.headers["content-security-policy"]


def test_a_bridge_gets_what_it_knows_by_its_own_names(checkout: MakeCheckout) -> None:
    action = {"type": "jsapi", "params": {"trade_no": "2026"}}
    begun = checkout(payment_id=ALIPAY, channel="alipay", action=action)
    answer = render_checkout(request(), TOKEN, begun, seat("alipay"))
    (called,) = re.findall(r'data-bridge="([^"]+)"', bytes(answer.body).decode())
    assert json.loads(unescape(called)) == {
        "object": "AlipayJSBridge", "method": "call", "function": "tradePay",
        "params": {"tradeNO": "2026"},
    }  # fmt: skip
    assert "frame-src" not in answer.headers["content-security-policy"]


def test_where_nothing_can_be_paid_the_link_is_given_along(checkout: MakeCheckout) -> None:
    page = html(checkout(), seat(Place.EMBEDDED, None))
    assert 'name="payment_id"' not in page
    assert f'value="https://cashier.example/pay/{TOKEN}"' in page
    assert f'src="/pay/{TOKEN}/code.png"' in page
    in_wechat = html(checkout(), seat("wechat", None))
    assert re.findall(r'name="payment_id" value="([^"]+)"', in_wechat) == [WECHAT]
    assert "<details" in in_wechat


def test_a_desktop_shows_one_code_for_every_wallet(checkout: MakeCheckout) -> None:
    page = html(checkout(), seat(Place.DESKTOP, None))
    assert "<svg" in page
    assert "微信、支付宝或相机" in page
    assert "微信、支付宝或相机" not in html(checkout(), seat(Place.PHONE, None))


def test_the_receipt_has_the_three_numbers_and_the_refunds(checkout: MakeCheckout) -> None:
    paid = checkout(
        "succeeded", "paid", **AT_WECHAT, channel_trade_no="4200001", paid_at=NOW,
        refunds=[{"amount": 9900, "cause": "requested"}, {"refund_no": "R2", "amount": 100,
        "status": "processing"}],
    )  # fmt: skip
    page = html(paid)
    for text in ("W-1", PAYMENT_NO, "4200001", "阳光物业", "2026-11-22 16:00", "¥99.00", "¥1.00"):
        assert text in page
    assert "已部分退款" in page
    assert "退款处理中" in page


def test_what_is_on_its_way_back_is_not_called_paid(checkout: MakeCheckout) -> None:
    decided = {"merchant_refund_no": None, "status": "processing"}
    page = html(checkout("succeeded", "closed", **AT_WECHAT, refunds=[decided]))
    assert "款项正在退回" in page
    assert "支付成功" not in page
    assert "退款处理中" in page


def test_an_overtaken_choice_is_told_in_words(checkout: MakeCheckout) -> None:
    other = {"payment_no": "P01JD0000000000000000000001", "created_at": NOW, "status": "pending",
             "channel": "alipay", "action": QR}  # fmt: skip
    at = Seat(Place.DESKTOP, None, NOW, began=[PAYMENT_NO])
    page = html(checkout("closed", **AT_WECHAT, others=[other]), at)
    assert "这里选择的支付方式已关闭，请勿再用它付款" in page
    assert "支付宝" in page


def test_money_paid_twice_is_told(checkout: MakeCheckout) -> None:
    other = {"payment_no": "P01JD0000000000000000000001", "created_at": NOW}
    assert "重复支付" in html(checkout("succeeded", "paid", **AT_WECHAT, others=[other]))


def test_problems_are_pages_too() -> None:
    lost = render_problem(request(), NotFound("no"))
    assert (lost.status_code, "没有找到" in bytes(lost.body).decode()) == (404, True)
    busy = render_problem(request(), Overloaded("busy", retry_after_s=5))
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
    assert 'http-equiv="refresh"' in bytes(busy.body).decode()
    often = Overloaded("too often")
    often.status = 429
    assert "操作太频繁" in bytes(render_problem(request(), often).body).decode()


def test_the_merchants_look_stands_on_the_page_under_the_policy(checkout: MakeCheckout) -> None:
    look = Look(colour="#ffff00", logo=f"M{'1' * 26}/{'a' * 24}")
    shown = checkout().model_copy(update={"look": look})
    response = render_checkout(request(), TOKEN, shown, seat())
    page = bytes(response.body).decode()
    assert f'<img class="logo" src="/pay/logos/{look.logo}" alt=""' in page
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert len(styles) == 2
    assert not styles[1].startswith(":root{--brand:#ffff00"), "yellow on white cannot be read"
    for style in styles:
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in response.headers["content-security-policy"]


def test_payers_read_the_account_s_own_name(checkout: MakeCheckout) -> None:
    names = {WECHAT: "物业<聚合>收款"}
    paid = checkout("succeeded", "paid", **AT_WECHAT).model_copy(update={"account_names": names})
    page = html(paid)
    assert "物业&lt;聚合&gt;收款" in page
    assert "微信支付" not in page


def test_a_page_that_tries_again_leads_to_where_the_form_was(checkout: MakeCheckout) -> None:
    sent = request()
    sent.scope["path_params"] = {"token": TOKEN}
    page = bytes(render_problem(sent, Overloaded("later", retry_after_s=1)).body).decode()
    assert re.search(rf'content="\d+;url=/pay/{re.escape(TOKEN)}"', page)
    assert f'href="/pay/{TOKEN}?lang=' in page


def test_pages_that_were_refused_at_once_do_not_come_back_at_once() -> None:
    pages = [render_problem(request(), Overloaded("later", retry_after_s=5)) for _ in range(60)]
    found = [re.search(r'content="(\d+)"', bytes(each.body).decode()) for each in pages]
    waits = {int(each[1]) for each in found if each}
    assert len(waits) > 3
    assert min(waits) >= 10, "no sooner than the server says"


@pytest.mark.parametrize(
    ("query", "kept"), [("place=phone", "&amp;place=phone"), ("place=moon", ""), ("", "")]
)
def test_another_language_keeps_the_place_that_was_chosen(
    checkout: MakeCheckout, query: str, kept: str
) -> None:
    assert f'?lang=en{kept}" lang="en"' in html(checkout(), query=query)


def test_where_nothing_is_offered_nobody_is_pressed_for_time(checkout: MakeCheckout) -> None:
    page = html(checkout(offers=0))
    assert "暂无可用的支付方式" in page
    assert "data-countdown" not in page


def test_where_nothing_is_offered_there_is_a_way_on(checkout: MakeCheckout) -> None:
    page = html(checkout(offers=0, return_url="https://app.example/done"))
    assert "联系商户" in page
    assert 'href="https://app.example/done"' in page


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [("gzip, deflate, br", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("br", False),
     ("", False), ("xgzip", False)],
)  # fmt: skip
def test_a_page_is_packed_for_browsers_that_read_it(
    checkout: MakeCheckout, accepted: str, is_packed: bool
) -> None:
    asked = request()
    asked.scope["headers"].append((b"accept-encoding", accepted.encode()))
    response = render_checkout(asked, TOKEN, checkout(), seat())
    assert response.headers["content-length"] == str(len(response.body))
    assert response.headers["vary"] == "Accept-Encoding"
    assert ("content-encoding" in response.headers) is is_packed
    page = gzip.decompress(response.body) if is_packed else bytes(response.body)
    assert "¥1,299.00" in page.decode()
    assert len(response.body) < 5_000 or not is_packed


def test_no_code_is_had_anew_where_nothing_is_offered_any_more(checkout: MakeCheckout) -> None:
    aged = checkout(**AT_WECHAT, action=QR)
    ended = aged.model_copy(update={"calls_end": {PAYMENT_NO: NOW}, "offers": []})
    page = html(ended)
    assert "该商户暂无可用的支付方式" in page
    assert f'action="/pay/{TOKEN}/channel"' not in page
    assert f'action="/pay/{TOKEN}/check' in page


def test_a_code_that_is_too_old_has_a_button_for_a_fresh_one(checkout: MakeCheckout) -> None:
    aged = checkout(**AT_WECHAT, action=QR).model_copy(update={"calls_end": {PAYMENT_NO: NOW}})
    page = html(aged)
    assert "二维码已过期" in page
    assert 'class="qr"' not in page
    assert re.findall(r'name="payment_id" value="([^"]+)"', page) == [WECHAT, ALIPAY]
    call = {"type": "jsapi", "params": {"package": "prepay_id=wx1"}}
    aged = checkout(**AT_WECHAT, action=call).model_copy(update={"calls_end": {PAYMENT_NO: NOW}})
    assert "支付请求已过期" in html(aged, IN_WECHAT)
