"""What UnionPay's answers, notifications and statements mean for us."""

import base64
import io
import zipfile
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest
from tests.odd_keys import SM2_CERTIFICATE, of_version_six
from tests.unit.gateway.channels.certificate_chain import issue, pem
from tests.unit.gateway.channels.channel_side import (
    LANDING_URL,
    MOMENT,
    NOW,
    PAYMENT_NO,
    REFUND_NO,
    Pair,
    order,
    refunding,
    trade,
    undoing,
)
from tests.unit.gateway.channels.plugin_driver import asked, opened, outcome
from tests.unit.gateway.channels.unionpay_side import AT, UnionpaySide

from contracts.api import Method
from contracts.money import Money
from gateway.channels.plugin import (
    Answer,
    Declined,
    Moment,
    NotifiedRefund,
    NotUnderstood,
    Operation,
    Outcome,
    Pending,
    Statement,
    StatementRequest,
    Succeeded,
    Unknown,
    Unverifiable,
)
from gateway.channels.unionpay import trade as trades
from gateway.channels.unionpay.operations import statements
from gateway.channels.unionpay.wire import split_answer

LATER = Moment(NOW + timedelta(hours=3), MOMENT.nonce)


@pytest.fixture(scope="module")
def side() -> UnionpaySide:
    return UnionpaySide()


@pytest.mark.parametrize("method", [Method.PC, Method.H5])
def test_a_payer_without_an_address_of_the_apps_is_sent_to_our_page(
    side: UnionpaySide, method: Method
) -> None:
    """It was our webhook's: who had just paid saw "ok"."""
    call = side.plugin.methods[method].call(order(method, return_url=None), opened(side))
    assert call.body is not None
    assert call.body["frontUrl"] == LANDING_URL


@pytest.mark.parametrize(
    ("made", "traced", "paid"),
    [
        ("20260105200000", "0105200005", datetime(2026, 1, 5, 12, 0, 5, tzinfo=UTC)),
        ("20260105200000", "0105195000", datetime(2026, 1, 5, 11, 50, tzinfo=UTC)),
        ("20261231235900", "0101000100", datetime(2026, 12, 31, 16, 1, tzinfo=UTC)),
        ("20260101000100", "1231235500", datetime(2025, 12, 31, 15, 55, tzinfo=UTC)),
    ],
    ids=["after", "by a slow clock", "over the year", "by a slow clock, over the year"],
)
def test_a_time_without_a_year_is_the_one_nearest_to_the_trade(
    side: UnionpaySide, made: str, traced: str, paid: datetime
) -> None:
    """Ten minutes between two clocks made it next year's: money in time, sent back as late."""
    fields = {**side.trade(PAYMENT_NO, 1299), "txnTime": made, "traceTime": traced}
    stated = trades.read({**fields, "respCode": "00"}, trades.IN_NOTIFICATION)
    assert isinstance(stated, Succeeded)
    assert stated.at == paid


@pytest.mark.parametrize("traced", ["", "later", "0231250000"])
def test_when_a_trade_was_made_is_not_when_it_was_paid(side: UnionpaySide, traced: str) -> None:
    fields = {**side.trade(PAYMENT_NO, 1299), "traceTime": traced, "respCode": "00"}
    assert trades.read(fields, trades.IN_NOTIFICATION) == Succeeded(
        fields["queryId"], Money(1299, "CNY"), None
    )


def test_a_scanned_code_is_taken_back_by_our_own_number(side: UnionpaySide) -> None:
    """The answer to the payment, which would tell `queryId`, is the very thing that is missing."""
    asked_of, here = trade(Method.BARCODE), opened(side)
    sent = asked(side, here, side.plugin.close, asked_of).content
    kind = {"txnType": "99", "txnSubType": "01", "bizType": "000000", "channelType": "08"}
    assert kind.items() <= sent.items()
    assert sent["orderId"] == PAYMENT_NO
    assert "origQryId" not in sent
    yes = side.closed(Method.BARCODE, PAYMENT_NO)
    result = outcome(side, here, side.plugin.close, asked_of, yes)
    assert result == Succeeded(is_reversed=True)


CHOSEN: Final[dict[str, Any]] = {"created_at": NOW - timedelta(minutes=90), "initiated_at": NOW}
"""On our page, in the second hour of the order."""


