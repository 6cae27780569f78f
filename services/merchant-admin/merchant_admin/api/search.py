"""`/api/orders`, `/api/payments`, `/api/refunds`: search, read one, refund."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from chassis.problems import FieldError, InvalidRequest
from contracts.api import OrderStatus, PaymentStatus, RefundStatus, RefundView
from contracts.moments import Moment
from merchant_admin.api.access import DepsOf, Refunder, Viewer
from merchant_admin.api.approvals import WAITS
from merchant_admin.api.bodies import RequestRefund, body
from merchant_admin.api.found_views import (
    OrderItem,
    PaymentInFullView,
    PaymentItem,
    RefundInFullView,
    RefundItem,
)
from merchant_admin.api.ids import OrderId, PaymentNo, RefundNo
from merchant_admin.api.paging import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    Page,
    page_of,
    place_of,
    position_after,
)
from merchant_admin.api.parameters import Text
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.search import Refunded, Search
from merchant_admin.flows import decisions, refunds, searching

router = APIRouter(prefix="/api")

NOT_SOUGHT: Final = {"after", "limit", "format"}
"""What says how the answer comes."""

ALIASES: Final = {"state": "status", "created_before": "created_to"}


class SearchQuery(BaseModel):
    """All that is given must fit. `number` is any number at all: ours, the app's, the channel's.
    `created_from` is included, `created_before` is not. As in the lists for apps, `created_to` may
    stand for `created_before`, and `status` for `state`."""

    model_config = ConfigDict(frozen=True)

    number: Text | None = None
    merchant_order_no: Text | None = None
    payment_no: Text | None = None
    channel_trade_no: Text | None = None
    merchant_refund_no: Text | None = None
    refund_no: Text | None = None
    channel_refund_no: Text | None = None
    merchant_id: Text | None = None
    app_id: Text | None = None
    channel: Text | None = None
    created_from: Moment | None = None
    created_before: Moment | None = None
    created_to: Moment | None = None
    after: Annotated[str, Field(max_length=256)] | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT

    def search(self, scope: Scope) -> Search:
        """With one more than the page holds, to see whether there is a next one. Raises
        InvalidRequest."""
        given = self.model_dump(exclude=NOT_SOUGHT)
        for name, alias in ALIASES.items():
            also = given.pop(alias)
            if given[name] is None:
                given[name] = also
            elif also not in (None, given[name]):
                fault = FieldError(f"/{alias}", f"query: is another than {name}")
                raise InvalidRequest("The request is not valid.", errors=[fault])
        return Search(scope, **given, after=position_after(self.after), limit=self.limit + 1)


class OrderQuery(SearchQuery):
    """`refunded`: of which that much went back."""

    refunded: Refunded | None = None
    state: OrderStatus | None = None
    status: OrderStatus | None = None


class PaymentQuery(SearchQuery):
    """`code_id`: of the counter code at which they began. `stranded`: only those whose money was to
    go back by itself and is not on its way, because its refund failed. `refunded`: of which
    that much went back."""

    code_id: Text | None = None
    stranded: bool | None = None
    refunded: Refunded | None = None
    state: PaymentStatus | None = None
    status: PaymentStatus | None = None


class RefundQuery(SearchQuery):
    state: RefundStatus | None = None
    status: RefundStatus | None = None


@router.get("/orders")
async def list_orders(
    deps: DepsOf, caller: Viewer, query: Annotated[OrderQuery, Query()]
) -> Page[OrderItem]:
    found = await searching.list_orders(deps, query.search(caller.scope))
    return page_of(
        found, query.limit, view=OrderItem.of, place=lambda item: place_of(item.position)
    )


@router.get("/orders/{order_id}")
async def read_order(deps: DepsOf, caller: Viewer, order_id: OrderId) -> OrderItem:
    return OrderItem.of(await searching.read_order(deps, order_id, caller.scope))


@router.get("/payments")
async def list_payments(
    deps: DepsOf, caller: Viewer, query: Annotated[PaymentQuery, Query()]
) -> Page[PaymentItem]:
    found = await searching.list_payments(deps, query.search(caller.scope))
    return page_of(
        found, query.limit, view=PaymentItem.of, place=lambda item: place_of(item.position)
    )


@router.get("/payments/{payment_no}")
async def read_payment(deps: DepsOf, caller: Viewer, payment_no: PaymentNo) -> PaymentInFullView:
    """With its order and its refunds."""
    return PaymentInFullView.full(await searching.read_payment(deps, payment_no, caller.scope))


@router.post("/payments/{payment_no}/refunds", status_code=201, responses=WAITS)
async def request_refund(
    deps: DepsOf,
    caller: Refunder,
    response: Response,
    payment_no: PaymentNo,
    requested: Annotated[RequestRefund, Depends(body(RequestRefund))],
) -> RefundView:
    """201 for a new refund; 200 with `Idempotent-Replayed: true` where `merchant_refund_no` names
    one that was asked for before."""
    opened = await refunds.request(
        deps,
        caller.actor,
        caller.scope,
        payment_no,
        amount=requested.amount,
        merchant_refund_no=requested.merchant_refund_no,
        reason=requested.reason,
        is_proved=caller.is_fresh(deps.clock()),
    )
    if not opened.created:
        response.status_code = 200
        response.headers["Idempotent-Replayed"] = "true"
    return opened.refund


@router.get("/refunds")
async def list_refunds(
    deps: DepsOf, caller: Viewer, query: Annotated[RefundQuery, Query()]
) -> Page[RefundItem]:
    found = await searching.list_refunds(deps, query.search(caller.scope))
    return page_of(
        found, query.limit, view=RefundItem.of, place=lambda item: place_of(item.position)
    )


@router.get("/refunds/{refund_no}")
async def read_refund(deps: DepsOf, caller: Viewer, refund_no: RefundNo) -> RefundInFullView:
    """With the `version` that a decision about it names."""
    found = await searching.read_refund(deps, refund_no, caller.scope)
    return RefundInFullView.full(
        found, await decisions.find_refund_on_file(deps, refund_no, caller.scope)
    )
