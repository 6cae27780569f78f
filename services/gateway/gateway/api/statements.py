"""GET /v1/statements/{date}: a Beijing day of a merchant's money, as JSON or as a CSV file."""

import contextlib
import re
from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import StreamingResponse

from chassis.problems import FieldError, InvalidRequest
from chassis.web import answer, weights_of
from contracts.api import Currency, DayStatement, StatementLine
from contracts.codes import Code
from contracts.internal import MAX_ITEMS
from gateway.api.lists import EMPTY_IS_ABSENT
from gateway.api.openapi import problems
from gateway.api.signed_calls import AppRoute, CallerOf, DepsOf
from gateway.api.statement_file import HEADER, rows
from gateway.flows.access import require_merchant
from gateway.flows.day_statements import DayQuery, all_lines, get_day_statement

router = APIRouter(prefix="/v1", route_class=AppRoute, tags=["statements"])

CSV: Final = "text/csv"
JSON: Final = "application/json"

FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {
            CSV: {
                "schema": {"type": "string"},
                "example": HEADER.removeprefix("\ufeff"),
            }
        }
    }
}


@router.get(
    "/statements/{date}",
    response_model=DayStatement,
    responses={**FILE, **problems(Code.NOT_FOUND, Code.INVALID_REQUEST)},
)
async def get_statement(
    day: Annotated[
        str, Path(alias="date", description="A day in Beijing that has begun, `YYYY-MM-DD`")
    ],
    merchant_id: Annotated[str, Query(description="One of your merchants")],
    caller: CallerOf,
    deps: DepsOf,
    currency: Annotated[Currency, Query(description="ISO 4217; one statement each")] = "CNY",
    after: Annotated[
        Annotated[str, Query(max_length=256)] | None,
        EMPTY_IS_ABSENT,
        Query(description="`next_cursor` of the page before; for JSON"),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_ITEMS, description="Lines a page; for JSON")] = 50,
    accept: Annotated[str, Header(description="`text/csv` for a file of all lines")] = "",
) -> Response:
    """What your orders moved of the merchant's money within a Beijing day [00:00, 24:00), by the
    time at which it was booked in the ledger: `opening + captured - refunded - split - fees =
    closing`, always, and the opening is the closing of the day before.

    A day that can still change is answered as of now with `is_final: false`; it is final a quarter
    of an hour after it ended. Money counts as refunded or split when it has arrived, not when that
    was asked for. Fees are those of your payments in the channel statements that were compared on
    that day, so mostly of payments of the day before; they lag, and are never guessed.

    With `Accept: text/csv` all lines come as a file: UTF-8 with BOM, times in Beijing, amounts as
    signed decimal numbers of the currency (yuan, not fen) in `amount_decimal`. Text which a
    spreadsheet would take for a formula has an apostrophe before it.
    """
    require_merchant(caller.app, merchant_id)
    query = DayQuery(caller.app.app_id, merchant_id, currency, _day(day))
    if not _wants_file(accept):
        return answer(await get_day_statement(deps, query, after=after, limit=limit))
    pages = all_lines(deps, query)
    first = await anext(pages)  # What is wrong is a problem, not a broken file.
    name = f"statement-{merchant_id}-{query.day.isoformat()}-{currency}.csv"
    return StreamingResponse(
        _file(first, pages),
        media_type=f"{CSV}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _file(
    first: list[StatementLine], others: AsyncIterator[list[StatementLine]]
) -> AsyncIterator[str]:
    yield HEADER + rows(first)
    async for lines in others:
        yield rows(lines)


def _day(text: str) -> date:
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        with contextlib.suppress(ValueError):
            return date.fromisoformat(text)
    fault = FieldError("/date", "is not a day as YYYY-MM-DD")
    raise InvalidRequest("The date is not a day.", errors=[fault])


def _wants_file(accept: str) -> bool:
    """Whoever takes both as gladly gets JSON, unless only CSV is named."""
    weights = weights_of(accept)
    csv = weights.get(CSV, 0.0)
    json = next((weights[each] for each in (JSON, "application/*", "*/*") if each in weights), 0.0)
    return csv > json or (csv == json > 0 and JSON not in weights)