@pytest.mark.parametrize("method", UnionpaySide.plugin.methods)
def test_a_payment_has_the_second_in_which_the_payer_chose(
    side: UnionpaySide, method: Method
) -> None:
    """UnionPay takes no `txnTime` that is about an hour old."""
    here, chosen = opened(side), order(method, **CHOSEN)
    way = side.plugin.methods[method]
    assert asked(side, here, way, chosen).content["txnTime"] == AT
    if isinstance(way, Operation):
        taken = outcome(side, here, way, chosen, side.prepared(method, PAYMENT_NO))
        assert isinstance(taken, Pending)
    late = replace(trade(method), **CHOSEN)
    assert asked(side, here, side.plugin.query, late).content["txnTime"] == AT
    found = outcome(side, here, side.plugin.query, late, side.origin(PAYMENT_NO, "00", 1299))
    assert isinstance(found, Succeeded)
    if side.plugin.closing(method):
        assert asked(side, here, side.plugin.close, late).content["txnTime"] == AT


def test_what_a_release_before_began_is_asked_about_as_that_named_it(side: UnionpaySide) -> None:
    former, here = side.plugin.former_query, opened(side)
    assert former is not None
    chosen = replace(trade(), created_at=NOW, initiated_at=NOW + timedelta(minutes=90))
    absent, over = Pending(found=False), Declined("34", "…", closed=True)
    assert [former.is_for(chosen, each) for each in (absent, over)] == [True, True]
    others = Pending(), Unknown("01", "…"), Declined("61", "…", closed=True), Succeeded("1")
    assert [former.is_for(chosen, each) for each in others] == [False] * 4
    assert not former.is_for(trade(), absent)

    assert asked(side, here, former.query, chosen).content["txnTime"] == AT
    paid = side.origin(PAYMENT_NO, "00", 1299)
    assert isinstance(outcome(side, here, former.query, chosen, paid), Succeeded)
    unknown = side.answer("34")
    assert outcome(side, here, former.query, chosen, unknown) == absent
    at_the_end = Moment(chosen.expires_at + timedelta(seconds=1), MOMENT.nonce)
    assert outcome(side, here, former.query, chosen, unknown, at_the_end) == absent
    ended = outcome(side, here, former.query, chosen, unknown, LATER)
    assert isinstance(ended, Declined)


def test_a_refund_names_its_payment_by_the_number_of_unionpay(side: UnionpaySide) -> None:
    """By our own and its second, which may be another than this release thinks, only without it."""
    refund, here = refunding(), opened(side)
    sent = asked(side, here, side.plugin.refund, refund).content
    assert sent["origQryId"] == refund.trade.channel_trade_no
    assert "origTxnTime" not in sent
    unnamed = replace(refund, trade=replace(refund.trade, channel_trade_no=None, **CHOSEN))
    sent = asked(side, here, side.plugin.refund, unnamed).content
    assert (sent["origOrderId"], sent["origTxnTime"]) == (PAYMENT_NO, AT)


@pytest.mark.parametrize("code", ["01", "03", "04", "05", "12", "34", "35", "64"])
def test_only_a_yes_takes_a_payment_back(side: UnionpaySide, code: str) -> None:
    """What UnionPay does not find may be on its way to it."""
    result = outcome(
        side, opened(side), side.plugin.close, trade(Method.BARCODE), side.answer(code)
    )
    assert isinstance(result, Unknown)


def test_what_is_shown_or_opened_ends_by_its_time(side: UnionpaySide) -> None:
    plugin = side.plugin
    assert [each for each in plugin.methods if plugin.closing(each)] == [Method.BARCODE]


@pytest.mark.parametrize("code", ["03", "04", "05", "70", "83"])
def test_what_is_under_way_is_waited_for(side: UnionpaySide, code: str) -> None:
    """70, the payer is typing; 83, the issuer is at work: both stand among refusals."""
    stated = _stated(side, code)
    assert [type(each) for each in stated] == [Pending] * 4


@pytest.mark.parametrize("code", ["37", "42", "74", "75"])
def test_a_charged_card_is_no_refusal(side: UnionpaySide, code: str) -> None:
    """扣款成功, too late or not noted: people hear of it, and it ends neither a payment nor a
    refund, nor does it let a refund follow an undo. 37 tells nothing of any trade."""
    stated = _stated(side, code)
    assert stated == [Unknown(code, "…", is_listed=False)] * 4
    notification = side.notification(REFUND_NO, code, txnType="04", reqReserved=PAYMENT_NO)
    with pytest.raises(NotUnderstood):
        side.plugin.notifications.read(notification, opened(side), MOMENT)


