"""The channel took another amount than we asked for, or says so."""

import asyncio

import pytest
from tests.e2e import all_books
from tests.e2e.channels import EVERY
from tests.e2e.harness import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("notify", [True, False], ids=["webhook", "query"])
async def test_webhook_amount_check(harness: Harness, notify: bool) -> None:
    """A conflict for a person; never booked, never told as success."""
    await asyncio.gather(
        *(_is_in_conflict(harness, channel, amount=1, notify=notify) for channel in EVERY)
    )


@pytest.mark.parametrize("channel", EVERY)
async def test_webhook_that_names_another_amount_than_was_taken(
    harness: Harness, channel: str
) -> None:
    await harness.fault(channel=channel, operation="notice", fault="wrong_amount")
    await _is_in_conflict(harness, channel)


async def test_query_that_names_another_amount_than_was_taken(harness: Harness) -> None:
    for channel in EVERY:
        await harness.fault(channel=channel, operation="query", fault="wrong_amount")
    await asyncio.gather(*(_is_in_conflict(harness, channel, notify=False) for channel in EVERY))


async def _is_in_conflict(harness: Harness, channel: str, **how: int) -> None:
    body = harness.request(channel)
    number = (await harness.created(body))["payment_no"]
    await harness.pays(number, **how)
    await harness.time_comes(number)
    callback = await harness.receives("payment.conflicted", number)
    assert callback.data["failure"]["code"] == "conflict"
    order = await all_books.agree(harness, body)
    assert (order["status"], order["amount_paid"]) == ("open", 0)
    assert await harness.balances([number]) == {}
    assert await harness.alerts(number) == {"payment.conflicted"}
    refused = await harness.ask_refund(order["payments"][0], 1)
    assert (refused.status_code, refused.json()["code"]) == (409, "payment_not_refundable")


@pytest.mark.parametrize(
    ("channel", "operation", "times", "alerts"),
    [
        ("wechat", "notice", 9, set()),
        ("easy", "query_refund", 1, set()),
        ("alipay", "query_refund", 1, set()),
        ("alipay", "refund", 9, {"refund.more_went_back"}),
    ],
)
async def test_a_wrong_word_about_a_refund_books_nothing(
    harness: Harness, channel: str, operation: str, times: int, alerts: set[str]
) -> None:
    """Not by whatever second it arrives in; the channel is asked, and its truth is booked."""
    body = harness.request(channel)
    payment = await harness.created(body)
    number = payment["payment_no"]
    await harness.pays(number)
    await harness.becomes(number, "succeeded")
    await harness.fault(
        channel=channel, operation=operation, fault="wrong_amount", payment_no=number, times=times
    )
    if operation == "query_refund":
        await harness.fault(
            channel=channel, operation="refund", fault="drop_answer", payment_no=number, times=1
        )
    refund_no = await harness.refunded(payment, 1)

    async def has_succeeded() -> bool:
        answer = await harness.api.get(f"/v1/refunds/{refund_no}")
        assert answer.json()["status"] in ("processing", "succeeded")
        return bool(answer.json()["status"] == "succeeded")

    await harness.looked_at_until(has_succeeded, refund_no)
    order = await all_books.agree(harness, body)
    assert [(one["cause"], one["amount"]) for one in order["refunds"]] == [("requested", 1)]
    assert await harness.alerts(number) == alerts
