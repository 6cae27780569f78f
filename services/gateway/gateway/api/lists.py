"""GET /v1/payments, /v1/orders, /v1/refunds and /v1/splits: for apps that catch up."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from chassis.web import answer
from contracts.api import (
    OrderPage,
    OrderStatus,
    PaymentPage,
    PaymentStatus,
    RefundPage,
    RefundStatus,
    RefundView,
    SplitPage,
    SplitStatus,
    SplitView,
)
from contracts.codes import Code
from contracts.internal import MAX_ITEMS, ListQuery
from contracts.moments import Moment
from contracts.text import storable
from gateway.api.openapi import problems
from gateway.api.signed_calls import AppRoute, CallerOf, DepsOf
from gateway.channels.registry import PLUGINS
from gateway.flows import lists, refunds, splits

router = APIRouter(prefix="/v1", route_class=AppRoute)

PROBLEMS: Final = problems(Code.NOT_FOUND, Code.INVALID_REQUEST)

EMPTY_IS_ABSENT: Final = BeforeValidator(lambda text: None if text == "" else text)
"""`?status=` filters by nothing."""


Text = Annotated[
    Annotated[str, Field(max_length=128), AfterValidator(storable)] | None, EMPTY_IS_ABSENT
]
"""Only a text has a length: what is absent is not measured."""

CHANNELS: Final = (*PLUGINS, "sandbox")
"""Also one that nobody has an account at: nothing was paid there."""


def _known(channel: str) -> str:
    if channel not in CHANNELS:
        raise ValueError(f"is none of {', '.join(CHANNELS)}")
    return channel


Channel = Annotated[Annotated[str, AfterValidator(_known)] | None, EMPTY_IS_ABSENT]

AnyMoment = Annotated[Moment | None, EMPTY_IS_ABSENT]


class Filters(BaseModel):
    """All that is given must fit."""

    model_config = ConfigDict(frozen=True)

    merchant_id: Annotated[
        Text, Field(description="Of this merchant; absent: of all that are the app's")
    ] = None
    channel: Annotated[Channel, Field(description="Paid at this channel, e.g. `wechat`")] = None
    merchant_order_no: Annotated[Text, Field(description="Your number of the order")] = None
    payment_no: Annotated[Text, Field(description="Our number of the payment, `P…`")] = None
    channel_trade_no: Annotated[Text, Field(description="The channel's number of the payment")] = (
        None
    )
    created_from: Annotated[AnyMoment, Field(description="RFC 3339 with offset, included")] = None
    created_to: Annotated[AnyMoment, Field(description="RFC 3339 with offset, not included")] = None
    paid_from: Annotated[AnyMoment, Field(description="Paid from here on, included")] = None
    paid_to: Annotated[AnyMoment, Field(description="Paid before, not included")] = None
    after: Annotated[
        Annotated[str, Field(max_length=256)] | None,
        EMPTY_IS_ABSENT,
        Field(description="`next_cursor` of the page before"),
    ] = None
    limit: Annotated[int, Field(ge=1, le=MAX_ITEMS, description="Items a page")] = 50
    order: Annotated[Literal["asc", "desc"], Field(description="Oldest first, or newest first")] = (
        "desc"
    )

    def query(self, caller: CallerOf, **more: str | None) -> ListQuery:
        """Of this app's merchants alone; raises NotHere for another's."""
        given = self.model_dump(exclude={"merchant_id", "merchant_refund_no", "merchant_split_no"})
        return lists.query_of(caller.app, self.merchant_id, **given, **more)


STATUS: Final = Field(description="In this state now")


class PaymentFilters(Filters):
    status: Annotated[PaymentStatus | None, EMPTY_IS_ABSENT, STATUS] = None


class OrderFilters(Filters):
    """Of an order's payments, one must fit `channel`, `payment_no`, `channel_trade_no` …"""

    status: Annotated[OrderStatus | None, EMPTY_IS_ABSENT, STATUS] = None


class RefundFilters(Filters):
    status: Annotated[RefundStatus | None, EMPTY_IS_ABSENT, STATUS] = None
    merchant_refund_no: Annotated[Text, Field(description="Your number of the refund")] = None


class SplitFilters(Filters):
    status: Annotated[SplitStatus | None, EMPTY_IS_ABSENT, STATUS] = None
    merchant_split_no: Annotated[Text, Field(description="Your number of the split")] = None


@router.get("/payments", tags=["payments"], response_model=PaymentPage, responses=PROBLEMS)
async def list_payments(
    filters: Annotated[PaymentFilters, Query()], caller: CallerOf, deps: DepsOf
) -> Response:
    """Your payments in the order in which they were made."""
    return answer(await lists.list_payments(deps, filters.query(caller)))


@router.get("/orders", tags=["orders"], response_model=OrderPage, responses=PROBLEMS)
async def list_orders(
    filters: Annotated[OrderFilters, Query()], caller: CallerOf, deps: DepsOf
) -> Response:
    """Your orders, each with its payments and refunds."""
    return answer(await lists.list_orders(deps, filters.query(caller)))


@router.get(
    "/refunds", tags=["refunds"], response_model=RefundPage | RefundView, responses=PROBLEMS
)
async def list_refunds(
    filters: Annotated[RefundFilters, Query()], caller: CallerOf, deps: DepsOf
) -> Response:
    """Your refunds in the order in which they were made. `merchant_id` with `merchant_refund_no`
    names one: then the answer is that refund, or 404."""
    own = filters.merchant_refund_no
    if filters.merchant_id is not None and own is not None:
        return answer(await refunds.get_by_app_number(deps, caller.app, filters.merchant_id, own))
    return answer(await lists.list_refunds(deps, filters.query(caller, number=own)))


@router.get("/splits", tags=["splits"], response_model=SplitPage | SplitView, responses=PROBLEMS)
async def list_splits(
    filters: Annotated[SplitFilters, Query()], caller: CallerOf, deps: DepsOf
) -> Response:
    """Your splits in the order in which they were made. `merchant_id` with `merchant_split_no`
    names one: then the answer is that split, or 404."""
    own = filters.merchant_split_no
    if filters.merchant_id is not None and own is not None:
        return answer(await splits.get_by_app_number(deps, caller.app, filters.merchant_id, own))
    return answer(await lists.list_splits(deps, filters.query(caller, number=own)))
