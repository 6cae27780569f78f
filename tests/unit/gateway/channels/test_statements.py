"""Statements of a day: read to the last cell, refused where they are not what was announced; an odd
row is set aside (`strangers-text-stops-nothing`).
"""

import gzip
import hashlib
import io
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.unit.gateway.channels.alipay_side import AlipaySide
from tests.unit.gateway.channels.channel_side import MOMENT, PAYMENT_NO
from tests.unit.gateway.channels.plugin_driver import opened
from tests.unit.gateway.channels.wechat_side import MCHID, WechatSide

from contracts.money import Money
from gateway.channels.alipay.operations import statements as alipay
from gateway.channels.plugin import (
    Declined,
    Pending,
    Reply,
    StatementPlace,
    StatementRequest,
    StatementRow,
    Succeeded,
    Unknown,
    Unverifiable,
)
from gateway.channels.wechat.operations import statements as wechat

DAY = date(2026, 1, 1)
TRADE, FUNDS = StatementRequest(DAY, "trade"), StatementRequest(DAY, "funds")

R1 = "R01JGZ7K8M9N0P1Q2R3S4T5V6W7"

WECHAT_TRADES = "\ufeff" + "\r\n".join(
    [
        "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
        "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,"
        "退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注",
        "`2026-01-01 10:00:00,`wx1,`1900000001,`0,`,`42001,`P1,`oX,`NATIVE,`SUCCESS,`OTHERS,`CNY,"
        "`1.00,`0.00,`0,`0,`0.00,`0.00,`,`,`水费, 电费,`,`0.01000,`0.60%,`1.00,`0.00,`",
        "`2026-01-01 11:00:00,`wx1,`1900000001,`0,`,`42001,`P1,`oX,`NATIVE,`REFUND,`OTHERS,`CNY,"
        f"`0.00,`0.00,`50301,`{R1},`0.50,`0.00,`ORIGINAL,`SUCCESS,`水费,`,`-0.00300,`0.60%,`0.00,`0.50,`",
        "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额",
        "`2,`1.00,`0.50,`0.00,`0.00700,`1.00,`0.50",
        "",
    ]
)  # fmt: skip
WECHAT_FLOWS = "\ufeff" + "\r\n".join(
    [
        "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
        "资金变更提交申请人,备注,业务凭证号",
        "`2026-01-01 10:00:00,`42001,`F1,`交易,`交易,`收入,`1.00,`1.00,`system,`,`42001",
        "`2026-01-01 11:00:00,`50301,`F2,`退款,`退款,`支出,`0.50,`0.50,`system,`,`50301",
        "`2026-01-01 12:00:00,`1,`F3,`提现,`提现,`支出,`0.50,`0.00,`system,`,`1",
        "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额",
        "`3,`1,`1.00,`2,`1.00",
        "",
    ]
)
ALIPAY_TRADES = "\r\n".join(
    [
        "#支付宝业务明细查询",
        "#账号：[20880000000000010156]",
        "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,"
        "对方账户,订单金额（元）,商家实收（元）,退款批次号/请求号,服务费（元）,备注",
        "20260101\t,P1\t,交易\t,水费\t,2026-01-01 10:00:00,2026-01-01 10:00:05,\t,\t,\t,\t,*三\t,"
        "88.88,88.88,\t,-0.53,\t",
        "20260101\t,P1\t,退款\t,水费\t,2026-01-01 10:00:00,2026-01-01 11:00:00,\t,\t,\t,\t,*三\t,"
        f"-10.00,-10.00,{R1}\t,0.06,\t",
        "#-----业务明细列表结束-----",
        "",
    ]
)
ALIPAY_FLOWS = "\r\n".join(
    [
        "#支付宝账务明细查询",
        "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,"
        "账户余额（元）,交易渠道,业务类型,备注",
        "F1\t,20260101\t,P1\t,水费\t,2026-01-01 10:00:05,*三\t,88.88,,88.88,支付宝\t,在线支付\t,\t",
        "F2\t,20260101\t,P1\t,水费\t,2026-01-01 11:00:00,*三\t,,-10.00,78.88,,交易退款\t,\t",
        "F3\t,9\t,\t,\t,2026-01-01 12:00:00,\t,,78.88,0.00,支付宝\t,提现\t,\t",
    ]
)


