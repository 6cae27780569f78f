"""Refunds that people ask for."""

import re
from typing import Any

import httpx
import pytest
from fastapi import Response
from fastapi.responses import JSONResponse

from contracts.identifiers import new_id
from merchant_admin.flows.read_model import apply

from .conftest import Admin, problem
from .people import Person, fields_of, marked
from .test_read_model import Story

NOW = "2026-11-22T08:00:00Z"
PAYMENT_NO = new_id("payment")
PATH = f"/api/payments/{PAYMENT_NO}/refunds"


def payment(payment_id: str | None = "C1") -> dict[str, Any]:
    order = {
        "merchant_order_no": "W-1", "merchant_id": "M1", "status": "paid", "amount": 1299,
        "currency": "CNY", "amount_paid": 1299, "amount_refunded": 0, "subject": "物业费",
        "created_at": NOW, "expires_at": NOW,
    }  # fmt: skip
    return {
        "payment_no": PAYMENT_NO, "merchant_order_no": "W-1", "channel_trade_no": "42",
        "merchant_id": "M1", "payment_id": payment_id, "channel": "wechat", "method": "native",
        "status": "succeeded", "amount": 1299, "currency": "CNY", "amount_refunded": 0,
        "subject": "物业费", "action": None, "expires_at": NOW, "created_at": NOW, "paid_at": NOW,
        "metadata": {}, "failure": None, "order": order, "app_id": "A1",
    }  # fmt: skip


def refund() -> dict[str, Any]:
    return {
        "refund_no": new_id("refund"), "merchant_refund_no": "r-1", "payment_no": PAYMENT_NO,
        "merchant_order_no": "W-1", "channel_trade_no": "42", "channel_refund_no": None,
        "merchant_id": "M1", "payment_id": "C1", "amount": 300, "currency": "CNY",
        "status": "processing", "reason": "多收", "cause": "requested", "created_at": NOW,
        "refunded_at": None, "failure": None,
    }  # fmt: skip


def asked(amount: object) -> dict[str, object]:
    return {"amount": amount, "merchant_refund_no": "r-1"}


async def test_a_refund_goes_to_trade_core_for_no_app_in_particular(admin: Admin) -> None:
    admin.trade_core.payment, admin.trade_core.refund = payment(), refund()
    body = {"amount": 300, "merchant_refund_no": "r-1", "reason": "多收"}
    answer = await admin.http.post(PATH, json=body)
    assert (answer.status_code, answer.json()) == (201, admin.trade_core.refund)
    [sent] = admin.trade_core.asked
    assert sent == {
        "app_id": None,
        "wish": {
            "merchant_id": "M1", "payment_id": "C1", "payment_no": PAYMENT_NO,
            "notify_url": None, **body,
        },
    }  # fmt: skip
    opened, requested = await admin.audit(entity_id=PAYMENT_NO)
    assert (requested["action"], opened["action"]) == ("refund.requested", "refund.opened")
    assert opened["after"]["refund_no"] == admin.trade_core.refund["refund_no"]
    assert (requested["actor"], requested["after"]["amount"]) == ("admin", 300)

    repeated = await admin.http.post(PATH, json=body)
    assert (repeated.status_code, repeated.headers["idempotent-replayed"]) == (200, "true")
    admin.gateway.cannot_refund = cannot_carry()  # what was taken is held to no younger rule
    assert (await admin.http.post(PATH, json=body)).status_code == 200


CANNOT_CARRY = {
    "pointer": "/amount", "message": "must end in 0", "message_zh": "末位须为 0",
}  # fmt: skip


def cannot_carry() -> Response:
    body = {"code": "invalid_request", "detail": "no", "errors": [CANNOT_CARRY]}
    return JSONResponse(body, 422, media_type="application/problem+json")


async def test_what_the_channel_cannot_give_back_is_refused_before_it_is_opened(
    admin: Admin,
) -> None:
    admin.trade_core.payment, admin.trade_core.refund = payment(), refund()
    admin.gateway.cannot_refund = cannot_carry()
    answer = await admin.http.post(PATH, json=asked(305))
    assert (answer.status_code, answer.json()["errors"]) == (422, [CANNOT_CARRY])
    assert admin.gateway.refund_checks == [
        {"payment_id": "C1", "merchant_id": "M1", "amount": 305, "currency": "CNY"}
    ]
    assert admin.trade_core.asked == []
    assert await admin.audit(entity_id=PAYMENT_NO) == []


