"""Which stage a checkout is at."""

from datetime import timedelta
from typing import Any

import pytest

from cashier.domain.stage import Stage, is_safe_link, stage_of, status_of

from .conftest import NOW, MakeCheckout

QR = {"type": "qr_code", "qr_code": "weixin://wxpay/bizpayurl?pr=1"}
LINK = {"type": "redirect", "url": "https://pay.example/"}
FORM = {"type": "form", "url": "https://pay.example/", "method": "POST", "fields": {}}
AT_WECHAT = {"payment_id": "C1", "channel": "wechat"}


@pytest.mark.parametrize(
    ("status", "order", "facts", "stage"),
    [
        ("pending", "open", {}, Stage.CHOOSE),
        ("pending", "open", {**AT_WECHAT, "action": QR}, Stage.SCAN),
        ("pending", "open", {**AT_WECHAT, "action": LINK}, Stage.GO),
        ("pending", "open", {**AT_WECHAT, "action": {**LINK, "url": "javascript:x"}}, Stage.WAIT),
        ("pending", "open", {**AT_WECHAT, "action": FORM}, Stage.SUBMIT),
        ("pending", "open", {**AT_WECHAT, "action": {**FORM, "url": "data:,x"}}, Stage.WAIT),
        ("pending", "open", {**AT_WECHAT, "action": {"type": "none"}}, Stage.WAIT),
        ("pending", "open", AT_WECHAT, Stage.WAIT),
        ("initiating", "open", AT_WECHAT, Stage.WAIT),
        ("unknown", "open", AT_WECHAT, Stage.WAIT),
        ("succeeded", "paid", AT_WECHAT, Stage.PAID),
        ("succeeded", "open", AT_WECHAT, Stage.PAID),
        ("closed", "paid", AT_WECHAT, Stage.PAID),
        ("conflicted", "open", AT_WECHAT, Stage.CHECKING),
        ("failed", "open", AT_WECHAT, Stage.CHOOSE),
        ("failed", "open", {**AT_WECHAT, "offers": 0}, Stage.FAILED),
        ("closed", "open", AT_WECHAT, Stage.CHOOSE),
        ("closed", "open", {**AT_WECHAT, "offers": 0}, Stage.CLOSED),
        ("closed", "closed", {}, Stage.CLOSED),
        ("pending", "closed", {**AT_WECHAT, "action": QR}, Stage.CLOSED),
        ("pending", "open", {"expires_at": NOW}, Stage.CLOSED),
    ],
)  # fmt: skip
def test_the_stage_follows_from_payment_and_order(
    checkout: MakeCheckout, status: str, order: str, facts: dict[str, Any], stage: Stage
) -> None:
    assert stage_of(checkout(status, order, **facts), NOW) is stage


def test_the_mark_changes_with_what_is_seen_and_not_with_time(checkout: MakeCheckout) -> None:
    first = status_of(checkout(), NOW)
    assert status_of(checkout(), NOW + timedelta(minutes=1)) == first
    chosen = status_of(checkout(**AT_WECHAT, action=QR), NOW)
    paid = status_of(checkout("succeeded", "paid", **AT_WECHAT), NOW)
    assert len({first.mark, chosen.mark, paid.mark}) == 3


def test_the_end_is_final_and_waiting_is_not(checkout: MakeCheckout) -> None:
    assert status_of(checkout("succeeded", "paid"), NOW).is_final
    assert status_of(checkout("closed", "closed"), NOW).is_final
    assert not status_of(checkout("unknown"), NOW).is_final
    assert not status_of(checkout("conflicted"), NOW).is_final


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "//x", "", "file:///etc"],
)
def test_a_link_never_leads_to_a_script(url: str) -> None:
    assert not is_safe_link(url)
