"""An app divides what was paid: what is checked, what is asked of trade-core, what comes back."""

from typing import Any

import httpx
import pytest
from tests.unit.gateway.client import application, client_of
from tests.unit.gateway.harness import (
    NOW,
    Harness,
    harness,
    order_summary,
    payment_view,
    splitting_plugin,
)

from contracts.api import ShareStatus, ShareView, SplitStatus, SplitView
from contracts.internal import OpenedSplit, PaymentOnFile
from gateway.directory import ChannelAccount

NO = payment_view().payment_no
SPLIT = SplitView(
    split_no="S1",
    merchant_split_no="F1",
    payment_no=NO,
    merchant_order_no="W1",
    channel_trade_no="T1",
    channel_split_no=None,
    merchant_id="M1",
    payment_id="C1",
    amount=300,
    currency="CNY",
    status=SplitStatus.PROCESSING,
    finish=False,
    receivers=[
        ShareView(
            account="190001",
            amount=300,
            description="维修基金",
            status=ShareStatus.PROCESSING,
            amount_returned=0,
            failure=None,
        )
    ],
    created_at=NOW,
    finished_at=None,
    failure=None,
)
REQUEST: dict[str, Any] = {
    "merchant_id": "M1",
    "payment_no": NO,
    "merchant_split_no": "F1",
    "receivers": [{"account": "190001", "amount": 300, "description": "维修基金"}],
}


def gateway(*, created: bool = True, can_split: bool = True, **stored: Any) -> Harness:
    on_file = PaymentOnFile(**dict(payment_view(**stored)), order=order_summary())
    made = harness(
        trade_core={
            ("GET", f"/internal/payments/{NO}"): lambda _: on_file,
            ("POST", "/internal/splits"): lambda _: OpenedSplit(created=created, split=SPLIT),
            ("GET", "/internal/splits/S1"): lambda _: SPLIT,
            ("GET", "/internal/splits"): lambda _: SPLIT,
        }
    )
    if can_split:
        made.directory.put(ChannelAccount("C1", "M1", True, splitting_plugin(), "C1's key"))
    return made


async def post(here: Harness, **changes: Any) -> httpx.Response:
    async with client_of(application(here)) as client:
        return await client.post("/v1/splits", {**REQUEST, **changes})


async def test_split_is_handed_to_trade_core_with_the_app() -> None:
    here = gateway()
    answer = await post(here)
    assert (answer.status_code, answer.json()["split_no"]) == (201, "S1")
    assert "idempotent-replayed" not in answer.headers
    *_, (method, path, given) = here.trade_core.asked
    assert (method, path, given.app_id) == ("POST", "/internal/splits", "A1")
    assert (given.request.merchant_split_no, given.request.finish) == ("F1", False)


async def test_repeat_is_200_and_says_so() -> None:
    answer = await post(gateway(created=False))
    assert (answer.status_code, answer.headers["idempotent-replayed"]) == (200, "true")


async def test_channel_that_cannot_split_is_said_before_anything_is_reserved() -> None:
    here = gateway(can_split=False)
    answer = await post(here)
    assert (answer.status_code, answer.json()["code"]) == (422, "method_not_supported")
    assert [path for _, path, _ in here.trade_core.asked] == [f"/internal/payments/{NO}"]


@pytest.mark.parametrize(
    ("changes", "stored"), [({"merchant_id": "M2"}, {}), ({}, {"merchant_id": "M2"})]
)
async def test_payment_of_somebody_else_is_not_found(
    changes: dict[str, Any], stored: dict[str, Any]
) -> None:
    answer = await post(gateway(**stored), **changes)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


RECEIVER = {"account": "190001", "amount": 300, "description": "维修基金"}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"receivers": []}, "/receivers"),
        ({"receivers": [RECEIVER] * 2}, "/receivers"),
        ({"receivers": [{**RECEIVER, "amount": 0}]}, "/receivers/0/amount"),
        ({"receivers": [{**RECEIVER, "amount": 1.5}]}, "/receivers/0/amount"),
        ({"receivers": [{**RECEIVER, "account": ""}]}, "/receivers/0/account"),
        ({"receivers": [{**RECEIVER, "account": str(n)} for n in range(51)]}, "/receivers"),
        ({"merchant_split_no": "a b"}, "/merchant_split_no"),
        ({"finish": 1}, "/finish"),
        ({"notify_url": "https://x.example"}, "/notify_url"),
    ],
)
async def test_bad_request_is_refused_with_a_pointer(changes: dict[str, Any], pointer: str) -> None:
    here = gateway()
    answer = await post(here, **changes)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert here.trade_core.asked == []


async def test_split_is_found_by_either_number() -> None:
    here = gateway()
    async with client_of(application(here)) as client:
        answers = [
            await client.get("/v1/splits/S1"),
            await client.get("/v1/splits?merchant_id=M1&merchant_split_no=F1"),
        ]
    assert [answer.json()["split_no"] for answer in answers] == ["S1", "S1"]
    assert [given["app_id"] for *_, given in here.trade_core.asked] == ["A1", "A1"]


@pytest.mark.parametrize(
    ("split", "pointer"),
    [
        ([{**RECEIVER, "amount": 1300}], "/split"),
        ([RECEIVER, RECEIVER], "/split"),
    ],
)
async def test_split_with_the_payment_must_fit_it(
    split: list[dict[str, Any]], pointer: str
) -> None:
    request = {
        "merchant_id": "M1",
        "payment_id": "C1",
        "merchant_order_no": "W1",
        "amount": 1299,
        "subject": "物业费",
        "method": "native",
        "split": split,
    }
    async with client_of(application(gateway())) as client:
        answer = await client.post("/v1/payments", request)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
