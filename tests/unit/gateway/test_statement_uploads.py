"""Statements that a person brings: read by the plugin, and handed to trade-core page by page."""

import asyncio
import base64
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.gateway.harness import NOW, Harness, fake_plugin, harness

from chassis.problems import InvalidRequest, Overloaded
from contracts.identifiers import new_id
from contracts.internal import (
    MAX_PAGE_ROWS,
    BeginUpload,
    StatementPage,
    StatementReceipt,
    UploadRound,
    UploadStatement,
)
from contracts.money import Money
from contracts.words import Words
from gateway.channels.plugin import StatementFile, StatementRequest, StatementRow, UnreadableFile
from gateway.channels.statement_rows import with_whole_fees
from gateway.directory import ChannelAccount
from gateway.domain.errors import NotHere
from gateway.flows.statements import take_file

DAY = date(2026, 11, 22)
BEGIN, ROWS = "/internal/reconciliations/uploads", "/internal/statements/B1/rows"
ROW = StatementRow("payment", "P1", "", "T1", Money(1299, "CNY"), NOW, fee=8)
ODD = StatementRow("unreadable", "", "", "", Money(0, "CNY"), None, raw="?", line=3)
UNTIMED = replace(ROW, at=None)
LAST_SECOND = datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC)
AFTER = replace(ROW, at=LAST_SECOND + timedelta(seconds=1))
BEFORE = replace(ROW, at=LAST_SECOND - timedelta(days=1))


def read(raw: bytes, requested: StatementRequest, account: str) -> list[StatementRow]:
    assert (requested, account) == (StatementRequest(DAY, "trade"), "key")
    match raw:
        case b"large":
            return [ROW] * (MAX_PAGE_ROWS + 1)
        case b"odd":
            return [ROW, ODD]
        case b"two days":
            return [UNTIMED, ROW, AFTER, BEFORE]
        case b"midnight":
            return [replace(AFTER, day=DAY), replace(ROW, day=DAY - timedelta(days=1))]
        case b"another day":
            return [ODD, BEFORE]
        case b"empty":
            return []
        case _:
            raise UnreadableFile("不是这样的文件。", "No such file.")


FILE: StatementFile[str] = StatementFile(Words("文件", "a file"), read)


def begun(_: object) -> UploadRound:
    return UploadRound(statement_no="B1", round=4, is_repeat=False)


def wanted(_: object) -> StatementReceipt:
    return StatementReceipt(is_wanted=True)


def gateway_with(
    begin: Callable[[Any], UploadRound] = begun,
    rows: Callable[[Any], StatementReceipt] = wanted,
    file: StatementFile[str] | None = FILE,
) -> Harness:
    found = harness(trade_core={("POST", BEGIN): begin, ("POST", ROWS): rows})
    plugin = fake_plugin(statement_file=file)
    found.directory.put(ChannelAccount("C1", "M1", True, plugin, "key"))
    return found


def upload(raw: bytes = b"odd") -> UploadStatement:
    return UploadStatement(day=DAY, content=base64.b64encode(raw).decode())


async def test_rows_go_to_a_round_of_their_own() -> None:
    gateway = gateway_with()
    taken = await take_file(gateway.deps, "C1", upload())
    assert (taken.statement_no, taken.rows, taken.unreadable_rows) == ("B1", 2, 1)
    begin, page = (given for _, _, given in gateway.trade_core.asked)
    assert begin == BeginUpload(
        merchant_id="M1", payment_id="C1", channel="fake", day=DAY, sha256=taken.sha256
    )
    assert taken.sha256 == hashlib.sha256(b"odd").hexdigest()
    assert isinstance(page, StatementPage)
    assert (page.round, page.total_rows, page.rows[1].raw) == (4, 2, "?")


async def test_a_file_is_read_in_no_thread_of_the_loop() -> None:
    """Six people with files left no thread to the names of the channels' hosts."""
    begun, named = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(*_: object) -> list[StatementRow]:
        loop.call_soon_threadsafe(begun.set)
        assert asyncio.run_coroutine_threadsafe(named.wait(), loop).result(timeout=5)
        return [ROW]

    gateway = gateway_with(file=StatementFile(Words("文件", "a file"), slow))
    with ThreadPoolExecutor(1) as only:
        loop.set_default_executor(only)
        taking = asyncio.create_task(take_file(gateway.deps, "C1", upload()))
        await begun.wait()
        await asyncio.to_thread(loop.call_soon_threadsafe, named.set)
        assert (await taking).rows == 1