@pytest.mark.parametrize("status", [404, 503])
async def test_a_gateway_that_does_not_tell_keeps_no_refund_back(admin: Admin, status: int) -> None:
    admin.trade_core.payment, admin.trade_core.refund = payment(), refund()
    admin.gateway.cannot_refund = problem(status, "overloaded")
    assert (await admin.http.post(PATH, json=asked(300))).status_code == 201


@pytest.mark.parametrize(("language", "words"), [("zh", "末位须为 0"), ("en", "must end in 0")])
async def test_why_an_amount_cannot_go_back_stands_beside_it(
    admin: Admin, language: str, words: str
) -> None:
    story = await paid_story(admin)
    admin.gateway.cannot_refund = cannot_carry()
    person = await Person.logged_in(admin)
    person.headers["Accept-Language"] = language
    answer = await refunded(person, story, amount="3.05")
    assert answer.status_code == 422
    assert f'<span class="wrong" id="wrong-amount">{words}</span>' in answer.text
    assert 'aria-describedby="wrong-amount"' in answer.text
    assert 'value="3.05"' in answer.text


async def test_a_refund_needs_a_number_so_that_a_repeat_is_the_same_one(admin: Admin) -> None:
    admin.trade_core.payment, admin.trade_core.refund = payment(), refund()
    answer = await admin.http.post(PATH, json={"amount": 300})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (
        422,
        "/merchant_refund_no",
    )
    assert admin.trade_core.asked == []


async def paid_story(admin: Admin) -> Story:
    """A paid payment that people look at, and trade-core knows."""
    story = Story().paid()
    await apply(admin.deps, story.events)
    admin.trade_core.payment = {**payment(), "payment_no": story.payment_no}
    admin.trade_core.refund = refund()
    return story


async def refunded(person: Person, story: Story, **fields: str) -> httpx.Response:
    """The form of the order's page, with these fields filled in."""
    action = f"payments/{story.payment_no}/refunds"
    return await person.save(f"orders/{story.order_id}", action, **{"reason": "多收", **fields})


async def test_a_form_sent_twice_is_one_refund(admin: Admin) -> None:
    story = await paid_story(admin)
    person = await Person.logged_in(admin)
    path = f"payments/{story.payment_no}"
    shown = await person.form_of(path, f"{path}/refunds")
    assert shown["amount"] == "12.99"
    number = shown["merchant_refund_no"]
    assert admin.trade_core.refund is not None
    admin.trade_core.refund["merchant_refund_no"] = number
    for _ in range(2):
        answer = await person.send(f"{path}/refunds", **{**shown, "amount": "3", "reason": "多收"})
        done = f"?done=refund_requested&number={admin.trade_core.refund['refund_no']}"
        assert answer.headers["location"] == f"/console/orders/{story.order_id}{done}"
    first, second = admin.trade_core.asked
    assert (first, first["wish"]["amount"]) == (second, 300)
    assert first["wish"]["merchant_refund_no"] == number
    assert 'role="status"' in await person.open_page(path, done="refund_requested")
    assert f'name="merchant_refund_no" value="{number}"' not in await person.open_page(path)


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "您查看之后它已有变化"), ("en", "It has changed")]
)
async def test_the_same_is_not_given_back_twice_by_two_people(
    admin: Admin, language: str, words: str
) -> None:
    """Both had opened the page before either of them sent the form."""
    story = await paid_story(admin)
    first, second = await Person.logged_in(admin), await Person.hired(admin, "finance")
    action = f"payments/{story.payment_no}/refunds"
    page = f"orders/{story.order_id}"
    seen = [await each.form_of(page, action) for each in (first, second)]
    filled = [{**each, "amount": "3.00", "reason": "多收"} for each in seen]
    assert (await first.send(action, **filled[0])).status_code == 303
    second.headers["Accept-Language"] = language
    late = await second.send(action, **filled[1])
    assert late.status_code == 409
    assert late.text.count(words) == 1
    fresh = fields_of(late.text, action)
    assert (fresh["amount"], fresh["version"]) == ("3.00", "300")
    assert len(admin.trade_core.asked) == 1
    assert (await second.send(action, **fresh)).status_code == 303, "who has looked again may"


