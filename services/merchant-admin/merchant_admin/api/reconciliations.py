"""`/api/reconciliations`, `/api/differences`: the channel statements beside our books."""

import base64
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from chassis.problems import FieldError
from contracts.api import Reason
from contracts.internal import (
    MAX_UPLOAD_BYTES,
    DifferenceView,
    ReconciliationOnFile,
    ReconciliationPage,
    ReconciliationState,
    ReconciliationView,
    UploadedStatement,
)
from contracts.moments import Day
from merchant_admin.api.access import CentreDecider, Decider, DepsOf, Operator, Viewer
from merchant_admin.api.bodies import Body, Version, body
from merchant_admin.api.ids import DifferenceNo, StatementNo
from merchant_admin.api.paging import DEFAULT_LIMIT, MAX_LIMIT
from merchant_admin.api.parameters import Text
from merchant_admin.domain.errors import Unusable
from merchant_admin.flows import reconciling
from merchant_admin.flows.reconciling import StatementFile

MAX_CONTENT_CHARS: Final = MAX_UPLOAD_BYTES * 4 // 3 + 4
MAX_FILE_BODY_BYTES: Final = MAX_CONTENT_CHARS + 4_096

router = APIRouter(prefix="/api")

FileName = Annotated[str, Field(max_length=127, pattern=r"^[^\x00-\x1f\x7f]*$")]
Cursor = Annotated[str, Field(min_length=1, max_length=256)]


class PageQuery(BaseModel):
    """`after` is the `next_cursor` of the page before."""

    model_config = ConfigDict(frozen=True)

    after: Cursor | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT

    def filters(self) -> dict[str, object]:
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class StatementQuery(PageQuery):
    """What is not given does not filter; both days are included."""

    merchant_id: Text | None = None
    payment_id: Text | None = None
    channel: Text | None = None
    state: ReconciliationState | None = None
    from_day: Annotated[Day | None, Field(alias="from")] = None
    to_day: Annotated[Day | None, Field(alias="to")] = None


class AskForBill(Body):
    """`day`: Beijing time, one of the last 90."""

    payment_id: Text
    day: Annotated[Day, Field(strict=False)]


class UploadFile(Body):
    """`content`: the file of the channel as it is, in base64, of at most 1,500,000
    bytes and 20,000 rows.
    `day`: Beijing time, one of the last 90. `file_name` stands in the audit."""

    payment_id: Text
    day: Annotated[Day, Field(strict=False)]
    content: Annotated[str, Field(min_length=1, max_length=MAX_CONTENT_CHARS)]
    file_name: FileName = ""

    def file(self) -> StatementFile:
        """Raises Unusable."""
        try:
            raw = base64.b64decode(self.content, validate=True)
        except ValueError as error:
            raise Unusable(FieldError("/content", "is not base64", "不是 base64")) from error
        return StatementFile(self.payment_id, self.day, raw, self.file_name)


class Settle(Body):
    """`version`: that of the difference as it was shown."""

    reason: Reason
    version: Version


@router.get("/reconciliations")
async def list_statements(
    deps: DepsOf, caller: Viewer, query: Annotated[StatementQuery, Query()]
) -> ReconciliationPage:
    """How each channel account's statement of a day compares with our books, latest day first."""
    return await reconciling.find(deps, caller.scope, query.filters())


@router.post("/reconciliations", status_code=202)
async def ask_for_bill(
    deps: DepsOf, caller: Operator, request: Annotated[AskForBill, Depends(body(AskForBill))]
) -> ReconciliationView:
    """Have the statement of one account and day fetched and compared, where that was never done."""
    return await reconciling.ask_for(
        deps, caller.actor, caller.scope, request.payment_id, request.day
    )


@router.post("/reconciliations/uploads", status_code=202)
async def upload_statement(
    deps: DepsOf,
    caller: Decider,
    request: Annotated[UploadFile, Depends(body(UploadFile, limit_bytes=MAX_FILE_BODY_BYTES))],
) -> UploadedStatement:
    """The statement of a day of a channel that has none to fetch: compared as one that was fetched.

    A newer file of the day takes the place of an older one, the same one again is harmless; rows
    that cannot be read become differences of their own."""
    return await reconciling.upload(deps, caller.actor, caller.scope, request.file())


@router.get("/reconciliations/{statement_no}")
async def read_statement(
    deps: DepsOf, caller: Viewer, statement_no: StatementNo, query: Annotated[PageQuery, Query()]
) -> ReconciliationOnFile:
    """With a page of its differences, the oldest first."""
    return await reconciling.read(deps, caller.scope, statement_no, query.filters())


@router.post("/reconciliations/{statement_no}/fetch", status_code=202)
async def fetch_again(
    deps: DepsOf, caller: Operator, statement_no: StatementNo
) -> ReconciliationView:
    """Have it fetched and compared again; differences that are gone are closed by that."""
    return await reconciling.fetch_again(deps, caller.actor, caller.scope, statement_no)


@router.post("/differences/{difference_no}/settle")
async def settle(
    deps: DepsOf,
    caller: CentreDecider,
    difference_no: DifferenceNo,
    request: Annotated[Settle, Depends(body(Settle))],
) -> DifferenceView:
    """Say why it may stay. A second time answers it as it is, with the first reason."""
    return await reconciling.settle(deps, caller.actor, difference_no, **dict(request))