def yuan(text: str) -> Money:
    return Money.from_decimal(text, "CNY")


def at(hour: int, second: int = 0) -> datetime:
    return datetime(2026, 1, 1, hour - 8, 0, second, tzinfo=UTC)


# ── WeChat Pay ──


WECHAT = WechatSide()
WECHAT_MERCHANT = opened(WECHAT)


def from_wechat(
    content: str,
    requested: StatementRequest = TRADE,
    sha1: str | None = None,
    account: Any = WECHAT_MERCHANT,
) -> list[StatementRow]:
    raw = content.encode()
    place = StatementPlace("…", sha1 or hashlib.sha1(raw, usedforsecurity=False).hexdigest())
    return wechat.read(Reply(200, {}, gzip.compress(raw, mtime=0)), place, requested, account)


def test_wechat_pays_trades_are_read_by_the_names_of_the_head() -> None:
    assert from_wechat(WECHAT_TRADES) == [
        StatementRow("payment", "P1", "", "42001", yuan("1.00"), at(10), fee=1),
        StatementRow("refund", "P1", R1, "50301", yuan("-0.50"), at(11), fee=0),
    ]


def test_a_refund_made_without_us_goes_by_the_number_of_its_notification_at_wechat_pay() -> None:
    """`money-moved-outside`: another number would be another refund, booked a second time."""
    content = {
        "mchid": MCHID,
        "out_trade_no": PAYMENT_NO,
        "transaction_id": "42001",
        "out_refund_no": "console-1",
        "refund_id": "50301",
        "refund_status": "SUCCESS",
        "amount": {"total": 100, "refund": 50, "payer_total": 100, "payer_refund": 50},
    }
    notification = WECHAT.notification("REFUND.SUCCESS", content)
    [word] = WECHAT.plugin.notifications.read(notification, WECHAT_MERCHANT, MOMENT)
    assert isinstance(word.outcome, Succeeded)
    assert word.outcome.given_back is not None
    [_, row] = from_wechat(WECHAT_TRADES.replace(R1, "console-1"))
    assert (row.refund_no or row.channel_no) == word.outcome.given_back.channel_no


def test_wechat_pays_flows_say_what_came_in_and_what_went_out() -> None:
    assert from_wechat(WECHAT_FLOWS, FUNDS) == [
        StatementRow("payment", "", "", "42001", yuan("1.00"), at(10)),
        StatementRow("refund", "", "", "50301", yuan("-0.50"), at(11)),
        StatementRow("other", "", "", "1", yuan("-0.50"), at(12)),
    ]


def test_a_row_in_a_state_nobody_knows_is_neither_payment_nor_refund() -> None:
    """One of ours is set aside, for people to see: it was counted as a stranger's."""
    odd = WECHAT_TRADES.replace("`NATIVE,`SUCCESS", "`NATIVE,`NEW")
    [strange, _] = from_wechat(odd)
    [ours, _] = from_wechat(odd.replace("`P1,", f"`{PAYMENT_NO},"))
    assert (strange.kind, ours.kind) == ("other", "unreadable")


def test_a_row_of_a_kind_nobody_knows_in_alipays_statement_is_set_aside_where_it_is_ours() -> None:
    for number, kind in (("O9", "other"), (PAYMENT_NO, "unreadable")):
        odd = ALIPAY_TRADES.replace("交易\t", "其他\t").replace("P1\t", f"{number}\t")
        assert from_alipay(packed(odd))[0].kind == kind