async def test_a_refund_that_waits_is_seen_before_another_is_asked_for(admin: Admin) -> None:
    story = await paid_story(admin)
    person = await Person.logged_in(admin)
    stale = {"amount": "3.00", "reason": "多收", "merchant_refund_no": "admin-R1", "version": "-1"}
    answer = await person.send(f"payments/{story.payment_no}/refunds", **stale)
    assert (answer.status_code, admin.trade_core.asked) == (409, [])


async def test_a_form_without_an_answer_stays_with_its_number(admin: Admin) -> None:
    """It said that nothing is done twice, and the dialog, opened again, had another number."""
    story = await paid_story(admin)
    person = await Person.logged_in(admin)
    action = f"payments/{story.payment_no}/refunds"
    shown = await person.form_of(f"orders/{story.order_id}", action)
    admin.trade_core.refusals["/internal/refunds"] = problem(503, "overloaded")
    lost = await person.send(action, **{**shown, "amount": "3.00", "reason": "多收"})
    assert lost.status_code == 503
    assert "whether it was done is not known" in lost.text
    kept = fields_of(lost.text, action)
    assert (kept["merchant_refund_no"], kept["amount"]) == (shown["merchant_refund_no"], "3.00")
    admin.trade_core.refusals.clear()
    assert (await person.send(action, **kept)).status_code == 303


@pytest.mark.parametrize("amount", ["", "0", "-1", "1.001", "ten", "1e3", "\u0663"])
async def test_a_refused_form_comes_back_filled_in_with_its_number(
    admin: Admin, amount: str
) -> None:
    story = await paid_story(admin)
    person = await Person.logged_in(admin)
    answer = await refunded(person, story, amount=amount, merchant_refund_no="admin-R1")
    assert answer.status_code == 422
    for text in ('value="多收"', 'value="admin-R1"'):
        assert text in answer.text
    assert re.search(rf'name="amount"[^>]*value="{amount}" aria-describedby', answer.text)
    assert marked(answer.text) == {"amount": "must be an amount above 0, as 12.50"}
    assert answer.text.count("Check what is marked.") == 1


async def test_who_asks_for_too_much_reads_how_much_there_is(admin: Admin) -> None:
    story = await paid_story(admin)
    person = await Person.logged_in(admin)
    answer = await refunded(person, story, amount="13.00")
    assert (answer.status_code, marked(answer.text)) == (409, {"amount": "¥12.99 at most"})


async def test_a_viewer_is_shown_no_form_for_refunds(admin: Admin) -> None:
    story = await paid_story(admin)
    viewer = await Person.hired(admin, "viewer")
    path = f"payments/{story.payment_no}"
    assert "merchant_refund_no" not in await viewer.open_page(path)
    assert (await viewer.send(f"{path}/refunds", amount="1")).status_code == 403
    assert admin.trade_core.asked == []


async def test_what_trade_core_refuses_is_told_and_audited(admin: Admin) -> None:
    admin.trade_core.payment = payment()
    answer = await admin.http.post(PATH, json=asked(1300))
    assert (answer.status_code, answer.json()["code"]) == (409, "refund_exceeds_paid")
    refused = (await admin.audit(entity_id=PAYMENT_NO))[0]
    assert (refused["action"], refused["after"]["code"]) == (
        "refund.refused",
        "refund_exceeds_paid",
    )


async def test_an_unknown_payment_is_not_found(admin: Admin) -> None:
    answer = await admin.http.post(PATH, json=asked(300))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert await admin.audit(entity_id=PAYMENT_NO) == []


async def test_a_payment_without_a_channel_cannot_be_refunded(admin: Admin) -> None:
    admin.trade_core.payment = payment(payment_id=None)
    answer = await admin.http.post(PATH, json=asked(300))
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_not_refundable")


async def test_a_bad_amount_is_pointed_at(admin: Admin) -> None:
    for amount in (0, -1, 3.0, "300", None, 10**13):
        answer = await admin.http.post(PATH, json=asked(amount))
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/amount")


async def test_the_channels_are_the_gateways(admin: Admin) -> None:
    answer = (await admin.http.get("/api/channels")).json()
    assert [item["channel"] for item in answer["items"]] == ["wechat"]
    assert answer["next_cursor"] is None