async def test_rows_of_other_days_are_left_out_and_counted() -> None:
    """A file of two days, brought for each, booked both days' fees twice."""
    gateway = gateway_with()
    taken = await take_file(gateway.deps, "C1", upload(b"two days"))
    assert (taken.rows, taken.rows_of_other_days) == (2, 2)
    page = gateway.trade_core.asked[-1][2]
    assert isinstance(page, StatementPage)
    assert [row.at for row in page.rows] == [None, NOW]


async def test_the_day_that_the_channel_states_counts_and_not_when_it_was_done() -> None:
    """What was done four seconds after midnight was in no file: its fee was never booked."""
    gateway = gateway_with()
    taken = await take_file(gateway.deps, "C1", upload(b"midnight"))
    assert (taken.rows, taken.rows_of_other_days) == (1, 1)
    page = gateway.trade_core.asked[-1][2]
    assert isinstance(page, StatementPage)
    assert [row.at for row in page.rows] == [AFTER.at]


@pytest.mark.parametrize(
    ("exact", "fees"),
    [
        (["0.3"] * 10, 3),
        (["0.6"] * 10, 6),
        (["0.5", "-0.5"], 0),
        (["7.794", "8.0", "0.206"], 16),
    ],
)
def test_fees_finer_than_money_are_rounded_once(exact: list[str], fees: int) -> None:
    """Row by row, ten of 0.3 fen were nothing and ten of 0.6 fen ten."""
    rows = [
        replace(ROW, channel_no=f"T{place}", exact_fee=Decimal(each))
        for place, each in enumerate(exact)
    ]
    assert sum(row.fee for row in with_whole_fees(rows)) == fees


def test_the_same_row_twice_has_the_same_fee_twice_and_strangers_round_by_themselves() -> None:
    ours = replace(ROW, payment_no=new_id("payment"), exact_fee=Decimal("0.5"))
    others = replace(ROW, exact_fee=Decimal("0.4"))
    rounded = with_whole_fees([others, ours, ours, replace(ours, channel_no="T2")])
    assert [row.fee for row in rounded] == [0, 1, 1, 0]


async def test_a_file_of_another_day_is_refused() -> None:
    gateway = gateway_with()
    with pytest.raises(InvalidRequest) as refused:
        await take_file(gateway.deps, "C1", upload(b"another day"))
    [fault] = refused.value.errors
    assert "另一天的：2026-11-21" in (fault.message_zh or "")
    assert "it is of 2026-11-21" in fault.message
    assert gateway.trade_core.asked == []


@pytest.mark.parametrize(("raw", "pages"), [(b"empty", 1), (b"large", 2)])
async def test_an_empty_file_is_one_page_and_a_large_one_several(raw: bytes, pages: int) -> None:
    gateway = gateway_with()
    await take_file(gateway.deps, "C1", upload(raw))
    assert len(gateway.trade_core.asked) == 1 + pages


async def test_of_the_same_file_again_no_row_is_sent() -> None:
    gateway = gateway_with(begin=lambda _: UploadRound(statement_no="B1", round=3, is_repeat=True))
    assert (await take_file(gateway.deps, "C1", upload())).is_repeat
    assert len(gateway.trade_core.asked) == 1


async def test_a_file_that_is_none_is_refused_in_both_languages_before_trade_core_hears() -> None:
    gateway = gateway_with()
    with pytest.raises(InvalidRequest) as refused:
        await take_file(gateway.deps, "C1", upload(b"PK"))
    [fault] = refused.value.errors
    assert (fault.pointer, fault.message) == ("/content", "No such file.")
    assert fault.message_zh == "不是这样的文件。"
    assert gateway.trade_core.asked == []


async def test_what_is_fetched_is_never_uploaded() -> None:
    gateway = gateway_with(file=None)
    with pytest.raises(InvalidRequest):
        await take_file(gateway.deps, "C1", upload())
    assert gateway.trade_core.asked == []


async def test_an_account_that_nobody_knows_has_no_statement() -> None:
    with pytest.raises(NotHere):
        await take_file(gateway_with().deps, "C9", upload())


async def test_what_another_file_overtook_is_not_said_to_be_taken() -> None:
    gateway = gateway_with(rows=lambda _: StatementReceipt(is_wanted=False))
    with pytest.raises(InvalidRequest):
        await take_file(gateway.deps, "C1", upload())


async def test_what_trade_core_did_not_take_is_not_said_to_be_taken() -> None:
    def away(_: object) -> StatementReceipt:
        raise Overloaded("trade-core does not answer")

    with pytest.raises(Overloaded):
        await take_file(gateway_with(rows=away).deps, "C1", upload())