@pytest.mark.parametrize(
    ("written", "fee"),
    [("0.07794", 8), ("0.00500", 1), ("0.00499", 0), ("-0.00500", -1), ("-0.07794", -8), ("0", 0)],
)
def test_wechat_pays_fees_are_whole_fen_and_what_comes_back_undoes_what_was_taken(
    written: str, fee: int
) -> None:
    [paid, _] = from_wechat(WECHAT_TRADES.replace("`0.01000,", f"`{written},"))
    assert paid.fee == fee


@pytest.mark.parametrize(
    ("was", "written"),
    [
        ("`0.01000,", "`,"),
        ("`0.01000,", "`free,"),
        ("`0.01000,", "`NaN,"),
        ("`0.01000,", "`1e999999,"),
        ("`1.00,`0.00,`\r", "`one,`0.00,`\r"),
        ("`1.00,`0.00,`\r", "`1.00,`0.00\r"),
    ],
)
def test_a_row_that_cannot_be_read_is_set_aside_and_the_rest_goes_on(
    was: str, written: str
) -> None:
    odd, refund = from_wechat(WECHAT_TRADES.replace(was, written, 1))
    assert (odd.kind, odd.amount, odd.line) == ("unreadable", yuan("0.00"), 2)
    assert odd.raw.startswith("`2026-01-01 10:00:00,`wx1")
    assert refund.kind == "refund"


@pytest.mark.parametrize(
    "name",
    [
        "物业费,`11月`",
        "`",
        ",`,`,`",
        "a\u2028b",
        "a\x85b",
        "a\x0bb\x0cc",
        "\ufffd",
        '"a',
        "x,`9.99,`9",
    ],
)
def test_a_name_stops_nothing_in_wechat_pays_statement(name: str) -> None:
    named = from_wechat(WECHAT_TRADES.replace("水费, 电费", name))
    assert named == from_wechat(WECHAT_TRADES)


def test_thousands_may_be_parted_in_wechat_pays_statement() -> None:
    grouped = WECHAT_TRADES.replace("`0.60%,`1.00,", "`0.60%,`1,234,567.80,")
    [paid, _] = from_wechat(grouped.replace("`0.01000,", "`7,407.40680,"))
    assert (paid.amount, paid.fee) == (yuan("1234567.80"), 740741)


@pytest.mark.parametrize("written", ["1,23", "1,2345.00", ",100.00", "1234,567.00", "1.234,00"])
def test_what_parts_no_thousands_is_no_amount(written: str) -> None:
    [odd, _] = from_wechat(WECHAT_TRADES.replace("`0.60%,`1.00,", f"`0.60%,`{written},"))
    assert odd.kind == "unreadable"


def test_a_line_break_in_a_name_costs_this_row_and_no_other() -> None:
    before, after, refund = from_wechat(WECHAT_TRADES.replace("水费, 电费", "水\r\n费"))
    assert [each.kind for each in (before, after, refund)] == ["unreadable", "unreadable", "refund"]
    assert (before.line, after.line) == (2, 3)


@pytest.mark.parametrize(
    ("word", "status"),
    [("SUCCESS", "done"), ("PROCESSING", "under_way"), ("CHANGE", "under_way"), ("FAIL", "failed")],
)
def test_a_refund_in_wechat_pays_statement_need_not_have_reached_the_payer(
    word: str, status: str
) -> None:
    [_, given] = from_wechat(WECHAT_TRADES.replace("`ORIGINAL,`SUCCESS", f"`ORIGINAL,`{word}"))
    assert given.status == status


def test_a_refund_under_way_in_wechat_pays_console_names_what_it_is_asked_by() -> None:
    content = WECHAT_TRADES.replace("`ORIGINAL,`SUCCESS", "`ORIGINAL,`PROCESSING")
    for number, queried_as in (("K-1", "K-1"), ("../K|1", ""), ("0", ""), (R1, "")):
        [_, given] = from_wechat(content.replace(R1, number))
        assert (given.status, given.queried_as) == ("under_way", queried_as)
    [_, done] = from_wechat(WECHAT_TRADES.replace(R1, "K-1"))
    assert (done.status, done.queried_as) == ("done", "")


