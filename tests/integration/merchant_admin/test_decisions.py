"""What people decide, by the API and by the forms of the pages: carried out by trade-core."""

import re
from typing import Any

import pytest

from contracts.events.orders import OrderEventType
from contracts.identifiers import new_id
from merchant_admin.flows.read_model import apply

from .conftest import Admin, problem
from .test_console import session_of
from .test_read_model import Story
from .test_refunds import PAYMENT_NO, payment, refund

REASON = "渠道少收一分，物业同意"
CLAIM: dict[str, Any] = {
    "payment_id": "C1", "channel_trade_no": "42", "amount": 1298, "currency": "CNY",
    "paid_at": None,
}  # fmt: skip


SEEN = {name: CLAIM[name] for name in ("payment_id", "channel_trade_no", "amount", "currency")}
FORM = {"decision": "accept", "reason": REASON}
FORM |= {f"claim_{name}": str(value) for name, value in SEEN.items()}


def decision(**changes: Any) -> dict[str, Any]:
    """What a caller of the API sends after having seen the claim."""
    return {"decision": "accept", "reason": REASON, "claim": SEEN, **changes}


def on_file(status: str = "conflicted", **changes: Any) -> dict[str, Any]:
    return {**payment(), "status": status, "claim": CLAIM, **changes}


async def test_a_decision_goes_to_trade_core_and_into_the_audit(admin: Admin) -> None:
    admin.trade_core.payment = on_file("succeeded", action={"type": "none"})
    path = f"/api/payments/{PAYMENT_NO}/decision"
    answer = await admin.http.post(path, json=decision())
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    assert answer.json()["action"] is None
    sent = {"number": PAYMENT_NO, "decided_by": "admin", **decision()}
    assert admin.trade_core.decided == [sent]
    decided, requested = await admin.audit(entity_id=PAYMENT_NO)
    assert (requested["action"], decided["action"]) == (
        "payment.decision_requested",
        "payment.decided",
    )
    assert (decided["after"]["reason"], decided["after"]["status"]) == (REASON, "succeeded")
    assert decided["after"]["claim"] == SEEN


async def test_decide_what_was_seen_another_claim_now_is_told_with_the_new_one(
    admin: Admin,
) -> None:
    path = f"payments/{PAYMENT_NO}/decision"
    newer = {**SEEN, "amount": 1300}
    admin.trade_core.refusals[f"/internal/{path}"] = problem(409, "claim_changed", claim=newer)
    answer = await admin.http.post(f"/api/{path}", json=decision())
    assert (answer.status_code, answer.json()["code"]) == (409, "claim_changed")
    assert answer.json()["claim"] == newer
    refused = (await admin.audit(entity_id=PAYMENT_NO))[0]
    assert (refused["action"], refused["after"]["code"]) == (
        "payment.decision_refused",
        "claim_changed",
    )


async def test_where_no_claim_was_shown_that_is_said(admin: Admin) -> None:
    admin.trade_core.payment = on_file("failed", claim=None)
    path = f"/api/payments/{PAYMENT_NO}/decision"
    answer = await admin.http.post(path, json=decision(decision="ignore", claim=None))
    assert answer.status_code == 200
    assert admin.trade_core.decided[0]["claim"] is None


async def test_a_refund_is_decided_as_its_version_showed_it(admin: Admin) -> None:
    stuck = admin.trade_core.refund = refund()
    path = f"/api/refunds/{stuck['refund_no']}/decision"
    body = {"decision": "pay_out", "reason": REASON, "version": 7}
    answer = await admin.http.post(path, json=body)
    assert (answer.status_code, answer.json()) == (200, stuck)
    assert admin.trade_core.decided == [
        {"number": stuck["refund_no"], "decided_by": "admin", **body}
    ]
    [decided, _] = await admin.audit(entity_id=stuck["refund_no"])
    assert decided["action"] == "refund.decided"

    admin.trade_core.refusals[path.replace("/api", "/internal")] = problem(409, "version_changed")
    answer = await admin.http.post(path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "version_changed")


