"""Refunds that people ask for."""

from typing import Any

from contracts.identifiers import new_id

from .conftest import Admin

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
        "metadata": {}, "failure": None, "order": order,
    }  # fmt: skip


def refund() -> dict[str, Any]:
    return {
        "refund_no": new_id("refund"), "merchant_refund_no": "r-1", "payment_no": PAYMENT_NO,
        "merchant_order_no": "W-1", "channel_trade_no": "42", "channel_refund_no": None,
        "merchant_id": "M1", "payment_id": "C1", "amount": 300, "currency": "CNY",
        "status": "processing", "reason": "多收", "cause": "requested", "created_at": NOW,
        "refunded_at": None, "failure": None,
    }  # fmt: skip


async def test_a_refund_goes_to_trade_core_for_no_app_in_particular(admin: Admin) -> None:
    admin.trade_core.payment, admin.trade_core.refund = payment(), refund()
    body = {"amount": 300, "merchant_refund_no": "r-1", "reason": "多收"}
    answer = await admin.http.post(PATH, json=body)
    assert (answer.status_code, answer.json()) == (201, admin.trade_core.refund)
    [asked] = admin.trade_core.asked
    assert asked == {
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

    assert (await admin.http.post(PATH, json=body)).status_code == 200


async def test_without_a_number_each_refund_is_its_own(admin: Admin) -> None:
    admin.trade_core.payment, admin.trade_core.refund = payment(), refund()
    for _ in range(2):
        assert (await admin.http.post(PATH, json={"amount": 300})).status_code == 201
    first, second = (asked["wish"]["merchant_refund_no"] for asked in admin.trade_core.asked)
    assert first != second


async def test_what_trade_core_refuses_is_told_and_audited(admin: Admin) -> None:
    admin.trade_core.payment = payment()
    answer = await admin.http.post(PATH, json={"amount": 1300})
    assert (answer.status_code, answer.json()["code"]) == (409, "refund_exceeds_paid")
    refused = (await admin.audit(entity_id=PAYMENT_NO))[0]
    assert (refused["action"], refused["after"]["code"]) == (
        "refund.refused",
        "refund_exceeds_paid",
    )


async def test_an_unknown_payment_is_not_found(admin: Admin) -> None:
    answer = await admin.http.post(PATH, json={"amount": 300})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert await admin.audit(entity_id=PAYMENT_NO) == []


async def test_a_payment_without_a_channel_cannot_be_refunded(admin: Admin) -> None:
    admin.trade_core.payment = payment(payment_id=None)
    answer = await admin.http.post(PATH, json={"amount": 300})
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_not_refundable")


async def test_a_bad_amount_is_pointed_at(admin: Admin) -> None:
    for amount in (0, -1, 3.0, "300", None, 10**13):
        answer = await admin.http.post(PATH, json={"amount": amount})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/amount")


async def test_the_channels_are_the_gateways(admin: Admin) -> None:
    answer = (await admin.http.get("/api/channels")).json()
    assert [item["channel"] for item in answer["items"]] == ["wechat"]
    assert answer["next_cursor"] is None
