"""UnionPay's day in the sandbox: undos are possible until it ends, and statements are of it. What
is new is sent within an hour of its time."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl

import httpx
import pytest

from sandbox.clock import BEIJING
from sandbox.deps import Deps
from sandbox.faults import UNHARMED, Hit
from sandbox.truth import Notification, Trade
from sandbox.unionpay import day, orders, refunds, statements
from sandbox.unionpay.account import KIND
from sandbox.unionpay.notifications import UnionpayNotifications
from sandbox.unionpay.wire import REFUSED, Asked, Refusal


def day_of(text: str) -> date:
    return day.clearing_day(datetime.fromisoformat(text).timestamp())


def test_a_clearing_day_ends_an_hour_before_midnight_in_beijing() -> None:
    today = date(2026, 11, 29)
    assert day_of("2026-11-28T22:59:59+08:00") == date(2026, 11, 28)
    assert day_of("2026-11-28T23:00:00+08:00") == today
    assert day_of("2026-11-29T22:59:59+08:00") == today
    assert day_of("2026-11-29T23:00:00+08:00") == date(2026, 11, 30)


def test_what_was_paid_on_another_day_cannot_be_undone(deps: Deps) -> None:
    now = datetime.now(UTC)
    old, new = (_paid(deps, at) for at in (now - timedelta(days=1), now))
    with pytest.raises(Refusal, match="清算"):
        refunds.undo(deps, _asked(deps, old), UNHARMED)
    assert deps.truth.list_refunds(old) == []
    refunds.undo(deps, _asked(deps, new), UNHARMED)
    assert [each.amount for each in deps.truth.list_refunds(new)] == [1299]


def test_a_statement_is_of_a_clearing_day() -> None:
    first, end = day.clearing_period(date(2026, 11, 29))
    assert first == datetime.fromisoformat("2026-11-28T23:00:00+08:00").timestamp()
    assert end == datetime.fromisoformat("2026-11-29T23:00:00+08:00").timestamp()


def test_what_was_paid_in_the_last_hour_stands_in_the_file_of_the_next_day(deps: Deps) -> None:
    late = (datetime.now(BEIJING) - timedelta(days=3)).replace(hour=23, minute=10)
    _paid(deps, late)
    asked = {"txnType": "76", "fileType": "00", "txnTime": _now(), "encoding": "UTF-8"}
    account = deps.accounts(KIND).first()

    def fetch(at: datetime) -> bytes:
        fields = {**asked, "settleDate": f"{at:%m%d}"}
        return bytes(statements.fetch(deps, Asked(account, fields), UNHARMED).response.body)

    with pytest.raises(Refusal, match="文件不存在"):
        fetch(late)
    assert b"respCode=00" in fetch(late + timedelta(days=1))


SENT = pytest.mark.parametrize(
    ("hours", "is_taken"), [(0, True), (0.9, True), (1.1, False), (-2, False)]
)


@SENT
def test_a_payment_is_sent_within_an_hour_of_its_time(
    deps: Deps, hours: float, is_taken: bool
) -> None:
    asked = _order(deps, txnTime=_now(hours))
    _takes(lambda: orders.create(deps, asked, UNHARMED), is_taken)


@SENT
def test_a_refund_and_an_undo_are_sent_within_an_hour_of_their_time(
    deps: Deps, hours: float, is_taken: bool
) -> None:
    back, undone = (_paid(deps, datetime.now(UTC) - timedelta(seconds=n)) for n in (1, 2))
    by_refund, by_undo = (_asked(deps, each, txnTime=_now(hours)) for each in (back, undone))
    _takes(lambda: refunds.create(deps, by_refund, UNHARMED), is_taken)
    _takes(lambda: refunds.undo(deps, by_undo, UNHARMED), is_taken)


@SENT
def test_a_statement_is_asked_for_within_an_hour_of_now(
    deps: Deps, hours: float, is_taken: bool
) -> None:
    _paid(deps, datetime.now(UTC))
    settled = f"{day.clearing_day(datetime.now(UTC).timestamp()):%m%d}"
    fields = {"txnType": "76", "fileType": "00", "settleDate": settled, "txnTime": _now(hours)}
    asked = Asked(deps.accounts(KIND).first(), fields)
    _takes(lambda: statements.fetch(deps, asked, UNHARMED), is_taken)


PAGE = {"txnSubType": "01", "bizType": "000201", "frontUrl": "https://shop.example/back"}
APP = {"txnSubType": "01"}


def test_each_way_to_pay_is_a_kind_of_business(deps: Deps) -> None:
    """What our plugin got wrong of it came to nothing at UnionPay, and was paid here."""
    number = iter(f"P01JD00000000000000000{each:05d}" for each in range(100))

    def takes(work: Callable[..., object], **changed: str) -> None:
        assert work(deps, _order(deps, orderId=next(number), **changed), UNHARMED)

    def refuses(work: Callable[..., object], field: str, **changed: str) -> None:
        with pytest.raises(Refusal, match=rf"\[{field}\]") as refused:
            takes(work, **changed)
        assert refused.value.code == "10"

    takes(orders.create)
    takes(orders.create, txnSubType="06", qrNo="6220000000000000011", termId="00000001")
    takes(orders.create_app, **APP)
    takes(orders.open_front, **PAGE)
    takes(orders.open_front, **PAGE, channelType="07")
    takes(orders.open_front, **PAGE | {"bizType": "000202"}, channelType="07")
    for kind in ("04", "99", ""):
        refuses(orders.create_app, "txnType", **APP, txnType=kind)
    refuses(orders.create_app, "txnSubType")
    refuses(orders.create, "txnSubType", txnSubType="01")
    refuses(orders.create, "bizType", bizType="000202")
    refuses(orders.create, "bizType", bizType="")
    refuses(orders.create, "channelType", channelType="07")
    refuses(orders.open_front, "channelType", **PAGE | {"bizType": "000202"})
    refuses(orders.open_front, "bizType", **PAGE | {"bizType": "000000"})
    refuses(orders.create, "currencyCode", currencyCode="")
    refuses(orders.create, "payTimeout", payTimeout=_now(1))
    takes(orders.create, payTimeout=_now(-1))


def test_what_is_old_is_still_asked_about_by_its_time(deps: Deps) -> None:
    trade = _paid(deps, datetime.now(UTC) - timedelta(days=2))
    fields = {"orderId": trade.number, "bizType": "000000", "txnTime": trade.details["txn_time"]}
    assert orders.query(deps, Asked(deps.accounts(KIND).first(), fields), UNHARMED)


async def test_a_refund_that_failed_is_not_told_as_a_success(
    deps: Deps, http: httpx.AsyncClient
) -> None:
    """Nor can it end as one that UnionPay does not know."""
    trade = _paid(deps, datetime.now(UTC))
    refunds.create(deps, _asked(deps, trade, txnType="04"), Hit(frozenset({"hold"})))
    decision = {"refund_no": f"R{trade.number}", "state": "abnormal"}
    refused = await http.post("/_control/refunds", json=decision)
    assert (refused.status_code, refused.json()["code"]) == (422, "no_such_end")
    await http.post("/_control/refunds", json=decision | {"state": "failed"})
    (refund,) = deps.truth.list_refunds(trade)
    notification = Notification("N1", trade.id, refund.id, refund.notify_url, 0.0, 0.0)
    form = UnionpayNotifications(deps.accounts(KIND)).write(notification, trade, refund, UNHARMED)
    fields = dict(parse_qsl(form.body.decode()))
    assert (fields["respCode"], fields["respMsg"]) == (REFUSED, orders.text_of(REFUSED))


def _takes(sent: Callable[[], object], is_taken: bool) -> None:
    if is_taken:
        assert sent()
        return
    with pytest.raises(Refusal, match="txnTime"):
        sent()


def _now(hours_ago: float = 0) -> str:
    return f"{datetime.now(BEIJING) - timedelta(hours=hours_ago):%Y%m%d%H%M%S}"


def _paid(deps: Deps, at: datetime) -> Trade:
    second, number = at.timestamp(), f"P{at:%Y%m%d%H%M%S}"
    trade = Trade(
        channel="unionpay",
        merchant=deps.accounts(KIND).first().mer_id,
        number=number,
        payment_no=number,
        channel_trade_no=number,
        product="qr",
        amount=1299,
        subject="物业费",
        notify_url="https://pay.example/webhooks",
        fingerprint="",
        created_at=second,
        closes_at=second + 7200,
        token=number,
        details={"txn_time": "20261129120000", "biz_type": "000000"},
    )
    deps.truth.add_trade(trade)
    trade.state, trade.paid_amount, trade.paid_at = "paid", 1299, second
    deps.truth.save_trade(trade)
    return trade


def _order(deps: Deps, **changed: str) -> Asked:
    fields = {
        "txnType": "01",
        "txnSubType": "07",
        "bizType": "000000",
        "channelType": "08",
        "orderId": "P01JD0000000000000000000000",
        "txnTime": _now(),
        "txnAmt": "1299",
        "currencyCode": "156",
        "backUrl": "https://pay.example/webhooks",
        "encoding": "UTF-8",
    }
    return Asked(deps.accounts(KIND).first(), fields | changed)


def _asked(deps: Deps, trade: Trade, **changed: str) -> Asked:
    fields = {
        "txnType": "31",
        "orderId": f"R{trade.number}",
        "txnTime": _now(),
        "origQryId": trade.channel_trade_no,
        "txnAmt": "1299",
        "backUrl": "https://pay.example/webhooks",
        "encoding": "UTF-8",
        **changed,
    }
    return Asked(deps.accounts(KIND).first(), fields)