def test_a_reversal_of_wechat_pay_is_money_that_went_back() -> None:
    content = WECHAT_TRADES.replace("`NATIVE,`REFUND", "`NATIVE,`REVOKED")
    [_, reversal] = from_wechat(content.replace("`ORIGINAL,`SUCCESS", "`,`"))
    assert (reversal.kind, reversal.amount, reversal.status) == ("refund", yuan("-0.50"), "done")


@pytest.mark.parametrize(
    "content",
    [
        "",
        WECHAT_TRADES.split("总交易单数")[0],
    ],
)
def test_a_file_of_wechat_pay_that_is_no_statement_is_refused(content: str) -> None:
    with pytest.raises(Unverifiable):
        from_wechat(content)


def test_a_statement_of_wechat_pay_with_another_hash_is_refused() -> None:
    with pytest.raises(Unverifiable, match="announced"):
        from_wechat(WECHAT_TRADES, sha1="0" * 40)


@pytest.mark.parametrize("body", [b"", b"plain", gzip.compress(b"x" * 1000, mtime=0)[:-9]])
def test_a_file_that_is_not_whole_is_refused(body: bytes) -> None:
    with pytest.raises(Unverifiable):
        wechat.read(Reply(200, {}, body), StatementPlace("…", "0" * 40), TRADE, WECHAT_MERCHANT)


def test_the_signed_request_for_the_file_goes_to_wechat_pay_only() -> None:
    side = WECHAT
    place = StatementPlace(
        "https://elsewhere.example/v3/billdownload/file?token=a%2Fb&tartype=gzip"
    )
    request = wechat.download(place, opened(side), MOMENT)
    assert side.asked(request).operation == "GET /v3/billdownload/file"
    assert request.url.startswith("https://wechat.example/v3/billdownload/file?token=a%2Fb")
    assert request.limit_bytes > 60_000_000


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "NO_STATEMENT_EXIST", Pending),
        (400, "STATEMENT_CREATING", Unknown),
        (400, "PARAM_ERROR", Declined),
        (500, "SYSTEM_ERROR", Unknown),
    ],
)
def test_why_there_is_no_statement_of_wechat_pay(status: int, code: str, kind: type) -> None:
    side = WECHAT
    account, call = opened(side), wechat.call(TRADE, opened(side))
    answer = side.plugin.wire.verify(side.refused(code, status), call, account, MOMENT)
    assert isinstance(wechat.place(answer, TRADE, account), kind)


def test_statements_are_asked_for_by_day_and_kind() -> None:
    side = WECHAT
    account = opened(side)
    for requested, path in ((TRADE, "tradebill"), (FUNDS, "fundflowbill")):
        asked = side.asked(side.plugin.wire.sign(wechat.call(requested, account), account, MOMENT))
        assert asked.operation == f"GET /v3/bill/{path}"
        assert asked.content["bill_date"] == "2026-01-01"
        assert asked.content["tar_type"] == "GZIP"


def test_a_provider_reads_the_rows_of_its_merchant_only() -> None:
    own, other = "1900000555", "1900000556"
    content = WECHAT_TRADES.replace("`wx1,`1900000001,`0,", f"`wx1,`1900000001,`{own},", 1)
    content = content.replace("`wx1,`1900000001,`0,", f"`wx1,`1900000001,`{other},", 1)
    account = opened(WECHAT, sub_mchid=own)
    assert [row.kind for row in from_wechat(content, account=account)] == ["payment"]
    assert len(from_wechat(content)) == 2


def test_a_provider_asks_for_the_statement_of_its_merchant_and_not_for_its_funds() -> None:
    side = WECHAT
    account = opened(side, sub_mchid="1900000555")
    asked = side.asked(side.plugin.wire.sign(wechat.call(TRADE, account), account, MOMENT))
    assert asked.content["sub_mchid"] == "1900000555"
    with pytest.raises(ValueError, match="provider"):
        wechat.call(FUNDS, account)


