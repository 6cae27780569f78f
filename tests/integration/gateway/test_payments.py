"""Payments through the real bus and wire-true third parties."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.gateway.harness import Harness

from chassis.producer import Message
from contracts import topics
from contracts.api import PaymentView
from contracts.events.commands import (
    SOURCE,
    ChannelCommand,
    ChannelCommandRecord,
    CommandName,
    PaymentRef,
    RefundRef,
    SplitRef,
)
from contracts.identifiers import new_id
from paymesh_local.client import ApiClient

pytestmark = pytest.mark.asyncio(loop_scope="module")
CHANNELS = pytest.mark.parametrize("channel", ["wechat", "alipay"])


async def created(harness: Harness, api: ApiClient, channel: str) -> PaymentView:
    answer = await api.post("/v1/payments", harness.request(channel))
    assert answer.status_code == 201, answer.text
    return PaymentView.model_validate_json(answer.content)


async def command(
    harness: Harness,
    payment: PaymentView,
    name: CommandName,
    refund: RefundRef | None = None,
    split: SplitRef | None = None,
) -> None:
    assert payment.payment_id
    assert payment.channel
    shared = {
        name: getattr(payment, name)
        for name in PaymentRef.model_fields
        if name in PaymentView.model_fields
    }
    event = ChannelCommandRecord(
        id=new_id("event"),
        source=SOURCE,
        type="channel.command",
        subject=payment.payment_no,
        time=datetime.now(UTC),
        data=ChannelCommand(
            command=name,
            payment=PaymentRef(**shared),
            refund=refund,
            split=split,
            lease_until=datetime.now(UTC) + timedelta(seconds=60),
        ),
    )
    message = Message(topics.CHANNEL_COMMANDS, payment.payment_no, event.to_bytes())
    await harness.producer.send(message)


@CHANNELS
async def test_a_payment_is_initiated_and_its_webhook_reaches_the_bus(
    harness: Harness, api: ApiClient, channel: str
) -> None:
    payment = await created(harness, api, channel)
    assert payment.status == "pending"
    assert payment.action
    assert payment.action.type == "qr_code"
    initiation = await harness.result(payment.payment_no, source="initiation")
    assert initiation["verdict"] == "pending"

    await harness.pay(payment.payment_no)
    notification = await harness.result(payment.payment_no, source="notice")
    assert (notification["verdict"], notification["amount"], notification["currency"]) == (
        "succeeded",
        1299,
        "CNY",
    )
    assert notification["payment_id"] == harness.payment_ids[channel]
    assert notification["channel_trade_no"]


@CHANNELS
async def test_commands_are_carried_out(harness: Harness, api: ApiClient, channel: str) -> None:
    payment = await created(harness, api, channel)
    await command(harness, payment, CommandName.QUERY)
    unpaid = await harness.result(payment.payment_no, source="query")
    assert unpaid["verdict"] == "pending"

    await harness.pay(payment.payment_no)
    await harness.result(payment.payment_no, source="notice")
    refund = RefundRef(
        refund_no=new_id("refund"),
        amount=299,
        reason=None,
        channel_refund_no=None,
        created_at=datetime.now(UTC),
    )
    await command(harness, payment, CommandName.REFUND, refund)
    sent = await harness.result(payment.payment_no, source="refund")
    assert sent["verdict"] in ("pending", "succeeded")
    await command(harness, payment, CommandName.QUERY_REFUND, refund)
    asked = await harness.result(payment.payment_no, source="query_refund")
    assert asked["refund_no"] == refund.refund_no


@CHANNELS
async def test_a_close_ends_the_trade(harness: Harness, api: ApiClient, channel: str) -> None:
    payment = await created(harness, api, channel)
    await command(harness, payment, CommandName.CLOSE)
    closed = await harness.result(payment.payment_no, source="close")
    assert closed["verdict"] == "succeeded"


@CHANNELS
async def test_an_answer_lost_after_the_work_is_unknown(
    harness: Harness, api: ApiClient, channel: str
) -> None:
    await harness.fault(channel=channel, operation="pay", fault="drop_answer", times=1)
    answer = await api.post("/v1/payments", harness.request(channel))
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["retryable"]) == (504, "unknown", False)
    assert problem["payment"]["status"] == "unknown"
    assert "channel" not in problem
    result = await harness.result(problem["payment"]["payment_no"], source="initiation")
    assert (result["verdict"], result["code"]) == ("unknown", "no_answer")


@pytest.mark.parametrize("fault", ["status_500", "tamper"])
@CHANNELS
async def test_an_answer_that_proves_nothing_is_unknown(
    harness: Harness, api: ApiClient, channel: str, fault: str
) -> None:
    await harness.fault(channel=channel, operation="pay", fault=fault, times=1)
    answer = await api.post("/v1/payments", harness.request(channel))
    assert (answer.status_code, answer.json()["code"]) == (504, "unknown")
    assert "retry-after" not in answer.headers


@pytest.mark.parametrize("channel", ["wechat", "alipay"])
@pytest.mark.parametrize("fault", ["system_error", "rate_limited"])
async def test_trouble_that_passes_costs_the_app_only_time(
    harness: Harness, api: ApiClient, channel: str, fault: str
) -> None:
    await harness.fault(channel=channel, operation="pay", fault=fault, times=2)
    answer = await api.post("/v1/payments", harness.request(channel))
    assert answer.status_code == 201
    assert answer.json()["action"]["type"] == "qr_code"


async def test_a_channel_that_hangs_is_given_ten_seconds(harness: Harness, api: ApiClient) -> None:
    await harness.fault(channel="wechat", operation="pay", fault="delay", delay_s=14, times=1)
    answer = await api.post("/v1/payments", harness.request())
    assert (answer.status_code, answer.json()["code"]) == (504, "unknown")
    assert 9.5 < answer.elapsed.total_seconds() < 14


async def test_a_channel_that_cannot_be_reached_did_surely_nothing(
    harness: Harness, api: ApiClient
) -> None:
    answer = await api.post("/v1/payments", harness.request("gone"))
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["retryable"]) == (502, "not_sent", True)
    assert answer.headers["retry-after"] == "15"
    assert (problem["payment"]["status"], problem["payment"]["failure"]["code"]) == (
        "failed",
        "not_reached",
    )
    assert (await harness.result(problem["payment"]["payment_no"]))["verdict"] == "not_sent"


async def test_a_scanned_code_is_paid_at_once(harness: Harness, api: ApiClient) -> None:
    request = harness.request(method="barcode", payer={"auth_code": "134567890123456789"})
    answer = await api.post("/v1/payments", request)
    payment = answer.json()
    assert (answer.status_code, payment["status"]) == (201, "succeeded")
    assert payment["action"] == {"type": "none"}
    result = await harness.result(payment["payment_no"], source="initiation")
    assert (result["verdict"], result["amount"]) == ("succeeded", 1299)
    assert result["action"] == payment["action"]


async def test_a_channel_that_says_no_is_quoted(harness: Harness, api: ApiClient) -> None:
    codes_of_alipay = {"auth_code": "284567890123456789"}
    request = harness.request(method="barcode", payer=codes_of_alipay)
    answer = await api.post("/v1/payments", request)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (402, "declined"), problem
    assert answer.headers["retry-after"] == "15"
    assert problem["payment"]["status"] == "failed"
    assert problem["channel"]["code"] == problem["payment"]["failure"]["code"] != ""
    assert problem["channel"]["message"]