def _stated(side: UnionpaySide, code: str) -> list[Outcome]:
    """What this `origRespCode` means of a scanned code, a page, a refund and an undo."""
    here, plugin = opened(side), side.plugin
    assert plugin.undo is not None
    paid, back = (side.origin(number, code, 1299) for number in (PAYMENT_NO, REFUND_NO))
    return [
        outcome(side, here, plugin.query, trade(Method.BARCODE), paid),
        outcome(side, here, plugin.query, trade(Method.PC), paid, LATER),
        outcome(side, here, plugin.query_refund, refunding(), back),
        outcome(side, here, plugin.undo.query, undoing(), back),
    ]


@pytest.mark.parametrize("code", ["37", "42", "70", "74", "75", "83"])
def test_an_answer_that_is_no_refusal_declines_nothing(side: UnionpaySide, code: str) -> None:
    here, plugin, reply = opened(side), side.plugin, side.answer(code)
    assert plugin.undo is not None
    way, asked_for = plugin.methods[Method.BARCODE], order(Method.BARCODE)
    assert isinstance(outcome(side, here, way, asked_for, reply), Unknown)
    assert isinstance(outcome(side, here, plugin.refund, refunding(), reply), Unknown)
    assert isinstance(outcome(side, here, plugin.undo.send, undoing(), reply), Unknown)


@pytest.mark.parametrize("code", ["01", "02", "06", "07", "08", "09", "10", "35", "61", "89"])
def test_what_is_neither_paid_nor_under_way_has_failed(side: UnionpaySide, code: str) -> None:
    """Asked about the trade itself, UnionPay knows also what its own system made of it."""
    reply, account = side.origin(PAYMENT_NO, code, 1299), opened(side)
    scanned = outcome(side, account, side.plugin.query, trade(Method.BARCODE), reply)
    assert scanned == Declined(code, "…", closed=True)
    assert outcome(side, account, side.plugin.query, trade(Method.PC), reply) == Pending()
    reply = side.origin(REFUND_NO, code, 500)
    refunded = outcome(side, account, side.plugin.query_refund, refunding(), reply)
    assert refunded == Declined(code, "…")


@pytest.mark.parametrize("code", ["01", "02", "06", "07", "08", "09"])
def test_trouble_in_unionpays_system_is_asked_about(side: UnionpaySide, code: str) -> None:
    """Said of a message, and not of a trade, it ends nothing."""
    account, way = opened(side), side.plugin.methods[Method.APP]
    answered = outcome(side, account, way, order(Method.APP), side.answer(code))
    assert isinstance(answered, Unknown)
    for number, fields in (
        (PAYMENT_NO, {}),
        (REFUND_NO, {"txnType": "04", "reqReserved": PAYMENT_NO}),
    ):
        notification = side.notification(number, code, **fields)
        [notified] = side.plugin.notifications.read(notification, account, MOMENT)
        assert notified.outcome == Pending()


def test_success_with_a_defect_is_success(side: UnionpaySide) -> None:
    reply = side.origin(PAYMENT_NO, "A6", 1299)
    answered = outcome(side, opened(side), side.plugin.query, trade(), reply)
    assert isinstance(answered, Succeeded)


def test_a_card_that_was_refused_may_be_followed_by_another_until_the_time_is_up(
    side: UnionpaySide,
) -> None:
    reply, account = side.origin(PAYMENT_NO, "61", 1299), opened(side)
    asked = trade(Method.PC)
    assert outcome(side, account, side.plugin.query, asked, reply) == Pending()
    answered = outcome(side, account, side.plugin.query, asked, reply, LATER)
    assert isinstance(answered, Declined)
    assert answered.closed


def test_a_scanned_code_that_was_refused_is_over(side: UnionpaySide) -> None:
    reply = side.origin(PAYMENT_NO, "61", 1299)
    answered = outcome(side, opened(side), side.plugin.query, trade(Method.BARCODE), reply)
    assert isinstance(answered, Declined)
    assert answered.closed


def test_no_such_trade_ends_it_only_when_nobody_can_pay_it_any_more(side: UnionpaySide) -> None:
    """`payable-until-it-is-not`"""
    reply, account = side.answer("34"), opened(side)
    young = outcome(side, account, side.plugin.query, trade(), reply)
    assert young == Pending(found=False)
    old = outcome(side, account, side.plugin.query, trade(), reply, LATER)
    assert isinstance(old, Declined)
    assert old.closed


def test_a_refund_that_was_sent_before_is_asked_about(side: UnionpaySide) -> None:
    answered = outcome(side, opened(side), side.plugin.refund, refunding(), side.answer("12"))
    assert answered == Pending()