# ── Alipay ──


ALIPAY = AlipaySide()
ALIPAY_MERCHANT = opened(ALIPAY)


def packed(*files: str, names: str = "业务明细") -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as bundle:
        for number, content in enumerate(files):
            bundle.writestr(f"{names}{number}.csv", content.encode("gb18030"))
    return raw.getvalue()


def from_alipay(body: bytes, requested: StatementRequest = TRADE) -> list[StatementRow]:
    return alipay.read(Reply(200, {}, body), StatementPlace("…"), requested, ALIPAY_MERCHANT)


@pytest.mark.parametrize(("place", "value"), [(8, 1), (10, 99)], ids=["encrypted", "method"])
def test_a_zip_that_cannot_be_opened_is_refused(place: int, value: int) -> None:
    body = bytearray(packed("业务明细"))
    body[body.index(b"PK\x01\x02") + place] = value  # in the directory of the zip
    with pytest.raises(Unverifiable, match="not a zip"):
        from_alipay(bytes(body))


def test_a_refund_made_without_us_goes_by_the_number_of_its_notification_at_alipay() -> None:
    side = AlipaySide()
    notification = side.refund_notification(out_biz_no="console-1")
    [word] = side.plugin.notifications.read(notification, opened(side), MOMENT)
    assert isinstance(word.outcome, Succeeded)
    assert word.outcome.given_back is not None
    [_, row] = from_alipay(packed(ALIPAY_TRADES.replace(R1, "console-1")))
    assert (row.refund_no or row.channel_no) == word.outcome.given_back.channel_no


def test_alipays_trades_are_found_in_the_zip_by_their_first_line() -> None:
    summary = "#支付宝业务汇总查询\r\n门店编号\r\n合计\r\n"
    assert from_alipay(packed(summary, ALIPAY_TRADES)) == [
        StatementRow("payment", "P1", "", "20260101", yuan("88.88"), at(10, 5), fee=53),
        StatementRow("refund", "P1", R1, "20260101", yuan("-10.00"), at(11), fee=-6),
    ]


@pytest.mark.parametrize("written", ["88.88", "much,88.88"])
def test_a_row_of_alipay_that_cannot_be_read_is_set_aside(written: str) -> None:
    odd, refund = from_alipay(packed(ALIPAY_TRADES.replace("88.88,88.88", written)))
    assert (odd.kind, odd.line) == ("unreadable", 4)
    assert "P1" in odd.raw
    assert refund.kind == "refund"


@pytest.mark.parametrize(
    "name",
    [
        '"阳光花园物业费',
        '阳光"花园"',
        '"',
        "水,电,煤",
        '"水,电"',
        "𠮷野家🏠",
        "ب",
        "a\u2028b\x0bc\x85d",
    ],
)
def test_a_name_stops_nothing_in_alipays_statement(name: str) -> None:
    named = from_alipay(packed(ALIPAY_TRADES.replace("水费", name)))
    assert named == from_alipay(packed(ALIPAY_TRADES))


def test_thousands_may_be_parted_in_alipays_statement() -> None:
    grouped = ALIPAY_TRADES.replace("88.88,88.88", '"1,088.88","1,088.88"')
    [paid, _] = from_alipay(packed(grouped))
    assert (paid.kind, paid.amount) == ("payment", yuan("1088.88"))


def test_parted_thousands_without_quotes_move_no_column() -> None:
    """Then nobody can tell them from the separators of cells."""
    odd, refund = from_alipay(packed(ALIPAY_TRADES.replace("88.88,88.88", "1,088.88,1,088.88")))
    assert (odd.kind, refund.kind) == ("unreadable", "refund")