@pytest.mark.parametrize("version", [None, -1, "7", 2**63, True])
async def test_a_decision_on_a_refund_names_a_version(admin: Admin, version: object) -> None:
    body: dict[str, object] = {"decision": "pay_out", "reason": REASON}
    body |= {} if version is None else {"version": version}
    answer = await admin.http.post(f"/api/refunds/{new_id('refund')}/decision", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/version")
    assert admin.trade_core.decided == []


async def test_a_refund_is_shown_as_trade_core_has_it_with_its_version(admin: Admin) -> None:
    story = await with_stuck_refund(admin)
    path = f"/api/refunds/{story.refund_no}"
    assert (await admin.http.get(path)).json()["version"] is None
    admin.trade_core.refund = story.refund("succeeded") | {"created_at": str(story.created_at)}
    shown = (await admin.http.get(path)).json()
    assert (shown["version"], shown["status"], shown["app_id"]) == (7, "succeeded", story.app_id)


async def test_a_refused_decision_is_told_and_audited(admin: Admin) -> None:
    path = f"payments/{PAYMENT_NO}/decision"
    admin.trade_core.refusals[f"/internal/{path}"] = problem(422, "invalid_request", ["/decision"])
    answer = await admin.http.post(f"/api/{path}", json=decision(decision="ignore"))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/decision")
    assert (await admin.audit(entity_id=PAYMENT_NO))[0]["action"] == "payment.decision_refused"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"decision": "forget"}, "/decision"),
        ({"reason": None}, "/reason"),
        ({"reason": " "}, "/reason"),
        ({"decided_by": "x"}, "/decided_by"),
        ({"claim": {**SEEN, "amount": "1298"}}, "/claim/amount"),
        ({"claim": {**SEEN, "amount": 2**63}}, "/claim/amount"),
        ({"claim": {**SEEN, "currency": ""}}, "/claim/currency"),
        ({"claim": {**SEEN, "paid_at": None}}, "/claim/paid_at"),
        ({"claim": {"payment_id": "C1", "amount": 1298, "currency": "CNY"}},
         "/claim/channel_trade_no"),
        ({"claim": "C1"}, "/claim"),
    ],
)  # fmt: skip
async def test_a_decision_is_well_formed(
    admin: Admin, changes: dict[str, Any], pointer: str
) -> None:
    path = f"/api/payments/{PAYMENT_NO}/decision"
    answer = await admin.http.post(path, json=decision(**changes))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert admin.trade_core.decided == []


@pytest.mark.parametrize("missing", ["decision", "reason", "claim"])
async def test_a_decision_lacks_nothing(admin: Admin, missing: str) -> None:
    body = {name: value for name, value in decision().items() if name != missing}
    answer = await admin.http.post(f"/api/payments/{PAYMENT_NO}/decision", json=body)
    assert (answer.status_code, answer.json()["errors"]) == (
        422,
        [{"pointer": f"/{missing}", "message": "Field required"}],
    )
    assert admin.trade_core.decided == []


async def test_nobody_decides_without_logging_in(admin: Admin) -> None:
    body = decision()
    for path in (f"/api/payments/{PAYMENT_NO}/decision", "/api/refunds/R1/decision"):
        assert (await admin.anonymous.post(path, json=body)).status_code == 401


async def test_the_claim_is_trade_cores_and_has_four_members(admin: Admin) -> None:
    admin.trade_core.payment = on_file()
    path = f"/api/payments/{PAYMENT_NO}/claim"
    assert (await admin.http.get(path)).json() == SEEN
    admin.trade_core.payment = on_file("succeeded", claim=None)
    answer = await admin.http.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


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
    form = {"csrf": csrf, **FORM}
    answer = await admin.anonymous.post(f"{path}/decision", data=form, headers=headers)
    its_order = f"/console/orders/{story.order_id}?done=payment_decided"
    assert (answer.status_code, answer.headers["location"]) == (303, its_order)
    assert admin.trade_core.decided[0]["decision"] == "accept"
    assert admin.trade_core.decided[0]["claim"] == SEEN
    admin.trade_core.payment = on_file("succeeded", payment_no=story.payment_no)
    assert "/decision" not in (await admin.anonymous.get(path, headers=headers)).text


async def test_a_form_from_elsewhere_decides_nothing(admin: Admin) -> None:
    story, headers, _ = await conflicted(admin)
    form = {"csrf": "0" * 64, **FORM}
    path = f"/console/payments/{story.payment_no}/decision"
    answer = await admin.anonymous.post(path, data=form, headers=headers)
    assert (answer.status_code, admin.trade_core.decided) == (401, [])