def test_a_payment_that_was_sent_before_is_unknown(side: UnionpaySide) -> None:
    way = side.plugin.methods[Method.APP]
    answered = outcome(side, opened(side), way, order(Method.APP), side.answer("12"))
    assert isinstance(answered, Unknown)


def test_a_refund_is_told_by_its_number_and_that_of_its_payment(side: UnionpaySide) -> None:
    notification = side.notification(
        REFUND_NO, "00", txnType="04", txnAmt="500", reqReserved=PAYMENT_NO
    )
    [answered] = side.plugin.notifications.read(notification, opened(side), MOMENT)
    assert isinstance(answered, NotifiedRefund)
    assert (answered.refund_no, answered.payment_no) == (REFUND_NO, PAYMENT_NO)
    assert isinstance(answered.outcome, Succeeded)
    assert answered.outcome.amount == Money(500, "CNY")


@pytest.mark.parametrize("reserved", [{}, {"reqReserved": ""}, {"reqReserved": "null"}])
@pytest.mark.parametrize("kind", ["04", "31"])
def test_a_refund_is_told_by_its_number_where_what_we_sent_does_not_come_back(
    side: UnionpaySide, kind: str, reserved: dict[str, str]
) -> None:
    notification = side.notification(REFUND_NO, "00", txnType=kind, txnAmt="500", **reserved)
    [answered] = side.plugin.notifications.read(notification, opened(side), MOMENT)
    assert isinstance(answered, NotifiedRefund)
    assert (answered.refund_no, answered.payment_no) == (REFUND_NO, "")


def test_money_is_told_in_whichever_second_its_trade_was_begun(side: UnionpaySide) -> None:
    """A release before may have named another; what was taken under our number is never hidden."""
    notification = side.notification(PAYMENT_NO, "00", txnTime="20260101000000")
    [answered] = side.plugin.notifications.read(notification, opened(side), MOMENT)
    assert answered.payment_no == PAYMENT_NO
    assert isinstance(answered.outcome, Succeeded)


def test_a_notification_of_another_kind_comes_again(side: UnionpaySide) -> None:
    notification = side.notification(PAYMENT_NO, "00", txnType="02")
    with pytest.raises(NotUnderstood):
        side.plugin.notifications.read(notification, opened(side), MOMENT)


@pytest.mark.parametrize("name", ["Somebody", "中国银联股份有限公司的客户", ""])
def test_a_merchants_certificate_of_the_same_issuer_is_not_unionpays(
    side: UnionpaySide, name: str
) -> None:
    """Merchants of UnionPay have certificates of the same authority."""
    forger = UnionpaySide()
    forger.middle, forger.root = side.middle, side.root
    forger.signer = issue(
        f"041@777290058110049@{name}@1", forger.platform.private, "CFCA OCA", side.between.private
    )
    with pytest.raises(Unverifiable, match="UnionPay's own"):
        side.plugin.notifications.read(forger.paid_notification(PAYMENT_NO), opened(side), MOMENT)


def test_a_certificate_that_has_ended_signs_nothing(side: UnionpaySide) -> None:
    after = Moment(NOW + timedelta(days=2000), MOMENT.nonce)
    with pytest.raises(Unverifiable, match="not valid now"):
        side.plugin.notifications.read(side.paid_notification(PAYMENT_NO), opened(side), after)


def test_values_may_hold_what_separates_fields_in_braces() -> None:
    body = b"a=1=2&b={x=1&y={z=2&w=3}}&c=[p=1&q=2]&d="
    assert split_answer(body) == {
        "a": "1=2", "b": "{x=1&y={z=2&w=3}}", "c": "[p=1&q=2]", "d": "",
    }  # fmt: skip


@pytest.mark.parametrize("words", ["成功{", "成功[", "[成功", "成功]]", "成}功{"])
def test_a_brace_in_a_message_hides_no_field(side: UnionpaySide, words: str) -> None:
    """A paid trade would be asked about for ever."""
    reply = side.answer("00", respMsg=words, **side.trade(PAYMENT_NO, 1299), origRespCode="00")
    answered = outcome(side, opened(side), side.plugin.query, trade(), reply)
    assert isinstance(answered, Succeeded)
    assert split_answer(f"a={words}&b={{x=1&y=[z=2&w=3]}}&c=[p=1&q=2]&d=".encode()) == {
        "a": words, "b": "{x=1&y=[z=2&w=3]}", "c": "[p=1&q=2]", "d": "",
    }  # fmt: skip


