"""Which stage a checkout is at; none of them follows from a clock alone (`clocks-end-choosing`)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cashier.domain.places import Place
from cashier.domain.stage import (
    Seat,
    Stage,
    is_safe_link,
    overtaken_by,
    paid_of,
    schemes_of,
    stage_of,
    status_of,
)

from .conftest import NOW, PAYMENT_NO, MakeCheckout

QR = {"type": "qr_code", "qr_code": "weixin://wxpay/bizpayurl?pr=1"}
LINK = {"type": "redirect", "url": "https://pay.example/"}
FORM = {"type": "form", "url": "https://pay.example/", "method": "POST", "fields": {}}
JSAPI = {"type": "jsapi", "params": {"package": "prepay_id=wx1"}}
AT_WECHAT = {"payment_id": "C1", "channel": "wechat"}
DECIDED = {"merchant_refund_no": None}
LATER = {"payment_no": "P01JD0000000000000000000001", "created_at": NOW}

DESKTOP = Seat(Place.DESKTOP, None, NOW)
HERE = Seat(Place.DESKTOP, None, NOW, began=[PAYMENT_NO])
OURS = Seat(Place.DESKTOP, PAYMENT_NO, NOW)


@pytest.mark.parametrize(
    ("status", "order", "facts", "stage"),
    [
        ("pending", "open", {}, Stage.CHOOSE),
        ("pending", "open", {**AT_WECHAT, "action": QR}, Stage.SCAN),
        ("pending", "open", {**AT_WECHAT, "action": LINK}, Stage.GO),
        ("pending", "open", {**AT_WECHAT, "action": {**LINK, "url": "javascript:x"}},
         Stage.UNOPENED),
        ("pending", "open", {**AT_WECHAT, "action": FORM}, Stage.SUBMIT),
        ("pending", "open", {**AT_WECHAT, "action": {**FORM, "url": "data:,x"}}, Stage.UNOPENED),
        ("pending", "open", {**AT_WECHAT, "action": {"type": "none"}}, Stage.WAIT),
        ("pending", "open", AT_WECHAT, Stage.UNOPENED),
        ("pending", "open", {**AT_WECHAT, "method": "barcode"}, Stage.WAIT),
        ("initiating", "open", AT_WECHAT, Stage.WAIT),
        ("unknown", "open", AT_WECHAT, Stage.WAIT),
        ("succeeded", "paid", AT_WECHAT, Stage.PAID),
        ("succeeded", "open", AT_WECHAT, Stage.PAID),
        ("closed", "paid", AT_WECHAT, Stage.PAID),
        ("conflicted", "open", AT_WECHAT, Stage.CONFLICTED),
        ("conflicted", "closed", AT_WECHAT, Stage.CONFLICTED),
        ("failed", "open", AT_WECHAT, Stage.FAILED),
        ("closed", "open", AT_WECHAT, Stage.CHOOSE),
        ("closed", "closed", {}, Stage.CLOSED),
        ("pending", "closed", {**AT_WECHAT, "action": QR}, Stage.CLOSED),
    ],
)  # fmt: skip
def test_the_stage_follows_from_payment_and_order(
    checkout: MakeCheckout, status: str, order: str, facts: dict[str, Any], stage: Stage
) -> None:
    assert stage_of(checkout(status, order, **facts), OURS) is stage


@pytest.mark.parametrize(
    ("status", "facts", "stage"),
    [
        ("closed", AT_WECHAT, Stage.EXHAUSTED),
        ("failed", AT_WECHAT, Stage.EXHAUSTED),
        ("pending", AT_WECHAT, Stage.EXHAUSTED),
        ("pending", {**AT_WECHAT, "action": QR}, Stage.SCAN),
        ("unknown", AT_WECHAT, Stage.WAIT),
        ("succeeded", AT_WECHAT, Stage.PAID),
    ],
)
def test_after_the_last_attempt_nothing_is_chosen(
    checkout: MakeCheckout, status: str, facts: dict[str, Any], stage: Stage
) -> None:
    shown = checkout(status, **facts).model_copy(update={"attempts_over": True})
    assert stage_of(shown, OURS) is stage


@pytest.mark.parametrize(
    ("status", "facts", "stage"),
    [
        ("pending", {**AT_WECHAT, "action": QR}, Stage.ASKING),
        ("unknown", AT_WECHAT, Stage.ASKING),
        ("initiating", AT_WECHAT, Stage.ASKING),
        ("closed", {**AT_WECHAT, "others": [{**LATER, "status": "unknown"}]}, Stage.ASKING),
        ("pending", {}, Stage.EXPIRED),
        ("failed", AT_WECHAT, Stage.EXPIRED),
        ("closed", AT_WECHAT, Stage.EXPIRED),
        ("succeeded", AT_WECHAT, Stage.PAID),
        ("conflicted", AT_WECHAT, Stage.CONFLICTED),
    ],
)
def test_clocks_end_choosing_and_never_what_is_told_of_the_money(
    checkout: MakeCheckout, status: str, facts: dict[str, Any], stage: Stage
) -> None:
    late = checkout(status, expires_at=NOW, **facts)
    assert stage_of(late, OURS) is stage
    assert stage is not Stage.CLOSED


def test_lost_answer_leads_to_another_way_once_the_channel_was_asked(
    checkout: MakeCheckout,
) -> None:
    """A bill could not be paid any more: the page waited for a payment that nobody could make."""
    lost, asked = checkout("unknown", **AT_WECHAT), replace(OURS, has_checked=True)
    assert stage_of(lost, OURS) is Stage.WAIT
    assert stage_of(lost, asked) is Stage.UNOPENED
    by_the_app = checkout("unknown", **AT_WECHAT, method="barcode")
    assert stage_of(by_the_app, asked) is Stage.WAIT, "what else was shown is not known here"
    late = checkout("unknown", expires_at=NOW, **AT_WECHAT)
    assert stage_of(late, asked) is Stage.ASKING


def test_only_the_order_itself_is_closed(checkout: MakeCheckout) -> None:
    closed = checkout("closed", "closed", **AT_WECHAT)
    status = status_of(closed, DESKTOP)
    assert (status.stage, status.is_final) == (Stage.CLOSED, False), "it may be paid late"


def test_a_bridge_is_for_the_device_that_was_asked_who_pays(checkout: MakeCheckout) -> None:
    begun = checkout(**AT_WECHAT, action=JSAPI)
    here = Seat("wechat", PAYMENT_NO, NOW)
    assert stage_of(begun, here) is Stage.BRIDGE
    for other in (replace(here, attempt=None), replace(here, place="alipay"), DESKTOP):
        assert stage_of(begun, other) is Stage.ELSEWHERE


def test_who_comes_back_from_a_form_is_asked_and_nobody_else_is_led_to_pay(
    checkout: MakeCheckout,
) -> None:
    """Who had just paid saw one large button: go and pay; so did every other device."""
    begun = checkout(**AT_WECHAT, action=FORM)
    assert stage_of(begun, OURS) is Stage.SUBMIT
    assert stage_of(begun, replace(OURS, has_checked=True)) is Stage.GO
    for seat in (DESKTOP, replace(DESKTOP, has_checked=True), Seat(Place.PHONE, None, NOW)):
        assert stage_of(begun, seat) is Stage.ELSEWHERE


def test_a_code_is_not_shown_to_the_phone_that_cannot_scan_it(checkout: MakeCheckout) -> None:
    begun = checkout(**AT_WECHAT, action=QR)
    assert stage_of(begun, Seat("wechat", None, NOW)) is Stage.ELSEWHERE
    assert stage_of(begun, Seat(Place.PHONE, PAYMENT_NO, NOW)) is Stage.SCAN


def test_the_page_follows_the_latest_attempt_of_its_order(checkout: MakeCheckout) -> None:
    switched = checkout(
        "closed", **AT_WECHAT, others=[{**LATER, "status": "pending", "channel": "alipay",
        "action": QR}],
    )  # fmt: skip
    assert stage_of(switched, DESKTOP) is Stage.SCAN
    overtaken = overtaken_by(switched, HERE)
    assert overtaken is not None
    assert overtaken.channel == "alipay"
    assert overtaken_by(checkout("closed", **AT_WECHAT), HERE) is None
    assert overtaken_by(switched, DESKTOP) is None, "who chose nothing here is not warned of it"
    unplaced = checkout("closed")
    assert overtaken_by(unplaced, HERE) is None


def test_of_two_payments_the_first_success_is_shown(checkout: MakeCheckout) -> None:
    second = {**LATER, "status": "succeeded"}
    back = {"payment_no": LATER["payment_no"], "cause": "duplicate"}
    twice = checkout("succeeded", "paid", **AT_WECHAT, others=[second], refunds=[back])
    paid = paid_of(twice)
    assert paid is not None
    assert paid.payment_no == PAYMENT_NO
    assert stage_of(twice, DESKTOP) is Stage.PAID
    first_went_back = checkout(
        "succeeded", "paid", **AT_WECHAT, others=[second], refunds=[{"cause": "duplicate"}]
    )
    assert (paid := paid_of(first_went_back))
    assert paid.payment_no == LATER["payment_no"]


def test_what_a_person_sent_back_is_not_what_paid(checkout: MakeCheckout) -> None:
    again = {**LATER, "status": "succeeded"}
    paid_anew = checkout("succeeded", "paid", **AT_WECHAT, others=[again], refunds=[DECIDED])
    assert (paid := paid_of(paid_anew))
    assert paid.payment_no == LATER["payment_no"]
    assert stage_of(paid_anew, DESKTOP) is Stage.PAID


@pytest.mark.parametrize(
    ("refunds", "stage"),
    [
        ([{"amount": 129900}], Stage.REFUNDED),
        ([{"amount": 100}], Stage.PARTLY_REFUNDED),
        ([{"amount": 129900, "status": "processing"}], Stage.PAID),
        ([{"amount": 129900, "status": "failed"}], Stage.PAID),
        ([{"amount": 129900, "cause": "late"}], Stage.REFUNDED),
        ([{"cause": "late", "status": "processing"}], Stage.RETURNING),
        ([{**DECIDED, "status": "processing"}], Stage.RETURNING),
        ([{**DECIDED, "status": "abnormal"}], Stage.RETURNING),
        ([DECIDED], Stage.REFUNDED),
    ],
)
def test_what_went_back_is_told(
    checkout: MakeCheckout, refunds: list[dict[str, Any]], stage: Stage
) -> None:
    assert stage_of(checkout("succeeded", "paid", **AT_WECHAT, refunds=refunds), DESKTOP) is stage


def test_the_mark_changes_with_what_is_seen_and_not_with_time(checkout: MakeCheckout) -> None:
    first = status_of(checkout(), DESKTOP)
    assert status_of(checkout(), replace(DESKTOP, now=NOW + timedelta(minutes=1))) == first
    marks = {
        first.mark,
        status_of(checkout(**AT_WECHAT, action=QR), DESKTOP).mark,
        status_of(checkout("succeeded", "paid", **AT_WECHAT), DESKTOP).mark,
        status_of(checkout("succeeded", "paid", **AT_WECHAT, refunds=[{}]), DESKTOP).mark,
        status_of(checkout(), replace(DESKTOP, now=NOW + timedelta(hours=1))).mark,
    }
    assert len(marks) == 5


def test_paid_is_final_and_everything_else_goes_on(checkout: MakeCheckout) -> None:
    assert status_of(checkout("succeeded", "paid"), DESKTOP).is_final
    for status in ("unknown", "conflicted", "failed", "closed"):
        assert not status_of(checkout(status), DESKTOP).is_final


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "//x", "", "file:///etc"],
)
def test_a_link_never_leads_to_a_script(url: str) -> None:
    assert not is_safe_link(url)
    assert not is_safe_link(url, ["weixin"])


def test_a_link_may_open_the_app_of_its_own_channel_only(checkout: MakeCheckout) -> None:
    assert is_safe_link("weixin://x", schemes_of(checkout(), "wechat"))
    assert not is_safe_link("weixin://x", schemes_of(checkout(), "alipay"))
    assert not is_safe_link("weixin://x", schemes_of(checkout(), "easy"))


def test_a_code_that_is_too_old_is_had_anew(checkout: MakeCheckout) -> None:
    """It stood on the page until the order ended, and nobody could pay by it."""
    for action, here in ((QR, OURS), (JSAPI, Seat("wechat", PAYMENT_NO, NOW))):
        begun = checkout(**AT_WECHAT, action=action)
        aged = begun.model_copy(update={"calls_end": {PAYMENT_NO: NOW}})
        young = begun.model_copy(update={"calls_end": {PAYMENT_NO: NOW + timedelta(seconds=1)}})
        assert stage_of(aged, here) is Stage.RENEW
        assert stage_of(young, here) is stage_of(begun, here)
        assert status_of(aged, here).mark != status_of(young, here).mark, "the page is drawn anew"
    elsewhere = Seat(Place.PHONE, None, NOW)
    assert stage_of(aged, elsewhere) is Stage.ELSEWHERE
    other = begun.model_copy(update={"calls_end": {"P2": NOW}})
    assert stage_of(other, Seat("wechat", PAYMENT_NO, NOW)) is Stage.BRIDGE
    paid = checkout("succeeded", "paid", **AT_WECHAT, action=QR)
    assert stage_of(paid.model_copy(update={"calls_end": {PAYMENT_NO: NOW}}), OURS) is Stage.PAID