async def test_a_decision_that_is_not_possible_comes_back_filled_in(admin: Admin) -> None:
    story, headers, csrf = await conflicted(admin)
    path = f"/console/payments/{story.payment_no}"
    form = {"csrf": csrf, **FORM, "reason": ""}
    answer = await admin.anonymous.post(f"{path}/decision", data=form, headers=headers)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'value="accept" selected' in answer.text


async def test_a_claim_that_changed_is_shown_with_the_form_filled_in(admin: Admin) -> None:
    story, headers, csrf = await conflicted(admin)
    path = f"payments/{story.payment_no}"
    admin.trade_core.payment = on_file(
        payment_no=story.payment_no, claim={**CLAIM, "amount": 7, "channel_trade_no": None}
    )
    admin.trade_core.refusals[f"/internal/{path}/decision"] = problem(409, "claim_changed")
    answer = await admin.anonymous.post(
        f"/console/{path}/decision", data={"csrf": csrf, **FORM}, headers=headers
    )
    assert answer.status_code == 409
    for text in (
        "渠道所述已有变化",
        "¥0.07",
        'name="claim_amount" value="7"',
        'name="claim_channel_trade_no" value=""',
        'value="accept" selected',
        f'value="{REASON}"',
        f'action="/console/{path}/decision"',
    ):
        assert text in answer.text


async def test_a_page_is_shown_also_where_trade_core_does_not_answer(admin: Admin) -> None:
    story, headers, _ = await conflicted(admin)
    admin.trade_core.payment = None
    page = await admin.anonymous.get(f"/console/payments/{story.payment_no}", headers=headers)
    assert (page.status_code, 'role="alert"' in page.text) == (200, True)


async def with_stuck_refund(admin: Admin) -> Story:
    story = Story().paid()
    story.tell(
        OrderEventType.REFUND_ABNORMAL,
        order=story.order("paid", 1299),
        refund=story.refund("abnormal"),
    )
    await apply(admin.deps, story.events)
    return story


async def test_a_dispute_that_was_won_is_called_so_and_cannot_be_paid_out(admin: Admin) -> None:
    story = await with_stuck_refund(admin)
    admin.trade_core.payment = on_file("succeeded", payment_no=story.payment_no)
    refund = story.refund("abnormal") | {"created_at": str(story.created_at), "cause": "external"}
    for is_dispute in (False, True):
        admin.trade_core.refund = refund | {"is_dispute": is_dispute}
        path = f"/console/orders/{story.order_id}"
        page = (await admin.anonymous.get(path, headers=await session_of(admin))).text
        assert ("持卡人银行拒付" in page) is is_dispute
        assert ('value="pay_out"' in page) is not is_dispute
        assert 'value="release"' in page


async def test_a_stuck_refund_is_decided_on_the_page(admin: Admin) -> None:
    story = await with_stuck_refund(admin)
    admin.trade_core.payment = on_file("succeeded", payment_no=story.payment_no)
    admin.trade_core.refund = story.refund("abnormal") | {"created_at": str(story.created_at)}
    headers = await session_of(admin)
    page = (
        await admin.anonymous.get(f"/console/payments/{story.payment_no}", headers=headers)
    ).text
    path = f"/console/payments/{story.payment_no}/refunds/{story.refund_no}/decision"
    assert f'action="{path}"' in page
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert csrf is not None
    assert 'name="version" value="7"' in page
    form = {"csrf": csrf.group(1), "decision": "release", "reason": REASON, "version": "7"}
    answer = await admin.anonymous.post(path, data=form, headers=headers)
    its_order = f"/console/orders/{story.order_id}"
    assert answer.headers["location"] == f"{its_order}?done=refund_decided"
    assert admin.trade_core.decided[0]["decision"] == "release"
    assert admin.trade_core.decided[0]["version"] == 7

    admin.trade_core.refund_version = 8
    refusing = path.replace(f"/console/payments/{story.payment_no}", "/internal")
    admin.trade_core.refusals[refusing] = problem(409, "version_changed")
    answer = await admin.anonymous.post(path, data=form, headers=headers)
    assert answer.status_code == 409
    for text in ('name="version" value="8"', 'value="release" selected', f'value="{REASON}"'):
        assert text in answer.text