# ── statements ──

DAY = StatementRequest(date(2026, 1, 31), "trade")


WIDTHS = [3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1,
          21, 15, 1, 15, 32, 13, 13, 8, 32, 13, 13, 12, 2, 1, 32, 13, 2, 1, 12, 67]  # fmt: skip


def line(
    code: str, at: str, amount: str, query_id: str, number: str, txn_type: str = "", **own: str
) -> bytes:
    """`own`: further columns by their numbers in UnionPay's list, from 1: `_16="D000000000008"`."""
    cells = [""] * len(WIDTHS)
    cells[:12] = [code, "阳光花园", "", "000001", at, "622****0000", amount, "5411", "01", query_id,
                  "00", number]  # fmt: skip
    cells[19] = txn_type
    for column, cell in own.items():
        cells[int(column[1:]) - 1] = cell
    raw = [cell.encode("gbk") for cell in cells]
    return b" ".join(
        cell + b" " * (width - len(cell)) for cell, width in zip(raw, WIDTHS, strict=True)
    )


def statement(*lines: bytes, name: str = "INN26013188ZM_777290058110048") -> Answer:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(name, b"\r\n".join([*lines, b""]))
        file.writestr(name.replace("ZM_", "ZME_"), b"x")
    content = base64.b64encode(zlib.compress(archive.getvalue())).decode()
    return Answer(200, {"respCode": "00", "fileContent": content}, MOMENT)


def test_a_statement_counts_its_columns_in_bytes(side: UnionpaySide) -> None:
    read = statements.read(
        statement(
            line("S22", "0131120005", "000000001299", "202601311200051234567", PAYMENT_NO),
            line("S30", "0131130000", "000000000500", "202601311300001234567", REFUND_NO),
            line("E74", "0131140000", "000000000001", "202601311400001234567", "OTHER"),
        ),
        DAY,
        opened(side),
    )
    assert isinstance(read, Statement)
    paid, back, other = read.rows
    assert (paid.kind, paid.payment_no, paid.amount) == ("payment", PAYMENT_NO, Money(1299, "CNY"))
    assert paid.at == datetime(2026, 1, 31, 4, 0, 5, tzinfo=UTC)
    assert (back.kind, back.refund_no, back.amount) == ("refund", REFUND_NO, Money(-500, "CNY"))
    assert back.channel_no == "202601311300001234567"
    assert other.kind == "other"


@pytest.mark.parametrize(
    ("code", "txn_type", "number"),
    [
        ("S31", "31", REFUND_NO),
        ("S99", "31", REFUND_NO),  # its trade code is not known to us, its kind is
        ("S30", "04", f"{REFUND_NO}04"),
    ],
)
def test_a_statement_knows_what_went_back_by_an_undo_or_after_one(
    side: UnionpaySide, code: str, txn_type: str, number: str
) -> None:
    row = line(code, "0131130000", "000000001299", "202601311300001234567", number, txn_type)
    read = statements.read(statement(row), DAY, opened(side))
    assert isinstance(read, Statement)
    [back] = read.rows
    assert (back.kind, back.refund_no, back.amount) == ("refund", REFUND_NO, Money(-1299, "CNY"))


def test_a_refund_at_the_console_names_its_payment(side: UnionpaySide) -> None:
    """`money-moved-outside`: columns 27 and 41 name the original, the refund is UnionPay's own."""
    row = line("S30", "0131130000", "000000000500", "202601311300001234567", "2026013113000012",
               "04", _27="202601311200051234567", _41=PAYMENT_NO)  # fmt: skip
    read = statements.read(statement(row), DAY, opened(side))
    assert isinstance(read, Statement)
    [back] = read.rows
    assert (back.kind, back.payment_no, back.refund_no) == ("refund", PAYMENT_NO, "")
    assert (back.channel_no, back.amount) == ("202601311300001234567", Money(-500, "CNY"))


@pytest.mark.parametrize(
    ("cell", "fee"),
    [("D000000000008", 8), ("C000000000003", -3), (" 000000000000", 0), ("", 0)],
)
def test_a_statement_tells_what_unionpay_kept_and_gave_back(
    side: UnionpaySide, cell: str, fee: int
) -> None:
    row = line("S22", "0131120005", "000000001299", "2", PAYMENT_NO, "01", _16=cell)
    read = statements.read(statement(row), DAY, opened(side))
    assert isinstance(read, Statement)
    assert [(each.kind, each.fee) for each in read.rows] == [("payment", fee)]


