"""Every shape that crosses a service border stands in a golden file, one per version.

A change that alters or removes a member breaks its golden file and so needs a new version; a new
optional member is added to the file on purpose: `make golden` rewrites
them all, and the difference is read in review.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import BaseModel

from contracts import actions, api, internal
from contracts.events import alerts, commands, configuration, deliveries, orders, results
from contracts.events.envelope import CloudEvent, Data

GOLDEN: Final = Path(__file__).parent / "golden"
AT: Final = datetime(2026, 11, 22, 4, 5, 6, 789000, tzinfo=UTC)
LATER: Final = datetime(2026, 11, 22, 6, 5, 6, 789000, tzinfo=UTC)
ORDER_NO: Final = "W2026-001"
PAYMENT_NO: Final = "P01KAN5C2FN000000000000001"
REFUND_NO: Final = "R01KAN5C2FN000000000000002"
SPLIT_NO: Final = "S01KAN5C2FN000000000000009"
STATEMENT_NO: Final = "B01KAN5C2FN00000000000000A"
MERCHANT: Final = "M01KAN5C2FN000000000000003"
ACCOUNT: Final = "C01KAN5C2FN000000000000004"
CODE: Final = "F01KAN5C2FN00000000000000C"
APP: Final = "A01KAN5C2FN000000000000005"

PAYMENT: Final = api.PaymentView(
    payment_no=PAYMENT_NO,
    merchant_order_no=ORDER_NO,
    channel_trade_no="4200002026112200001",
    merchant_id=MERCHANT,
    payment_id=ACCOUNT,
    channel="wechat",
    method=api.Method.NATIVE,
    status=api.PaymentStatus.SUCCEEDED,
    amount=1299,
    currency="CNY",
    amount_refunded=0,
    subject="物业费 11月",
    action=actions.QrCodeAction(qr_code="weixin://wxpay/bizpayurl?pr=x"),
    expires_at=LATER,
    created_at=AT,
    paid_at=LATER,
    metadata={"room": "3-1201", "months": [11]},
    failure=None,
)
LINK: Final = api.PaymentLinkView(
    link_id="L01KAN5C2FN00000000000000B",
    url="https://cashier.example/pay/to/L01KAN5C2FN00000000000000B",
    state=api.LinkStatus.OPEN,
    merchant_id=MERCHANT,
    amount=1299,
    currency="CNY",
    subject="物业费 11月",
    uses=1,
    merchant_order_no=ORDER_NO,
    payment_no=PAYMENT_NO,
    created_at=AT,
    expires_at=LATER,
)
REFUND: Final = api.RefundView(
    refund_no=REFUND_NO,
    merchant_refund_no="T-1",
    payment_no=PAYMENT_NO,
    merchant_order_no=ORDER_NO,
    channel_trade_no="4200002026112200001",
    channel_refund_no="5030000001",
    merchant_id=MERCHANT,
    payment_id=ACCOUNT,
    amount=299,
    currency="CNY",
    status=api.RefundStatus.SUCCEEDED,
    reason="多收",
    cause=api.RefundCause.REQUESTED,
    created_at=AT,
    refunded_at=LATER,
    failure=None,
)
ORDER: Final = api.OrderSummary(
    merchant_order_no=ORDER_NO,
    merchant_id=MERCHANT,
    status=api.OrderStatus.PAID,
    amount=1299,
    currency="CNY",
    amount_paid=1299,
    amount_refunded=0,
    subject="物业费 11月",
    created_at=AT,
    expires_at=LATER,
)
SPLIT: Final = api.SplitView(
    split_no=SPLIT_NO,
    merchant_split_no="F-1",
    payment_no=PAYMENT_NO,
    merchant_order_no=ORDER_NO,
    channel_trade_no="4200002026112200001",
    channel_split_no="3008450740201411110007820472",
    merchant_id=MERCHANT,
    payment_id=ACCOUNT,
    amount=400,
    currency="CNY",
    status=api.SplitStatus.FAILED,
    finish=False,
    receivers=[
        api.ShareView(
            account="1900000109",
            amount=300,
            description="电梯维保",
            status=api.ShareStatus.SUCCEEDED,
            amount_returned=0,
            failure=None,
        ),
        api.ShareView(
            account="1900000110",
            amount=100,
            description="保洁",
            status=api.ShareStatus.FAILED,
            amount_returned=0,
            failure=api.Failure(code="NO_RELATION", message="分账接收方未添加"),
        ),
    ],
    created_at=AT,
    finished_at=LATER,
    failure=api.Failure(code="NO_RELATION", message="分账接收方未添加"),
)
PAYMENT_REF: Final = commands.PaymentRef(
    payment_no=PAYMENT_NO,
    payment_id=ACCOUNT,
    merchant_id=MERCHANT,
    merchant_order_no=ORDER_NO,
    channel="wechat",
    method=api.Method.NATIVE,
    amount=1299,
    currency="CNY",
    channel_trade_no=None,
    created_at=AT,
    expires_at=LATER,
)

STATEMENT: Final = internal.ReconciliationView(
    statement_no=STATEMENT_NO,
    merchant_id=MERCHANT,
    payment_id=ACCOUNT,
    channel="wechat",
    day=date(2026, 11, 21),
    state=internal.ReconciliationState.DIFFERS,
    attempts=0,
    next_look_at=LATER,
    fetched_at=AT,
    compared_at=AT,
    note=None,
    currency="CNY",
    rows=3,
    payments=1,
    paid=1300,
    refunds=1,
    refunded=299,
    foreign_rows=1,
    fees=6,
    fees_booked=6,
    open_differences=1,
    totals=(
        internal.StatementTotal(
            currency="CNY",
            payments=1,
            paid=1300,
            refunds=1,
            refunded=299,
            fees=6,
            fees_booked=6,
        ),
    ),
)
DIFFERENCE: Final = internal.DifferenceView(
    difference_no="D01KAN5C2FN00000000000000B",
    statement_no=STATEMENT_NO,
    merchant_id=MERCHANT,
    payment_id=ACCOUNT,
    channel="wechat",
    day=date(2026, 11, 21),
    kind=internal.DifferenceKind.AMOUNT,
    about="payment",
    subject=PAYMENT_NO,
    channel_no="4200002026112200001",
    our_amount=1299,
    our_currency="CNY",
    our_status="succeeded",
    billed_amount=1300,
    billed_currency="CNY",
    state=internal.DifferenceState.OPEN,
    found_at=AT,
    closed_at=None,
    version=2,
)


def in_envelope(kind: str, subject: str, source: str, data: Data) -> CloudEvent[Any]:
    return CloudEvent[Any](
        id="E01KAN5C2FN000000000000006",
        source=source,
        type=kind,
        subject=subject,
        time=AT,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        data=data,
    )


def entity(value: BaseModel, subject: str) -> CloudEvent[Any]:
    return in_envelope(
        configuration.CONFIGURATION,
        subject,
        configuration.SOURCE,
        configuration.Configuration.model_validate({"entity": value.model_dump()}),
    )


def order_event(kind: orders.OrderEventType, **parts: Any) -> CloudEvent[Any]:
    data = orders.OrderEvent(
        app_id=APP,
        merchant_id=MERCHANT,
        order_id="O01KAN5C2FN000000000000007",
        sequence=3,
        order=ORDER,
        **parts,
    )
    return in_envelope(kind, PAYMENT_NO, orders.SOURCE, data)


SAMPLES: Final[Mapping[str, BaseModel]] = {
    "payment": PAYMENT,
    "payment-with-order": api.PaymentWithOrder(**PAYMENT.model_dump(), order=ORDER),
    "order": api.OrderView(**ORDER.model_dump(), payments=[PAYMENT], refunds=[REFUND]),
    "refund": REFUND,
    "split": SPLIT,
    "callback": api.Callback(type="payment.succeeded", timestamp=AT, data=PAYMENT),
    "event-page": api.EventPage(
        items=[api.EventItem(id="E1", type="refund.succeeded", timestamp=AT, data=REFUND)],
        next_cursor="b3BhcXVl",
    ),
    "order-event.payment": order_event(
        orders.OrderEventType.PAYMENT_SUCCEEDED, payment=PAYMENT, notify_url="https://a.example/n"
    ),
    "order-event.refund": order_event(orders.OrderEventType.REFUND_SUCCEEDED, refund=REFUND),
    "order-event.split": order_event(orders.OrderEventType.SPLIT_FAILED, split=SPLIT),
    "order-event.order": order_event(orders.OrderEventType.ORDER_PAID),
    "payment-result": in_envelope(
        results.PAYMENT_RESULT,
        PAYMENT_NO,
        results.SOURCE,
        results.PaymentSucceeded(
            payment_no=PAYMENT_NO,
            payment_id=ACCOUNT,
            channel="wechat",
            source=results.Source.NOTICE,
            channel_trade_no="4200002026112200001",
            amount=1299,
            currency="CNY",
            paid_at=LATER,
        ),
    ),
    "refund-result": in_envelope(
        results.REFUND_RESULT,
        REFUND_NO,
        results.SOURCE,
        results.RefundResult(
            refund_no=REFUND_NO,
            payment_no=PAYMENT_NO,
            payment_id=ACCOUNT,
            channel="wechat",
            source=results.Source.REFUND,
            verdict=results.Verdict.PENDING,
            channel_refund_no="5030000001",
            amount=299,
            currency="CNY",
        ),
    ),
    "split-result": in_envelope(
        results.SPLIT_RESULT,
        SPLIT_NO,
        results.SOURCE,
        results.SplitResult(
            split_no=SPLIT_NO,
            payment_no=PAYMENT_NO,
            payment_id=ACCOUNT,
            channel="wechat",
            source=results.Source.QUERY_SPLIT,
            verdict=results.Verdict.SUCCEEDED,
            channel_split_no="3008450740201411110007820472",
            receivers=[
                results.ShareResult(account="1900000109", amount=300, status="succeeded"),
                results.ShareResult(
                    account="1900000110",
                    amount=100,
                    status="failed",
                    code="NO_RELATION",
                    message="分账接收方未添加",
                ),
            ],
        ),
    ),
    "channel-command.split": in_envelope(
        commands.CommandName.SPLIT,
        SPLIT_NO,
        commands.SOURCE,
        commands.ChannelCommand(
            command=commands.CommandName.SPLIT,
            payment=PAYMENT_REF,
            split=commands.SplitRef(
                split_no=SPLIT_NO,
                receivers=[
                    commands.Share(account="1900000109", amount=300, description="电梯维保"),
                    commands.Share(account="1900000110", amount=100, description="保洁"),
                ],
                finish=False,
                channel_split_no=None,
                created_at=AT,
            ),
            lease_until=LATER,
        ),
    ),
    "channel-command": in_envelope(
        commands.CommandName.REFUND,
        PAYMENT_NO,
        commands.SOURCE,
        commands.ChannelCommand(
            command=commands.CommandName.REFUND,
            payment=PAYMENT_REF,
            refund=commands.RefundRef(
                refund_no=REFUND_NO,
                amount=299,
                reason="多收",
                channel_refund_no=None,
                created_at=AT,
                returns=[
                    commands.SplitReturn(
                        split_no=SPLIT_NO,
                        account="1900000109",
                        amount=99,
                        return_no=f"{REFUND_NO}-1",
                    )
                ],
            ),
            lease_until=LATER,
        ),
    ),
    "channel-command.fetch-bill": in_envelope(
        "fetch_bill",
        STATEMENT_NO,
        commands.SOURCE,
        commands.FetchStatement(
            statement_no=STATEMENT_NO,
            round=2,
            payment_id=ACCOUNT,
            merchant_id=MERCHANT,
            channel="wechat",
            day=date(2026, 11, 21),
            lease_until=LATER,
        ),
    ),
    "configuration.merchant": entity(
        configuration.MerchantEntity(
            version=1,
            state=configuration.State.ACTIVE,
            merchant_id=MERCHANT,
            name="万家物业",
            alert_route_sealed="c2VhbGVk",
            display_name="万家物业服务中心",
            colour="#0b6b63",
            logo=configuration.LogoFile(media_type="image/svg+xml", content="PHN2Zy8+"),
        ),
        MERCHANT,
    ),
    "configuration.app": entity(
        configuration.AppEntity(
            version=2,
            state=configuration.State.ACTIVE,
            app_id=APP,
            name="收费系统",
            merchant_ids=[MERCHANT],
            notify_url="https://app.example/notify",
            callback_ack=configuration.CallbackAck.ANY_2XX,
            reinitiate_after_s=15,
            late_payment=configuration.LatePayment.ACCEPT,
            ip_allowlist=["203.0.113.0/24"],
            webhook_secrets_sealed=["c2VhbGVk"],
            callback_client_certificate_sealed="c2VhbGVk",
        ),
        APP,
    ),
    "configuration.key": entity(
        configuration.KeyEntity(
            version=1,
            state=configuration.State.ACTIVE,
            key_id="K01KAN5C2FN000000000000008",
            app_id=APP,
            alg=configuration.KeyAlgorithm.HMAC_SHA256,
            public_key_pem=None,
            secret_sealed="c2VhbGVk",
        ),
        "K01KAN5C2FN000000000000008",
    ),
    "configuration.channel-account": entity(
        configuration.ChannelAccountEntity(
            version=1,
            state=configuration.State.ACTIVE,
            payment_id=ACCOUNT,
            merchant_id=MERCHANT,
            channel="wechat",
            name="微信主账户",
            credentials_sealed="c2VhbGVk",
        ),
        ACCOUNT,
    ),
    "delivery-event": in_envelope(
        deliveries.DeliveryEventType.DELIVERED,
        "E01KAN5C2FN000000000000006",
        deliveries.SOURCE,
        deliveries.DeliveryEvent(
            event_id="E01KAN5C2FN000000000000006",
            event_type="payment.succeeded",
            app_id=APP,
            url="https://app.example/notify",
            attempts=1,
            last_status=200,
            at=LATER,
            numbers=deliveries.CallbackNumbers(
                merchant_id=MERCHANT,
                merchant_order_no="W2026-001",
                payment_no=PAYMENT_NO,
                channel_trade_no="4200002919202611223344556677",
            ),
            attempt=deliveries.MadeAttempt(at=LATER, status=200, error=None, latency_ms=31),
        ),
    ),
    "alert": in_envelope(
        alerts.ALERT,
        "payment.conflicted",
        "paymesh/trade-core",
        alerts.Alert(
            key=f"payment.conflicted:{PAYMENT_NO}",
            severity=alerts.Severity.CRITICAL,
            title="金额不符 Amount differs",
            detail="The channel says 1.00, the order says 12.99.",
            merchant_id=MERCHANT,
            facts={"payment_no": PAYMENT_NO},
        ),
    ),
    "internal.open-payment": internal.OpenPayment(
        app_id=APP,
        request=api.CreatePayment(
            merchant_id=MERCHANT,
            payment_id=ACCOUNT,
            merchant_order_no=ORDER_NO,
            amount=1299,
            subject="物业费 11月",
            method=api.Method.NATIVE,
        ),
        channel="wechat",
        reinitiate_after_s=15,
    ),
    "payment-link": LINK,
    "internal.open-link": internal.OpenLink(
        app_id=APP,
        request=api.CreatePaymentLink(
            merchant_id=MERCHANT, amount=1299, subject="物业费 11月", merchant_order_no=ORDER_NO
        ),
        signed_as="K1 nonce 1764475200",
    ),
    "internal.opened-link": internal.OpenedLink(
        created=True,
        link=internal.LinkOnFile(
            **{**dict(LINK), "url": ""}, app_id=APP, order_state=api.OrderStatus.OPEN
        ),
    ),
    "internal.pay-at-link": internal.PayAtLink(amount=None, payment_id=ACCOUNT, channel="easy"),
    "internal.pay-point": internal.PayPoint(
        state=internal.PointState.OPEN,
        merchant_name="阳光物业",
        subject="物业费 11月",
        currency="CNY",
        amount=None,
        min_amount=1,
        max_amount=10**12,
        page_url=None,
    ),
    "configuration.counter-code": entity(
        configuration.CounterCodeEntity(
            code_id=CODE,
            merchant_id=MERCHANT,
            app_id=APP,
            name="前台",
            min_amount=1,
            max_amount=100_000,
            daily_limit=1_000_000,
            amounts=[5_000, 10_000],
            version=3,
            state=configuration.State.ACTIVE,
        ),
        CODE,
    ),
    "internal.pay-at-code": internal.PayAtCode(
        app_id=APP,
        merchant_id=MERCHANT,
        subject="前台",
        amount=5_000,
        note="3-1201",
        daily_limit=1_000_000,
    ),
    "internal.pay-here": internal.PayHere(amount=1299, client_ip="203.0.113.7"),
    "internal.opened-payment": internal.OpenedPayment(created=True, payment=PAYMENT, order=ORDER),
    "endpoint-page": internal.EndpointPage(
        items=[
            internal.EndpointView(
                endpoint_id="L7",
                app_id=APP,
                address="https://app.example/notify",
                suspended_at=LATER,
                suspended_for="gone",
                failing_since=AT,
                held_until=None,
                pending=12,
                oldest_due_at=AT,
            )
        ],
        next_cursor=None,
    ),
    "internal.chosen-channel": internal.ChosenChannel(
        payment=PAYMENT, close_first=PAYMENT_REF, initiate=True
    ),
    "internal.payment-on-file": internal.PaymentOnFile(
        **dict(PAYMENT),
        order=ORDER,
        claim=internal.ClaimView(
            payment_id=ACCOUNT,
            channel_trade_no="42000",
            amount=1300,
            currency="CNY",
            paid_at=AT,
        ),
        ref=PAYMENT_REF,
        app_id=APP,
        amount_reserved=300,
    ),
    "internal.decide-payment": internal.DecidePayment(
        decision=internal.PaymentDecision.ACCEPT,
        reason="与渠道核对",
        decided_by="li",
        claim=internal.ClaimSeen(
            payment_id=ACCOUNT, channel_trade_no="4200001", amount=1300, currency="CNY"
        ),
    ),
    "internal.decide-refund": internal.DecideRefund(
        decision=internal.RefundDecision.SETTLED_OUTSIDE,
        reason="已转账",
        decided_by="li",
        version=4,
    ),
    "day-statement": api.DayStatement(
        date=date(2026, 11, 22),
        merchant_id=MERCHANT,
        currency="CNY",
        currencies=["CNY"],
        is_final=True,
        opening=5000,
        captured=1299,
        refunded=299,
        split=400,
        fees=8,
        closing=5592,
        lines=[
            api.StatementLine(
                at=AT,
                kind="refunded",
                amount=-299,
                currency="CNY",
                channel="wechat",
                payment_id=ACCOUNT,
                merchant_order_no=ORDER_NO,
                payment_no=PAYMENT_NO,
                channel_trade_no="4200002026112200001",
                refund_no=REFUND_NO,
                merchant_refund_no="T-1",
                split_no=None,
                merchant_split_no=None,
            )
        ],
        next_cursor="42",
    ),
    "internal.ledger-balances": internal.LedgerBalances(
        items=[
            internal.LedgerBalance(
                merchant_id=MERCHANT,
                payment_id=ACCOUNT,
                currency="CNY",
                purpose="merchant_payable",
                amount=-1299,
            )
        ],
        next_cursor=None,
    ),
    "internal.ledger-entries": internal.LedgerEntries(
        items=[
            internal.LedgerEntry(
                kind="payment_captured",
                subject=PAYMENT_NO,
                at=AT,
                merchant_id=MERCHANT,
                payment_id=ACCOUNT,
                currency="CNY",
                postings=[
                    internal.LedgerPosting(purpose="channel_receivable", amount=1299),
                    internal.LedgerPosting(purpose="merchant_payable", amount=-1299),
                ],
            )
        ]
    ),
    "internal.bill-page": internal.StatementPage(
        round=2,
        first_row=1000,
        total_rows=1002,
        rows=[
            internal.StatementRow(
                kind="refund",
                payment_no=PAYMENT_NO,
                refund_no=REFUND_NO,
                channel_no="5030000001",
                amount=-299,
                currency="CNY",
                fee=-2,
                at=AT,
            ),
            internal.StatementRow(
                kind="unreadable",
                payment_no="",
                refund_no="",
                channel_no="",
                amount=0,
                currency="",
                fee=0,
                at=None,
                raw="2026-11-22,`",
                line=7,
            ),
        ],
    ),
    "internal.no-bill": internal.NoStatement(
        round=2, is_final=False, code="STATEMENT_CREATING", message="账单生成中"
    ),
    "internal.bill-to-upload": internal.NoStatement(
        round=2,
        is_final=False,
        is_uploaded=True,
        code="to_upload",
        message="people upload the statements of this channel",
    ),
    "internal.upload-statement": internal.UploadStatement(day=date(2026, 11, 21), content="5ZWG"),
    "internal.begin-upload": internal.BeginUpload(
        merchant_id=MERCHANT,
        payment_id=ACCOUNT,
        channel="easy",
        day=date(2026, 11, 21),
        sha256="5e" * 32,
    ),
    "internal.upload-round": internal.UploadRound(
        statement_no=STATEMENT_NO, round=2, is_repeat=False
    ),
    "internal.uploaded-statement": internal.UploadedStatement(
        statement_no=STATEMENT_NO, sha256="5e" * 32, rows=3, unreadable_rows=1, is_repeat=False
    ),
    "internal.reconciliation-page": internal.ReconciliationPage(
        items=[STATEMENT], next_cursor="b3BhcXVl"
    ),
    "internal.reconciliation-on-file": internal.ReconciliationOnFile(
        **STATEMENT.model_dump(),
        differences=internal.DifferencePage(items=[DIFFERENCE], next_cursor=None),
    ),
    "internal.ask-for-statement": internal.AskForStatement(
        merchant_id=MERCHANT, payment_id=ACCOUNT, channel="wechat", day=date(2026, 11, 21)
    ),
    "internal.settle-difference": internal.SettleDifference(
        reason="渠道补单", decided_by="li", version=2
    ),
    "internal.dead-letter-page": internal.DeadLetterPage(
        items=[
            internal.DeadLetterView(
                id=7,
                topic="paymesh.payment-results.v1",
                partition=3,
                offset=12,
                key=PAYMENT_NO,
                headers={"ce_type": "payment.result"},
                value_base64="e30=",
                is_cut=False,
                error="nobody here knows it",
                parked_at=AT,
                tries=1,
                replayed_at=None,
                version=1,
            )
        ],
        next_cursor="7",
    ),
}


def as_json(sample: BaseModel) -> Any:
    return json.loads(sample.model_dump_json())


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_written_is_the_golden_file(name: str) -> None:
    assert as_json(SAMPLES[name]) == json.loads((GOLDEN / f"{name}.json").read_text())


READERS: Final[Mapping[str, type[BaseModel]]] = {
    "order-event.payment": orders.OrderEventRecord,
    "order-event.refund": orders.OrderEventRecord,
    "order-event.order": orders.OrderEventRecord,
    "payment-result": results.PaymentResultRecord,
    "refund-result": results.RefundResultRecord,
    "order-event.split": orders.OrderEventRecord,
    "split-result": results.SplitResultRecord,
    "channel-command.split": commands.ChannelCommandRecord,
    "channel-command": commands.ChannelCommandRecord,
    "channel-command.fetch-bill": commands.FetchStatementRecord,
    "configuration.merchant": configuration.ConfigurationRecord,
    "configuration.app": configuration.ConfigurationRecord,
    "configuration.key": configuration.ConfigurationRecord,
    "configuration.channel-account": configuration.ConfigurationRecord,
    "configuration.counter-code": configuration.ConfigurationRecord,
    "delivery-event": deliveries.DeliveryEventRecord,
    "alert": alerts.AlertRecord,
}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_golden_file_reads_back_as_the_same_thing(name: str) -> None:
    reader = READERS.get(name, type(SAMPLES[name]))
    read = reader.model_validate_json((GOLDEN / f"{name}.json").read_bytes())
    assert as_json(read) == as_json(SAMPLES[name])


@pytest.mark.parametrize("name", READERS)
def test_a_reader_ignores_members_it_does_not_know(name: str) -> None:
    golden = json.loads((GOLDEN / f"{name}.json").read_text())
    golden["later"] = 1
    golden["data"]["later"] = {"any": "thing"}
    assert as_json(READERS[name].model_validate(golden)) == as_json(SAMPLES[name])


@pytest.mark.parametrize(
    "name", ["channel-command", "channel-command.split", "channel-command.fetch-bill"]
)
def test_whoever_reads_all_commands_tells_them_apart(name: str) -> None:
    read = commands.AnyCommandRecord.model_validate_json((GOLDEN / f"{name}.json").read_bytes())
    assert as_json(read) == as_json(SAMPLES[name])
    assert isinstance(read.data, commands.FetchStatement) == (name == "channel-command.fetch-bill")


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, sample in SAMPLES.items():
        text = json.dumps(as_json(sample), ensure_ascii=False, indent=2)
        (GOLDEN / f"{name}.json").write_text(text + "\n")
