"""A Beijing day of a merchant's money: what is asked of trade-core, and the file for people."""

import csv
import io
from datetime import date
from typing import Any, Final

import pytest
from tests.unit.gateway.client import application, client_of
from tests.unit.gateway.harness import NOW, Harness, harness

from chassis.problems import FieldError, InvalidRequest
from contracts.api import DayStatement, StatementLine
from gateway.api.statement_file import COLUMNS

PATH: Final = "/internal/day-statements/2026-01-05"

LINE: Final = StatementLine(
    at=NOW,
    kind="refunded",
    amount=-1299,
    currency="CNY",
    channel="wechat",
    payment_id="C1",
    merchant_order_no="W1",
    payment_no="P1",
    channel_trade_no="4200",
    refund_no="R1",
    merchant_refund_no="T1",
    split_no=None,
    merchant_split_no=None,
)
STATEMENT: Final = DayStatement(
    date=date(2026, 1, 5),
    merchant_id="M1",
    currency="CNY",
    currencies=["CNY"],
    is_final=True,
    opening=2000,
    captured=0,
    refunded=1299,
    split=0,
    fees=0,
    closing=701,
    lines=[LINE],
    next_cursor=None,
)


def page(*lines: StatementLine, next_cursor: str | None = None) -> DayStatement:
    return STATEMENT.model_copy(update={"lines": list(lines), "next_cursor": next_cursor})


def here(answers: dict[str | None, DayStatement]) -> Harness:
    """trade-core answers each cursor with its page."""
    return harness(trade_core={("GET", PATH): lambda given: answers[given["after"]]})


async def file(made: Harness, accept: str = "text/csv") -> Any:
    async with client_of(application(made)) as http:
        return await http.get(
            "/v1/statements/2026-01-05?merchant_id=M1", headers={"Accept": accept}
        )


def cells(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:], newline="")))


async def test_a_statement_is_told_as_trade_core_has_it() -> None:
    made = here({"7": STATEMENT})
    async with client_of(application(made)) as http:
        answer = await http.get("/v1/statements/2026-01-05?merchant_id=M1&after=7&limit=3")
    assert answer.json() == STATEMENT.model_dump(mode="json")
    ((_, _, asked),) = made.trade_core.asked
    assert asked == {
        "app_id": "A1", "merchant_id": "M1", "currency": "CNY", "after": "7", "limit": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    "day", ["x", "2026-1-5", "2026-02-30", "20260105", "2026-01-05T00:00:00", "1767571200"]
)
async def test_what_is_no_day_is_refused_by_its_name(day: str) -> None:
    async with client_of(application(here({}))) as http:
        answer = await http.get(f"/v1/statements/{day}?merchant_id=M1")
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/date"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("colour=red", 422),
        ("merchant_id=M-other", 404),
        ("merchant_id=M1&currency=XXX", 422),
        ("merchant_id=M1&limit=101", 422),
        ("merchant_id=M1&limit=0", 422),
    ],
)
async def test_what_cannot_be_asked_is_refused(query: str, status: int) -> None:
    made = here({})
    async with client_of(application(made)) as http:
        answer = await http.get(f"/v1/statements/2026-01-05?{query}")
    assert (answer.status_code, made.trade_core.asked) == (status, [])


@pytest.mark.parametrize(
    ("accept", "is_file"),
    [
        ("text/csv", True),
        ("TEXT/CSV; charset=utf-8", True),
        ("text/csv, */*;q=0.1", True),
        ("application/json, text/csv", False),
        ("*/*", False),
        ("text/csv, */*", True),
        ("text/csv;q=0", False),
        ("text/csv;q=0, */*", False),
        ("text/csv;q=0.5, application/json;q=0.4", True),
        ("text/csv; charset=utf-8; q=0.4, application/json; Q=0.5", False),
        ("text/csv;q=0.1, */*", False),
        ("text/csv;q=much", False),
    ],
)
async def test_a_file_is_for_those_who_ask_for_one(accept: str, is_file: bool) -> None:
    answer = await file(here({None: STATEMENT}), accept)
    assert answer.headers["content-type"].startswith("text/csv") is is_file


async def test_a_file_has_all_lines_of_all_pages_under_one_header() -> None:
    second = LINE.model_copy(update={"amount": 5})
    made = here({None: page(LINE, next_cursor="9"), "9": page(second)})
    answer = await file(made)
    header, *lines = cells(answer.text)
    assert header == list(COLUMNS)
    assert [line[:4] for line in lines] == [
        ["2026-11-22 12:00:00", "refunded", "-12.99", "CNY"],
        ["2026-11-22 12:00:00", "refunded", "0.05", "CNY"],
    ]
    assert lines[0][4:] == ["wechat", "C1", "W1", "P1", "4200", "R1", "T1", "", ""]
    assert [asked["limit"] for _, _, asked in made.trade_core.asked] == [1000, 1000]
    assert "statement-M1-2026-01-05-CNY.csv" in answer.headers["content-disposition"]


@pytest.mark.parametrize(
    "text", [f"{start}1+1" for start in "=+-@＝＋－＠\t\r\n"] + ['=HYPERLINK("x","y")']
)
async def test_no_text_of_an_app_is_a_formula(text: str) -> None:
    line = LINE.model_copy(update={"merchant_order_no": text})
    _, only = cells((await file(here({None: page(line)}))).text)
    assert only[6] == f"'{text}"


async def test_an_empty_day_is_a_file_with_a_header() -> None:
    assert len(cells((await file(here({None: page()}))).text)) == 1


async def test_what_is_wrong_is_a_problem_and_not_a_file() -> None:
    def refuse(_: Any) -> DayStatement:
        raise InvalidRequest("The day is to come.", errors=[FieldError("/date", "is to come")])

    answer = await file(harness(trade_core={("GET", PATH): refuse}))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/date")


@pytest.mark.parametrize("reads_on", [True, False])
async def test_a_file_is_in_flight_until_it_is_sent_or_nobody_reads_on(reads_on: bool) -> None:
    free: list[int] = []

    def answer(given: dict[str, Any]) -> DayStatement:
        free.append(app.state.admission.gate._free)
        return page(LINE, next_cursor=None if given["after"] else "2")

    app = application(harness(trade_core={("GET", PATH): answer}), in_flight=4)

    async def hung_up(scope: Any, receive: Any, send: Any) -> None:
        async def send_some(message: Any) -> None:
            if message["type"] == "http.response.body" and len(free) == 2:
                raise OSError("nobody reads on")
            await send(message)

        await app(scope, receive, send if reads_on else send_some)

    async with client_of(hung_up) as http:
        path = "/v1/statements/2026-01-05?merchant_id=M1"
        await http.get(path, headers={"Accept": "text/csv"})
    assert free == [3, 3]
    assert app.state.admission.gate._free == 4