@pytest.mark.parametrize("cell", ["X000000000008", " 000000000008", "D0000000008", "D00000000,008"])
def test_a_fee_that_cannot_be_read_sets_its_row_aside(side: UnionpaySide, cell: str) -> None:
    row = line("S22", "0131120005", "000000001299", "2", PAYMENT_NO, "01", _16=cell)
    read = statements.read(statement(row), DAY, opened(side))
    assert isinstance(read, Statement)
    assert [each.kind for each in read.rows] == ["unreadable"]


@pytest.mark.parametrize(
    ("code", "txn_type", "kind"),
    [
        ("S99", "01", "payment"),
        ("S99", "04", "refund"),
        ("S99", "31", "refund"),
        ("S22", "02", "unreadable"),
        ("S22", "", "payment"),
    ],
)
def test_what_a_row_is_says_its_kind_before_its_code(
    side: UnionpaySide, code: str, txn_type: str, kind: str
) -> None:
    row = line(code, "0131120005", "000000001299", "2", PAYMENT_NO, txn_type)
    read = statements.read(statement(row), DAY, opened(side))
    assert isinstance(read, Statement)
    assert [each.kind for each in read.rows] == [kind]


def test_a_statement_is_asked_for_as_of_now(side: UnionpaySide) -> None:
    """UnionPay takes no txnTime of yesterday, whatever day is asked for."""
    here = opened(side)
    sent = side.plugin.wire.sign(statements.call(DAY, here), here, MOMENT)
    fields = side.asked(sent).content
    assert (fields["settleDate"], fields["txnTime"]) == ("0131", AT)
    later = replace(MOMENT, now=MOMENT.now + timedelta(days=3))
    sent = side.plugin.wire.sign(statements.call(DAY, here), here, later)
    assert side.asked(sent).content["txnTime"] > AT


def test_half_a_character_moves_no_column(side: UnionpaySide) -> None:
    """A column of eleven bytes ends in the middle of a sixth character."""
    row = line("S22", "0131120005", "000000001299", "202601311200051234567", PAYMENT_NO)
    halved = row[:4] + "阳光花园物业".encode("gbk")[:11] + row[15:]
    read = statements.read(statement(halved), DAY, opened(side))
    assert isinstance(read, Statement)
    [paid] = read.rows
    assert (paid.payment_no, paid.amount) == (PAYMENT_NO, Money(1299, "CNY"))


def test_a_row_that_cannot_be_read_is_set_aside(side: UnionpaySide) -> None:
    """`strangers-text-stops-nothing`"""
    read = statements.read(
        statement(
            b"S22 cut",
            line("S22", "0131120005", "0000000012,99", "2", PAYMENT_NO)[:400],
            line("S22", "0131120005", "000000001299", "2", PAYMENT_NO),
        ),
        DAY,
        opened(side),
    )
    assert isinstance(read, Statement)
    assert [row.kind for row in read.rows] == ["unreadable", "unreadable", "payment"]
    assert [row.line for row in read.rows[:2]] == [1, 2]


@pytest.mark.parametrize("content", ["", "?", base64.b64encode(b"no zlib").decode()])
def test_what_is_no_file_is_no_statement(side: UnionpaySide, content: str) -> None:
    answer = Answer(200, {"respCode": "00", "fileContent": content}, MOMENT)
    with pytest.raises(Unverifiable):
        statements.read(answer, DAY, opened(side))


def test_a_day_without_a_file_may_be_quiet_or_not_over(side: UnionpaySide) -> None:
    answer = Answer(200, {"respCode": "98", "respMsg": "文件不存在"}, MOMENT)
    assert statements.read(answer, DAY, opened(side)) == Pending(found=False)


def test_a_merchants_key_must_be_the_one_that_is_certified(side: UnionpaySide) -> None:
    other = Pair()
    wrong = side.credentials() | {
        "sign_cert_pem": pem(issue("x", other.private, "x", other.private))
    }
    with pytest.raises(ValueError, match="does not certify"):
        side.plugin.credentials.model_validate(wrong)


@pytest.mark.parametrize("kind", ["version", "sm2"])
def test_a_certificate_that_nobody_can_read_is_not_believed(side: UnionpaySide, kind: str) -> None:
    odd = of_version_six(pem(side.signer)) if kind == "version" else SM2_CERTIFICATE
    notification = side.notification(PAYMENT_NO, "00", signPubKeyCert=odd)
    with pytest.raises(Unverifiable):
        side.plugin.notifications.read(notification, opened(side), MOMENT)
