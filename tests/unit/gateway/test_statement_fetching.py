"""Channel statements: fetched when trade-core asks, and handed to it page by page."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.gateway.harness import (
    NOW,
    HangingTransport,
    Harness,
    Step,
    fake_plugin,
    harness,
    reply,
)

from chassis.problems import Overloaded
from contracts.events.commands import SOURCE, AnyCommandRecord, FetchStatement
from contracts.internal import MAX_PAGE_ROWS, NoStatement, StatementPage, StatementReceipt
from contracts.money import Money
from contracts.words import Words
from gateway.calling.transport import Broken
from gateway.channels.meanings import unlisted_code
from gateway.channels.plugin import (
    Answer,
    Call,
    Outcome,
    Pending,
    Reply,
    Request,
    StatementFile,
    StatementPlace,
    StatementRequest,
    StatementRow,
    Statements,
    Unverifiable,
)
from gateway.channels.plugin import statements as pieces
from gateway.consumers import MAX_STATEMENTS_RUNNING, Commands
from gateway.directory import ChannelAccount
from gateway.flows import command as flow

ROW = StatementRow("payment", "P1", "", "T1", Money(1299, "CNY"), NOW, fee=8)
ROWS, NONE = "/internal/statements/B1/rows", "/internal/statements/B1/none"


def place(answer: Answer, requested: StatementRequest, account: str) -> StatementPlace | Outcome:
    match answer.content:
        case {"at": str(url)}:
            return StatementPlace(url)
        case {"empty": True}:
            return Pending(found=False)
        case _:
            return unlisted_code("NEW", "?")


def read(
    reply: Reply, at: StatementPlace, requested: StatementRequest, account: str
) -> list[StatementRow]:
    match reply.body:
        case b"bill":
            return [ROW]
        case b"large":
            return [ROW] * (2 * MAX_PAGE_ROWS + 1)
        case b"other":
            raise Unverifiable("the statement is not the one that was announced")
        case _:
            raise KeyError("no such column")


def download(at: StatementPlace, account: str, moment: object) -> Request:
    return Request("GET", at.url, {}, b"")


STATEMENTS: Statements[str] = Statements(
    frozenset({"trade"}),
    lambda requested, _: Call("GET", f"/bill/{requested.day}"),
    place,
    download,
    read,
)


def wanted(_: object) -> StatementReceipt:
    return StatementReceipt(is_wanted=True)


def fetching(
    *steps: Step,
    receives: Callable[[Any], StatementReceipt] = wanted,
    transport: HangingTransport | None = None,
    **plugin: Any,
) -> Harness:
    answers = {("POST", ROWS): receives, ("POST", NONE): wanted}
    gateway = harness(*steps, transport=transport, trade_core=answers)
    changed = fake_plugin(**{"statements": STATEMENTS, **plugin})
    gateway.directory.put(ChannelAccount("C1", "M1", True, changed, "key"))
    return gateway


def command(**changes: Any) -> FetchStatement:
    usual = FetchStatement(
        statement_no="B1",
        round=3,
        payment_id="C1",
        merchant_id="M1",
        channel="fake",
        day=date(2026, 1, 31),
        lease_until=datetime(2026, 11, 22, 5, tzinfo=UTC),
    )
    return usual.model_copy(update=changes)


async def delivered(gateway: Harness, **changes: Any) -> list[Any]:
    """What trade-core was handed."""
    await flow.fetch_statement(gateway.deps, command(**changes))
    return [given for _, _, given in gateway.trade_core.asked]


FOUND = reply({"at": "https://files.example/1"})


async def test_a_statement_is_found_downloaded_and_handed_over() -> None:
    gateway = fetching(FOUND, Reply(200, {}, b"bill"))
    [page] = await delivered(gateway)
    assert isinstance(page, StatementPage)
    assert (page.round, page.first_row, page.total_rows) == (3, 0, 1)
    [row] = page.rows
    assert (row.kind, row.payment_no, row.amount, row.fee) == ("payment", "P1", 1299, 8)
    urls = [request.url for request in gateway.transport.sent]
    assert urls == ["https://fake.example/bill/2026-01-31", "https://files.example/1"]


@pytest.mark.parametrize("in_answer", [False, True])
async def test_a_file_is_read_beside_the_loop_and_its_own_threads(in_answer: bool) -> None:
    """A statement of 100,000 rows stopped payments for seconds; and six of them at once left no
    thread to the names of hosts."""
    begun, named = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(*_: object) -> Any:
        loop.call_soon_threadsafe(begun.set)
        waited = asyncio.run_coroutine_threadsafe(named.wait(), loop)
        assert waited.result(timeout=5)
        row = replace(ROW, fee=0, exact_fee=Decimal("0.6"))
        return pieces.Statement((row, replace(row, channel_no="T2"))) if in_answer else [row]

    answering, filing = replace(STATEMENTS, place=slow), replace(STATEMENTS, read=slow)
    gateway = fetching(
        FOUND, Reply(200, {}, b"bill"), statements=answering if in_answer else filing
    )
    with ThreadPoolExecutor(1) as only:
        loop.set_default_executor(only)
        reading = asyncio.create_task(delivered(gateway))
        await begun.wait()
        await asyncio.to_thread(loop.call_soon_threadsafe, named.set)
        [page] = await reading
    assert [row.fee for row in page.rows] == ([1, 0] if in_answer else [1])


async def test_a_statement_that_is_told_piece_by_piece_is_put_together() -> None:
    def piece(answer: Answer, requested: StatementRequest, account: str) -> Any:
        after = str(answer.content["after"])
        return pieces.StatementPage((ROW,), after) if after else pieces.Statement((ROW, ROW))

    shown: Statements[str] = Statements(
        frozenset({"trade"}), lambda requested, _: Call("GET", f"/bill/{requested.after}"), piece
    )
    gateway = fetching(
        reply({"after": "a"}), reply({"after": "b"}), reply({"after": ""}), statements=shown
    )
    [page] = await delivered(gateway)
    assert page.total_rows == 4
    asked = [request.url.rpartition("/")[2] for request in gateway.transport.sent]
    assert asked == ["", "a", "b"]


async def test_a_large_statement_goes_in_pages_that_say_where_they_belong() -> None:
    pages = await delivered(fetching(FOUND, Reply(200, {}, b"large")))
    places = [(page.first_row, len(page.rows), page.total_rows) for page in pages]
    total = 2 * MAX_PAGE_ROWS + 1
    assert places == [
        (0, MAX_PAGE_ROWS, total),
        (MAX_PAGE_ROWS, MAX_PAGE_ROWS, total),
        (2 * MAX_PAGE_ROWS, 1, total),
    ]


async def test_a_round_that_is_over_is_not_sent_to_its_end() -> None:
    over = StatementReceipt(is_wanted=False)
    gateway = fetching(FOUND, Reply(200, {}, b"large"), receives=lambda _: over)
    assert len(await delivered(gateway)) == 1


async def test_a_day_without_movements_is_an_empty_page() -> None:
    [page] = await delivered(fetching(reply({"empty": True})))
    assert (page.total_rows, page.rows) == (0, [])


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([Broken("reset")], "no_answer"),
        ([FOUND, Broken("reset")], "no_answer"),
        ([FOUND, Reply(200, {}, b"other")], "unverifiable"),
        ([FOUND, Reply(200, {}, b"broken")], "unreadable"),
        ([reply({"strange": 1})], "NEW"),
    ],
)
async def test_what_is_no_statement_is_told_and_may_be_asked_for_again(
    steps: list[Step], code: str
) -> None:
    [none] = await delivered(fetching(*steps))
    assert isinstance(none, NoStatement)
    assert (none.round, none.code, none.is_final) == (3, code, False)


async def test_an_unlisted_code_about_a_statement_is_told_to_people() -> None:
    gateway = fetching(reply({"strange": 1}))
    await delivered(gateway)
    assert gateway.deps.alerts._waiting.get_nowait().key == "channel:unlisted-code:fake:bill:NEW"


async def test_a_channel_without_statements_is_not_asked_and_need_not_be_again() -> None:
    gateway = fetching(FOUND, statements=None)
    [none] = await delivered(gateway)
    assert (none.code, none.is_final) == ("no_bill", True)
    assert gateway.transport.sent == []


@pytest.mark.parametrize("changes", [{"payment_id": "C9"}, {"channel": "other"}])
async def test_a_statement_of_an_unknown_account_is_left_alone(changes: dict[str, str]) -> None:
    gateway = fetching(FOUND)
    assert await delivered(gateway, **changes) == []
    assert gateway.transport.sent == []


async def test_a_statement_whose_lease_is_over_is_left_alone() -> None:
    gateway = fetching(FOUND)
    assert await delivered(gateway, lease_until=NOW) == []
    assert gateway.transport.sent == []


async def test_trade_core_away_is_no_error_of_the_command() -> None:
    def away(_: object) -> StatementReceipt:
        raise Overloaded("away")

    gateway = fetching(FOUND, Reply(200, {}, b"large"), receives=away)
    assert len(await delivered(gateway)) == 1


async def test_statements_have_places_of_their_own_and_what_exceeds_them_is_dropped() -> None:
    transport = HangingTransport(reply({"empty": True}))
    gateway = fetching(transport=transport)
    commands = Commands(gateway.deps)
    await commands.start([event(command())] * (MAX_STATEMENTS_RUNNING + 3))
    transport.released.set()
    await gateway.deps.unbroken.drain()
    assert len(gateway.trade_core.asked) == MAX_STATEMENTS_RUNNING
    await commands.start([event(command())])
    await gateway.deps.unbroken.drain()
    assert len(gateway.trade_core.asked) == MAX_STATEMENTS_RUNNING + 1


def event(fetch: FetchStatement) -> AnyCommandRecord:
    return AnyCommandRecord(
        id="E1", source=SOURCE, type=fetch.command, subject="B1", time=NOW, data=fetch
    )


async def test_what_people_bring_is_not_asked_of_the_channel_and_not_final() -> None:
    file: StatementFile[str] = StatementFile(Words("文件", "a file"), lambda *_: [])
    [none] = await delivered(fetching(statements=None, statement_file=file))
    assert isinstance(none, NoStatement)
    assert (none.is_uploaded, none.is_final, none.code) == (True, False, "to_upload")
