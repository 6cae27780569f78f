"""What channels and networks do wrong, and that the books say what happened all the same."""

import httpx
import pytest
from tests.e2e.journey import (
    AMOUNT,
    created,
    fault,
    has_status,
    paid,
    payment_of,
    tells,
    trade_at_channel,
    wish,
)
from tests.e2e.running import RunningStack, eventually

from paymesh_local.callbacks import CallbackReceiver
from paymesh_local.client import ApiClient

pytestmark = pytest.mark.asyncio(loop_scope="session")
CHANNELS = pytest.mark.parametrize("channel", ["wechat", "alipay"])


@CHANNELS
async def test_an_answer_lost_after_the_work_is_unknown_and_ends_right_by_query(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, channel: str
) -> None:
    await fault(sandbox, channel=channel, operation="pay", fault="drop_answer", times=1)
    answer = await api.post("/v1/payments", wish(stack.demo, channel))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (504, "unknown")
    assert problem["payment"]["status"] == "unknown"
    payment_no = problem["payment"]["payment_no"]

    await paid(sandbox, payment_no, notify=False)
    await eventually(has_status(api, payment_no, "succeeded"), within_s=30)


async def test_a_channel_that_hangs_is_unknown_after_ten_seconds(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient
) -> None:
    await fault(sandbox, channel="wechat", operation="pay", fault="delay", delay_s=14, times=1)
    answer = await api.post("/v1/payments", wish(stack.demo))
    assert (answer.status_code, answer.json()["code"]) == (504, "unknown")
    assert answer.elapsed.total_seconds() < 13
    payment_no = answer.json()["payment"]["payment_no"]

    async def is_there() -> bool:
        return await trade_at_channel(sandbox, payment_no) is not None

    await eventually(is_there, within_s=20)
    await paid(sandbox, payment_no, notify=False)
    await eventually(has_status(api, payment_no, "succeeded"), within_s=60)


@CHANNELS
async def test_a_lost_webhook_is_made_good_by_asking(
    stack: RunningStack,
    api: ApiClient,
    sandbox: httpx.AsyncClient,
    callbacks: CallbackReceiver,
    channel: str,
) -> None:
    payment = await created(api, wish(stack.demo, channel, notify_url=callbacks.url))
    await paid(sandbox, payment["payment_no"], notify=False)
    await callbacks.expect(tells("payment.succeeded", payment["payment_no"]), within_s=30)


async def test_a_webhook_that_overtakes_the_answer_is_booked_once(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, callbacks: CallbackReceiver
) -> None:
    await fault(sandbox, channel="wechat", operation="notice", fault="early", times=1)
    payment = await created(api, wish(stack.demo, notify_url=callbacks.url))
    await callbacks.expect(tells("payment.succeeded", payment["payment_no"]))
    assert (await payment_of(api, payment["payment_no"]))["status"] == "succeeded"


@CHANNELS
async def test_a_wrong_amount_is_a_conflict_for_a_person_and_never_booked(
    stack: RunningStack,
    api: ApiClient,
    sandbox: httpx.AsyncClient,
    callbacks: CallbackReceiver,
    channel: str,
) -> None:
    payment = await created(api, wish(stack.demo, channel, notify_url=callbacks.url))
    await paid(sandbox, payment["payment_no"], amount=1)
    await callbacks.expect(tells("payment.conflicted", payment["payment_no"]))
    now = await payment_of(api, payment["payment_no"])
    assert (now["status"], now["order"]["amount_paid"]) == ("conflicted", 0)


@CHANNELS
async def test_a_tampered_notice_changes_nothing_and_the_true_one_is_taken_later(
    stack: RunningStack, api: ApiClient, sandbox: httpx.AsyncClient, channel: str
) -> None:
    await fault(sandbox, channel=channel, operation="notice", fault="tamper", times=1)
    payment = await created(api, wish(stack.demo, channel))
    await paid(sandbox, payment["payment_no"])

    async def was_refused() -> bool:
        trade = await trade_at_channel(sandbox, payment["payment_no"])
        return bool(trade and trade["notices"] and trade["notices"][0]["status"] == 401)

    await eventually(was_refused)
    await eventually(has_status(api, payment["payment_no"], "succeeded"), within_s=40)


@CHANNELS
async def test_notices_that_come_twice_at_once_are_one_success(
    stack: RunningStack,
    api: ApiClient,
    sandbox: httpx.AsyncClient,
    callbacks: CallbackReceiver,
    channel: str,
) -> None:
    await fault(sandbox, channel=channel, operation="notice", fault="duplicate", times=1)
    payment = await created(api, wish(stack.demo, channel, notify_url=callbacks.url))
    await paid(sandbox, payment["payment_no"])
    told = await callbacks.expect(tells("payment.succeeded", payment["payment_no"]))
    about = [c for c in callbacks.received if c.data.get("payment_no") == payment["payment_no"]]
    assert {callback.webhook_id for callback in about} == {told.webhook_id}
    assert (await payment_of(api, payment["payment_no"]))["order"]["amount_paid"] == AMOUNT


@CHANNELS
async def test_a_refund_whose_answer_is_lost_goes_back_once(
    stack: RunningStack,
    api: ApiClient,
    sandbox: httpx.AsyncClient,
    callbacks: CallbackReceiver,
    channel: str,
) -> None:
    body = wish(stack.demo, channel)
    payment = await created(api, body)
    await paid(sandbox, payment["payment_no"])
    await eventually(has_status(api, payment["payment_no"], "succeeded"))
    await fault(sandbox, channel=channel, operation="refund", fault="drop_answer", times=1)
    answer = await api.post(
        "/v1/refunds",
        {
            "merchant_id": body["merchant_id"],
            "payment_id": body["payment_id"],
            "payment_no": payment["payment_no"],
            "merchant_refund_no": f"T-{payment['payment_no']}",
            "amount": AMOUNT,
            "notify_url": callbacks.url,
        },
    )
    refund_no = answer.json()["refund_no"]
    await callbacks.expect(tells("refund.succeeded", refund_no), within_s=40)
    trade = await trade_at_channel(sandbox, payment["payment_no"])
    assert trade is not None
    assert trade["refunded"] == AMOUNT
    assert [each["refund_no"] for each in trade["refunds"]] == [refund_no]
