"""Files of statements that people bring: any encoding, any order of columns, odd rows set aside."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.unit.gateway.channels.channel_side import PAYMENT_NO, REFUND_NO
from tests.unit.gateway.channels.easy_direct_side import EasyDirectSide
from tests.unit.gateway.channels.easy_side import MER_CODE, EasySide

from contracts.internal import MAX_UPLOAD_ROWS
from contracts.money import Money
from gateway.channels.plugin import StatementRequest, StatementRow, UnreadableFile
from gateway.channels.registry import PLUGINS

DAY = date(2026, 1, 31)
HEAD = (
    "交易时间,商户编号,机构流水号,机构信息,原机构信息,易生流水号,交易类型,交易状态,交易金额,手续费"
)
TRACE = "ORG012152026013112000012345"
PAID = f"2026-01-31 12:00:05,{MER_CODE},{TRACE},{PAYMENT_NO},,EP1,消费,交易成功,12.99,0.08"
BACK = (
    f"2026-01-31 13:00:00,{MER_CODE},{TRACE},{REFUND_NO},{PAYMENT_NO},ER1,退款,退款成功,-5.00,-0.03"
)


def account_of(side: Any) -> Any:
    plugin = PLUGINS["easy"]
    return plugin.open_account(plugin.credentials.model_validate(side.credentials()))


CLOUD, DIRECT = account_of(EasySide()), account_of(EasyDirectSide())


def read(raw: str | bytes, account: Any = CLOUD, day: date = DAY) -> list[StatementRow]:
    file = PLUGINS["easy"].of(account).statement_file
    assert file is not None
    content = raw if isinstance(raw, bytes) else raw.encode()
    return file.read(content, StatementRequest(day, "trade"), account)


def lines(*rows: str, head: str = HEAD) -> str:
    return "\r\n".join([head, *rows, ""])


def test_a_payment_and_a_refund_are_read() -> None:
    paid, back = read(lines(PAID, BACK))
    assert paid == StatementRow(
        kind="payment",
        payment_no=PAYMENT_NO,
        refund_no="",
        channel_no="EP1",
        amount=Money(1299, "CNY"),
        at=datetime(2026, 1, 31, 4, 0, 5, tzinfo=UTC),
        fee=8,
    )
    assert (back.kind, back.refund_no, back.payment_no) == ("refund", REFUND_NO, PAYMENT_NO)
    assert (back.amount, back.fee, back.status) == (Money(-500, "CNY"), -3, "done")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_encoding_and_line_end_will_do(encoding: str, end: str) -> None:
    assert len(read(lines(PAID, BACK).replace("\r\n", end).encode(encoding))) == 2


def test_what_stands_around_the_rows_is_no_row() -> None:
    around = [
        "易生支付交易明细 2026-01-31",
        "",
        HEAD,
        PAID,
        "",
        "合计：1 笔,,,,,,,,12.99,0.08",
        " ",
    ]
    assert len(read("\n".join(around))) == 1


@pytest.mark.parametrize("cell", ["'{}", "`{}", '"{}"', '="{}"', '"\t{}"', " {} "])
def test_what_keeps_digits_from_excel_is_no_part_of_a_number(cell: str) -> None:
    [row] = read(lines(PAID.replace(PAYMENT_NO, cell.format(PAYMENT_NO))))
    assert row.payment_no == PAYMENT_NO


def test_columns_are_found_by_their_heads_in_any_order_and_width() -> None:
    head = "手续费（元）\t交易金额（元）\torgTrace\t交易类型\t备用"
    [row] = read(lines(f"0.08\t12.99\t{PAYMENT_NO}\t支付\tx", head=head), DIRECT)
    assert (row.payment_no, row.amount.amount_minor, row.fee, row.at) == (PAYMENT_NO, 1299, 8, None)


def test_of_two_columns_for_one_thing_the_more_certain_counts() -> None:
    head = "商户订单号,机构流水号,交易类型,订单金额,交易金额"
    [row] = read(lines(f"W1,{PAYMENT_NO},消费,1.00,12.99", head=head), DIRECT)
    assert (row.payment_no, row.amount.amount_minor) == (PAYMENT_NO, 1299)


def test_a_refund_names_its_payment_by_either_number() -> None:
    head = "机构流水号,原机构流水号,原机构信息,交易类型,交易金额"
    for cells in (f"{PAYMENT_NO},", f"{TRACE},{PAYMENT_NO}"):
        [row] = read(lines(f"{REFUND_NO},{cells},退款,5.00", head=head), DIRECT)
        assert (row.refund_no, row.payment_no) == (REFUND_NO, PAYMENT_NO)


def test_the_head_says_the_unit() -> None:
    head = "机构流水号,交易类型,交易金额(分),手续费(元)"
    [row] = read(lines(f"{PAYMENT_NO},消费,1299,0.075", head=head), DIRECT)
    assert (row.amount.amount_minor, row.fee) == (1299, 8)


@pytest.mark.parametrize("digits", [20, 5_000])
def test_a_sum_that_nobody_moves_is_set_aside(digits: int) -> None:
    head = "机构流水号,交易类型,交易金额(分)"
    odd, good = read(
        lines(f"{PAYMENT_NO},消费,{'9' * digits}", f"{PAYMENT_NO},消费,1", head=head), DIRECT
    )
    assert (odd.kind, good.kind) == ("unreadable", "payment")


@pytest.mark.parametrize(
    ("amount", "minor"),
    [('"1,299.00"', 129900), ("¥12.99", 1299), ("12.9", 1290), ("12", 1200), ("-12.99", 1299)],
)
def test_amounts_as_people_write_them(amount: str, minor: int) -> None:
    [row] = read(lines(PAID.replace("12.99", amount)))
    assert row.amount == Money(minor, "CNY")


@pytest.mark.parametrize(
    "wrong",
    [
        PAID.replace("12.99", "twelve"),
        PAID.replace("12.99", ""),
        PAID.replace("12.99", "1e3"),
        PAID.replace("12.99", '"12,99"'),  # is it 12.99, or 1299?
        PAID.replace("消费", "不明交易"),
        PAID.replace("交易成功", "冻结"),
        PAID + ",1,2",
        PAID.rpartition(",")[0],
        PAID.replace("12.99", '"12.99'),
        PAID.replace("12.99", "9" * 20),
        PAID.replace("12.99", "9" * 5_000),
        PAID.replace("12.99", "x" * 200_000),
        PAID.replace("EP1", "9" * 3_000),
    ],
)
def test_an_odd_row_is_set_aside_and_the_rest_goes_on(wrong: str) -> None:
    """`strangers-text-stops-nothing`: with its line, and its text cleaned."""
    odd, good = read(lines(wrong, BACK))
    assert (odd.kind, odd.line, good.kind) == ("unreadable", 2, "refund")
    assert odd.raw.startswith("2026-01-31")


def test_rows_of_other_kinds_without_a_number_of_ours_are_nobodys() -> None:
    row = f"2026-01-31 12:00:00,{MER_CODE},W1,,,EP9,提现,成功,100.00,0"
    assert [each.kind for each in read(lines(PAID, row))] == ["payment", "other"]


def test_a_row_of_an_unknown_kind_that_names_a_payment_of_ours_is_set_aside() -> None:
    row = f"2026-01-31 12:00:00,{MER_CODE},W1,,{PAYMENT_NO},EP9,冲正,成功,12.99,0"
    assert [each.kind for each in read(lines(PAID, row))] == ["payment", "unreadable"]


def test_rows_of_other_merchants_are_left_out() -> None:
    other = PAID.replace(MER_CODE, "850000000000009")
    assert [each.channel_no for each in read(lines(other, PAID))] == ["EP1"]


@pytest.mark.parametrize(
    ("status", "expected"), [("处理中", "under_way"), ("失败", "failed"), ("", "done")]
)
def test_each_state_of_a_row(status: str, expected: str) -> None:
    [row] = read(lines(PAID.replace("交易成功", status)))
    assert row.status == expected


@pytest.mark.parametrize("date_", ["20260131,120005", "2026/01/31,12:00:05"])
def test_day_and_time_may_stand_apart(date_: str) -> None:
    head = "交易日期,交易时间,机构流水号,交易类型,交易金额"
    [row] = read(lines(f"{date_},{PAYMENT_NO},消费,12.99", head=head), DIRECT)
    assert row.at == datetime(2026, 1, 31, 4, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date_", "day"), [("20260131", 31), ("2026/01/31", 31), ("", None), ("昨天", None)]
)
def test_the_day_of_a_row_is_its_own_and_not_when_it_was_done(date_: str, day: int | None) -> None:
    head = "交易日期,完成时间,机构流水号,交易类型,交易金额"
    done = "2026-02-01 00:00:04"
    [row] = read(lines(f"{date_},{done},{PAYMENT_NO},消费,12.99", head=head), DIRECT)
    assert row.at == datetime(2026, 1, 31, 16, 0, 4, tzinfo=UTC)
    assert row.day == (day and date(2026, 1, day))


def test_a_day_without_rows_is_a_statement() -> None:
    assert read(HEAD) == []


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "表头"),
        (b"PK\x03\x04\x00\x00\x00", "CSV"),
        (b"\xff\xff\xff", "CSV"),
        ("姓名,电话\n张三,1".encode(), "机构流水号"),
        (lines(*["x"] * (MAX_UPLOAD_ROWS + 1)).encode(), "20000"),
        (b"x" * 200_000, "表头"),
    ],
)
def test_what_is_no_such_file_is_refused_in_peoples_words(raw: bytes, words: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(raw)
    assert words in refused.value.words.zh
    assert refused.value.words.en