def test_a_day_of_alipay_on_which_nothing_moved_is_empty() -> None:
    head = ALIPAY_TRADES.split("\r\n")
    assert from_alipay(packed("\r\n".join([*head[:3], head[-2], ""]))) == []
    assert from_alipay(packed("\r\n".join([head[0], head[1], ""]))) == []


def test_what_did_not_move_may_stand_as_zero_in_alipays_flows() -> None:
    zeros = ALIPAY_FLOWS.replace("*三\t,,-10.00", "*三\t,0.00,-10.00").replace(
        "*三\t,88.88,,", "*三\t,88.88,0.00,"
    )
    assert from_alipay(packed(zeros), FUNDS) == from_alipay(packed(ALIPAY_FLOWS), FUNDS)
    [nothing, *_] = from_alipay(packed(ALIPAY_FLOWS.replace("88.88,,", ",,")), FUNDS)
    assert nothing.kind == "unreadable"


def test_alipays_flows_say_what_came_in_and_what_went_out() -> None:
    assert from_alipay(packed(ALIPAY_FLOWS), FUNDS) == [
        StatementRow("payment", "P1", "", "20260101", yuan("88.88"), at(10, 5)),
        StatementRow("refund", "P1", "", "20260101", yuan("-10.00"), at(11)),
        StatementRow("other", "", "", "9", yuan("-78.88"), at(12)),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        packed(),
        packed(ALIPAY_FLOWS),
        packed(ALIPAY_TRADES, ALIPAY_TRADES),
        packed(ALIPAY_TRADES)[:-30],
    ],
)
def test_a_file_of_alipay_that_is_no_statement_is_refused(body: bytes) -> None:
    with pytest.raises(Unverifiable):
        from_alipay(body)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("NO_BILL_DATA", Pending),
        ("isp.bill_not_exist", Pending),  # as it is really written
        ("USER_RATE_LIMIT", object),
        ("TYPE_NOT_SUPPORTED", Declined),
        ("invalid_arguments", Declined),
    ],
)
def test_why_there_is_no_statement_of_alipay(code: str, kind: type) -> None:
    side = ALIPAY
    account = opened(side)
    reply = side.answer(alipay.METHOD, {"sub_code": code, "sub_msg": "…"}, "40004")
    answer = side.plugin.wire.verify(reply, alipay.call(TRADE, account), account, MOMENT)
    outcome = alipay.place(answer, TRADE, account)
    assert isinstance(outcome, kind)
    assert not isinstance(outcome, StatementPlace)


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "bill.example/x"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    side = ALIPAY
    account = opened(side)
    reply = side.answer(alipay.METHOD, {"bill_download_url": url})
    answer = side.plugin.wire.verify(reply, alipay.call(TRADE, account), account, MOMENT)
    with pytest.raises(Unverifiable):
        alipay.place(answer, TRADE, account)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        (
            "http://dwbillcenter.alipay.com/downloadBillFile.resource?token=a%2Bb&sign=c",
            "https://dwbillcenter.alipay.com/downloadBillFile.resource?token=a%2Bb&sign=c",
        ),
        ("http://dwbillcenter.alipay.com:80/x", "https://dwbillcenter.alipay.com/x"),
        ("https://dwbillcenter.alipay.com/x", "https://dwbillcenter.alipay.com/x"),
        ("http://127.0.0.1:8010/x", "http://127.0.0.1:8010/x"),
        ("http://notalipay.com/x", "http://notalipay.com/x"),
    ],
)
def test_a_file_that_nobody_signed_is_fetched_from_alipay_by_tls_only(url: str, asked: str) -> None:
    """Alipay names it by http: anybody on the way could write rows, and port 80 is closed to us."""
    side, account = ALIPAY, opened(ALIPAY)
    reply = side.answer(alipay.METHOD, {"bill_download_url": url})
    answer = side.plugin.wire.verify(reply, alipay.call(TRADE, account), account, MOMENT)
    at = alipay.place(answer, TRADE, account)
    assert isinstance(at, StatementPlace)
    assert alipay.download(at, account, MOMENT).url == asked
