"""`/api/splits`: search, read one."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from contracts.api import SplitStatus
from contracts.moments import Moment
from merchant_admin.api.access import DepsOf, Viewer
from merchant_admin.api.found_views import SplitItem
from merchant_admin.api.ids import SplitNo
from merchant_admin.api.paging import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    Page,
    page_of,
    place_of,
    position_after,
)
from merchant_admin.api.parameters import Text
from merchant_admin.api.search import NOT_SOUGHT
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.search import SplitSearch
from merchant_admin.flows import searching

router = APIRouter(prefix="/api")


class SplitQuery(BaseModel):
    """All that is given must fit. `created_from` is included, `created_before` is not."""

    model_config = ConfigDict(frozen=True)

    split_no: Text | None = None
    payment_no: Text | None = None
    merchant_split_no: Text | None = None
    merchant_id: Text | None = None
    app_id: Text | None = None
    channel: Text | None = None
    state: SplitStatus | None = None
    created_from: Moment | None = None
    created_before: Moment | None = None
    after: Annotated[str, Field(max_length=256)] | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT

    def search(self, scope: Scope) -> SplitSearch:
        """With one more than the page holds, to see whether there is a next one."""
        given = self.model_dump(exclude=NOT_SOUGHT)
        return SplitSearch(scope, **given, after=position_after(self.after), limit=self.limit + 1)


@router.get("/splits")
async def list_splits(
    deps: DepsOf, caller: Viewer, query: Annotated[SplitQuery, Query()]
) -> Page[SplitItem]:
    found = await searching.list_splits(deps, query.search(caller.scope))
    return page_of(
        found, query.limit, view=SplitItem.of, place=lambda item: place_of(item.position)
    )


@router.get("/splits/{split_no}")
async def read_split(deps: DepsOf, caller: Viewer, split_no: SplitNo) -> SplitItem:
    return SplitItem.of(await searching.read_split(deps, split_no, caller.scope))
