"""What people decide, by the API and by the forms of the pages: carried out by trade-core."""

import re
from typing import Any

import pytest

from contracts.events.orders import OrderEventType
from merchant_admin.flows.read_model import apply

from .conftest import Admin
from .test_console import session_of
from .test_read_model import Story
from .test_refunds import PAYMENT_NO, payment, refund

REASON = "渠道少收一分，物业同意"
CLAIM = {
    "payment_id": "C1", "channel_trade_no": "42", "amount": 1298, "currency": "CNY",
    "paid_at": None,
}  # fmt: skip


def on_file(status: str = "conflicted", **changes: Any) -> dict[str, Any]:
    return {**payment(), "status": status, "claim": CLAIM, **changes}


async def test_a_decision_goes_to_trade_core_and_into_the_audit(admin: Admin) -> None:
    admin.trade_core.payment = on_file("succeeded", action={"type": "none"})
    path = f"/api/payments/{PAYMENT_NO}/decision"
    answer = await admin.http.post(path, json={"decision": "accept", "reason": REASON})
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    assert answer.json()["action"] is None
    sent = {"number": PAYMENT_NO, "decision": "accept", "reason": REASON, "decided_by": "admin"}
    assert admin.trade_core.decided == [sent]
    decided, requested = await admin.audit(entity_id=PAYMENT_NO)
    assert (requested["action"], decided["action"]) == (
        "payment.decision_requested",
        "payment.decided",
    )
    assert (decided["after"]["reason"], decided["after"]["status"]) == (REASON, "succeeded")


async def test_a_refund_is_decided_the_same_way(admin: Admin) -> None:
    stuck = admin.trade_core.refund = refund()
    path = f"/api/refunds/{stuck['refund_no']}/decision"
    answer = await admin.http.post(path, json={"decision": "pay_out", "reason": REASON})
    assert (answer.status_code, answer.json()) == (200, stuck)
    assert admin.trade_core.decided[0]["decision"] == "pay_out"
    [decided, _] = await admin.audit(entity_id=stuck["refund_no"])
    assert decided["action"] == "refund.decided"


async def test_a_refused_decision_is_told_and_audited(admin: Admin) -> None:
    admin.trade_core.is_decidable = False
    path = f"/api/payments/{PAYMENT_NO}/decision"
    answer = await admin.http.post(path, json={"decision": "accept", "reason": REASON})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/decision")
    assert (await admin.audit(entity_id=PAYMENT_NO))[0]["action"] == "payment.decision_refused"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"decision": "forget", "reason": REASON}, "/decision"),
        ({"decision": "ignore"}, "/reason"),
        ({"decision": "ignore", "reason": " "}, "/reason"),
        ({"decision": "ignore", "reason": REASON, "decided_by": "x"}, "/decided_by"),
    ],
)
async def test_a_decision_needs_a_reason_and_nothing_else(
    admin: Admin, body: dict[str, Any], pointer: str
) -> None:
    answer = await admin.http.post(f"/api/payments/{PAYMENT_NO}/decision", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert admin.trade_core.decided == []


async def test_nobody_decides_without_logging_in(admin: Admin) -> None:
    body = {"decision": "ignore", "reason": REASON}
    for path in (f"/api/payments/{PAYMENT_NO}/decision", "/api/refunds/R1/decision"):
        assert (await admin.anonymous.post(path, json=body)).status_code == 401


async def test_the_claim_is_read_from_trade_core(admin: Admin) -> None:
    admin.trade_core.payment = on_file()
    answer = await admin.http.get(f"/api/payments/{PAYMENT_NO}/claim")
    assert answer.json() == CLAIM


async def conflicted(admin: Admin) -> tuple[Story, dict[str, str], str]:
    """A conflict on a page that somebody looks at: the story, the cookie, the CSRF token."""
    story = Story()
    story.tell(
        OrderEventType.PAYMENT_CONFLICTED,
        order=story.order("open"),
        payment=story.payment("conflicted"),
    )
    await apply(admin.deps, story.events)
    admin.trade_core.payment = on_file(payment_no=story.payment_no)
    headers = await session_of(admin)
    page = await admin.anonymous.get(f"/console/payments/{story.payment_no}", headers=headers)
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
    assert csrf is not None
    assert f'action="/console/payments/{story.payment_no}/decision"' in page.text
    assert "¥12.98" in page.text
    return story, headers, csrf.group(1)


async def test_a_conflict_is_decided_on_the_page(admin: Admin) -> None:
    story, headers, csrf = await conflicted(admin)
    path = f"/console/payments/{story.payment_no}"
    form = {"csrf": csrf, "decision": "accept", "reason": REASON}
    answer = await admin.anonymous.post(f"{path}/decision", data=form, headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert admin.trade_core.decided[0]["decision"] == "accept"
    admin.trade_core.payment = on_file("succeeded", payment_no=story.payment_no)
    assert "/decision" not in (await admin.anonymous.get(path, headers=headers)).text


async def test_a_form_from_elsewhere_decides_nothing(admin: Admin) -> None:
    story, headers, _ = await conflicted(admin)
    form = {"csrf": "0" * 64, "decision": "accept", "reason": REASON}
    path = f"/console/payments/{story.payment_no}/decision"
    answer = await admin.anonymous.post(path, data=form, headers=headers)
    assert (answer.status_code, admin.trade_core.decided) == (401, [])


async def test_a_decision_that_is_not_possible_is_said_on_the_page(admin: Admin) -> None:
    story, headers, csrf = await conflicted(admin)
    path = f"/console/payments/{story.payment_no}"
    form = {"csrf": csrf, "decision": "accept", "reason": ""}
    answer = await admin.anonymous.post(f"{path}/decision", data=form, headers=headers)
    assert answer.headers["location"] == f"{path}?problem=decision_refused"
    page = await admin.anonymous.get(answer.headers["location"], headers=headers)
    assert 'role="alert"' in page.text


async def test_a_stuck_refund_is_decided_on_the_page(admin: Admin) -> None:
    story = Story().paid()
    story.tell(
        OrderEventType.REFUND_ABNORMAL,
        order=story.order("paid", 1299),
        refund=story.refund("abnormal"),
    )
    await apply(admin.deps, story.events)
    admin.trade_core.refund = story.refund("abnormal") | {"created_at": str(story.created_at)}
    headers = await session_of(admin)
    page = (
        await admin.anonymous.get(f"/console/payments/{story.payment_no}", headers=headers)
    ).text
    path = f"/console/payments/{story.payment_no}/refunds/{story.refund_no}/decision"
    assert f'action="{path}"' in page
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert csrf is not None
    form = {"csrf": csrf.group(1), "decision": "release", "reason": REASON}
    answer = await admin.anonymous.post(path, data=form, headers=headers)
    assert answer.headers["location"] == f"/console/payments/{story.payment_no}"
    assert admin.trade_core.decided[0]["decision"] == "release"
