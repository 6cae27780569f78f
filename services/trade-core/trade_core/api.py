"""Internal HTTP (`contracts.internal`): HTTP in, flow, HTTP out."""

from datetime import date, timedelta
from typing import Annotated, Final, cast

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from chassis.web import CalledBy, DirectRoute, read_message, refuse_nul
from contracts.api import (
    DayStatement,
    EventPage,
    OrderPage,
    OrderView,
    PaymentPage,
    RefundPage,
    RefundView,
    SplitPage,
    SplitView,
)
from contracts.internal import (
    MAX_RESULTS_BYTES,
    AskForStatement,
    CheckoutOnFile,
    ChooseChannel,
    ChosenChannel,
    CloseOrderFor,
    DeadLetterPage,
    DeadLetterView,
    DecidePayment,
    DecideRefund,
    DifferenceView,
    FindSerials,
    LedgerBalances,
    LedgerEntries,
    LinkOnFile,
    ListQuery,
    NoStatement,
    OpenedLink,
    OpenedPayment,
    OpenedRefund,
    OpenedSplit,
    OpenLink,
    OpenPayment,
    OpenRefund,
    OpenSplit,
    PayAtLink,
    PaymentOnFile,
    ReconciliationOnFile,
    ReconciliationPage,
    ReconciliationState,
    ReconciliationView,
    RefundOnFile,
    ReplayDeadLetter,
    ResultsReceipt,
    SerialList,
    SettleDifference,
    StatementPage,
    StatementReceipt,
    TakeResults,
)
from trade_core.domain import views
from trade_core.domain.opening import Choice, PaymentRequest
from trade_core.domain.order import OrderKey
from trade_core.flows import (
    choose_channel,
    close_order,
    dead_letters,
    decide,
    find_serials,
    list_records,
    open_payment,
    open_refund,
    open_split,
    payment_links,
    read,
    read_day_statement,
    read_ledger,
    read_reconciliation,
    receive_statement,
    take_results,
)
from trade_core.flows.deps import Deps
from trade_core.flows.read_day_statement import MAX_LINES
from trade_core.store.day_statements import Holder
from trade_core.store.reconciliations import Wanted


async def _deps(request: Request) -> Deps:
    return cast(Deps, request.app.state.deps)


DepsOfApp = Annotated[Deps, Depends(_deps)]
MAX_WISH_BYTES: Final = 131_072
"""An app's request has at most half of it; the gateway writes it anew."""

Limit = Annotated[int, Query(ge=1, le=100)]
LetterId = Annotated[int, Field(ge=1, lt=2**63)]

BY_GATEWAY: Final = [Depends(CalledBy("gateway"))]
BY_ADMIN: Final = [Depends(CalledBy("merchant-admin"))]
BY_BOTH: Final = [Depends(CalledBy("gateway", "merchant-admin"))]


def router() -> APIRouter:
    """Each route names those of our services that may call it."""
    routes = APIRouter(prefix="/internal", dependencies=[Depends(refuse_nul)])
    routes.add_api_route(
        "/payments",
        post_payment,
        methods=["POST"],
        dependencies=BY_GATEWAY,
        route_class_override=DirectRoute,
    )
    routes.get("/payments/{payment_no}", dependencies=BY_BOTH)(get_payment)
    routes.get("/payments/{payment_no}/checkout", dependencies=BY_GATEWAY)(get_checkout)
    routes.post("/payments/{payment_no}/channel", dependencies=BY_GATEWAY)(post_channel)
    routes.post("/payments/{payment_no}/decision", dependencies=BY_ADMIN)(post_payment_decision)
    routes.get("/orders/{merchant_order_no}", dependencies=BY_BOTH)(get_order)
    routes.post("/orders/{merchant_order_no}/close", dependencies=BY_GATEWAY)(post_close)
    routes.post("/refunds", dependencies=BY_BOTH)(post_refund)
    routes.get("/refunds/{refund_no}", dependencies=BY_BOTH)(get_refund)
    routes.get("/refunds", dependencies=BY_GATEWAY)(get_refund_by_number)
    routes.post("/refunds/{refund_no}/decision", dependencies=BY_ADMIN)(post_refund_decision)
    routes.post("/splits", dependencies=BY_GATEWAY)(post_split)
    routes.get("/splits/{split_no}", dependencies=BY_GATEWAY)(get_split)
    routes.get("/splits", dependencies=BY_GATEWAY)(get_split_by_number)
    routes.post("/payment-links", dependencies=BY_GATEWAY)(post_link)
    routes.get("/payment-links/{link_id}", dependencies=BY_GATEWAY)(get_link)
    routes.post("/payment-links/{link_id}/disable", dependencies=BY_GATEWAY)(post_disable_link)
    routes.post("/payment-links/{link_id}/payments", dependencies=BY_GATEWAY)(post_at_link)
    routes.get("/events", dependencies=BY_GATEWAY)(list_events)
    routes.post("/results", dependencies=BY_GATEWAY)(post_results)
    routes.post("/serials", dependencies=BY_GATEWAY)(post_serials)
    routes.post("/lists/payments", dependencies=BY_GATEWAY)(list_payments)
    routes.post("/lists/orders", dependencies=BY_GATEWAY)(list_orders)
    routes.post("/lists/refunds", dependencies=BY_GATEWAY)(list_refunds)
    routes.post("/lists/splits", dependencies=BY_GATEWAY)(list_splits)
    routes.get("/day-statements/{day}", dependencies=BY_GATEWAY)(get_day_statement)
    routes.get("/ledger/balances", dependencies=BY_ADMIN)(list_balances)
    routes.get("/ledger/entries", dependencies=BY_ADMIN)(list_entries)
    routes.get("/dead-letters", dependencies=BY_ADMIN)(list_dead_letters)
    routes.post("/dead-letters/{letter_id}/replay", dependencies=BY_ADMIN)(post_replay)
    routes.post("/statements/{statement_no}/rows", dependencies=BY_GATEWAY)(post_statement_page)
    routes.post("/statements/{statement_no}/none", dependencies=BY_GATEWAY)(post_no_statement)
    routes.get("/reconciliations", dependencies=BY_ADMIN)(list_reconciliations)
    routes.post("/reconciliations", dependencies=BY_ADMIN, status_code=202)(post_reconciliation)
    routes.get("/reconciliations/{statement_no}", dependencies=BY_ADMIN)(get_reconciliation)
    routes.post("/reconciliations/{statement_no}/fetch", dependencies=BY_ADMIN, status_code=202)(
        post_fetch
    )
    routes.post("/differences/{difference_no}/settle", dependencies=BY_ADMIN)(post_settle)
    return routes


async def post_payment(request: Request) -> Response:
    """201 for a new payment, 200 for a repeat of the same request."""
    body = await read_message(request, OpenPayment, limit_bytes=MAX_WISH_BYTES)
    window = timedelta(seconds=body.reinitiate_after_s)
    asked = PaymentRequest(body.app_id, body.request, body.channel, window, body.signed_at)
    return _opened(await open_payment.open_payment(await _deps(request), asked))


async def post_link(body: OpenLink, deps: DepsOfApp) -> Response:
    """201 for a new payment link, 200 for a repeat."""
    made = await payment_links.create(deps, body.app_id, body.request)
    answer = OpenedLink(created=made.created, link=made.link)
    return _json(answer, 201 if made.created else 200)


async def get_link(link_id: str, deps: DepsOfApp, app_id: str | None = None) -> LinkOnFile:
    return await payment_links.get(deps, link_id, app_id)


async def post_disable_link(link_id: str, app_id: str, deps: DepsOfApp) -> LinkOnFile:
    return await payment_links.disable(deps, link_id, app_id)


async def post_at_link(link_id: str, body: PayAtLink, deps: DepsOfApp) -> Response:
    """A payer begins there: 201 for a new order, 200 for the one that is there."""
    return _opened(await payment_links.pay(deps, link_id, body))


async def get_payment(payment_no: str, deps: DepsOfApp, app_id: str | None = None) -> PaymentOnFile:
    return await read.get_payment(deps, payment_no, app_id)


async def get_checkout(payment_no: str, deps: DepsOfApp) -> CheckoutOnFile:
    return await read.get_checkout(deps, payment_no)


async def post_channel(payment_no: str, body: ChooseChannel, deps: DepsOfApp) -> ChosenChannel:
    """The payer's choice on our page."""
    choice = Choice(body.payment_id, body.channel, body.method, body.anew)
    order, chosen = await choose_channel.choose_channel(deps, payment_no, choice)
    former = chosen.close_first
    return ChosenChannel(
        payment=views.payment_view(order, chosen.payment),
        close_first=None if former is None else views.payment_ref(order, former),
        initiate=chosen.initiate,
    )


async def post_payment_decision(
    payment_no: str, body: DecidePayment, deps: DepsOfApp
) -> PaymentOnFile:
    """A person ends a conflict; the same decision again changes nothing."""
    await decide.decide_payment(deps, payment_no, body)
    return await read.get_payment(deps, payment_no, None)


async def get_order(
    merchant_order_no: str, app_id: str, merchant_id: str, deps: DepsOfApp
) -> OrderView:
    return await read.get_order(deps, OrderKey(app_id, merchant_id, merchant_order_no))


async def post_close(merchant_order_no: str, body: CloseOrderFor, deps: DepsOfApp) -> OrderView:
    """Close the order; closing a closed one changes nothing."""
    key = OrderKey(body.app_id, body.merchant_id, merchant_order_no)
    await close_order.close_order(deps, key)
    return await read.get_order(deps, key)


async def post_refund(body: OpenRefund, deps: DepsOfApp) -> Response:
    """201 for a new refund, 200 for a repeat."""
    opened = await open_refund.open_refund(deps, body.app_id, body.request)
    view = views.refund_view(opened.order, opened.payment, opened.refund)
    answer = OpenedRefund(created=opened.created, refund=view)
    return _json(answer, 201 if opened.created else 200)


async def get_refund(refund_no: str, deps: DepsOfApp, app_id: str | None = None) -> RefundOnFile:
    return await read.get_refund(deps, refund_no, app_id)


async def get_refund_by_number(
    app_id: str, merchant_id: str, merchant_refund_no: str, deps: DepsOfApp
) -> RefundView:
    return await read.get_refund_by_number(
        deps, app_id=app_id, merchant_id=merchant_id, merchant_refund_no=merchant_refund_no
    )


async def post_refund_decision(refund_no: str, body: DecideRefund, deps: DepsOfApp) -> RefundOnFile:
    """A person decides about an abnormal refund; the same decision again changes nothing."""
    await decide.decide_refund(deps, refund_no, body)
    return await read.get_refund(deps, refund_no, None)


async def post_split(body: OpenSplit, deps: DepsOfApp) -> Response:
    """201 for a new split, 200 for a repeat."""
    opened = await open_split.open_split(deps, body.app_id, body.request)
    view = views.split_view(opened.order, opened.payment, opened.split)
    return _json(OpenedSplit(created=opened.created, split=view), 201 if opened.created else 200)


async def get_split(split_no: str, deps: DepsOfApp, app_id: str | None = None) -> SplitView:
    return await read.get_split(deps, split_no, app_id)


async def get_split_by_number(
    app_id: str, merchant_id: str, merchant_split_no: str, deps: DepsOfApp
) -> SplitView:
    return await read.get_split_by_number(
        deps, app_id=app_id, merchant_id=merchant_id, merchant_split_no=merchant_split_no
    )


async def list_events(
    app_id: str, deps: DepsOfApp, after: str | None = None, limit: Limit = 100
) -> EventPage:
    """The app's events, to synchronise by pulling."""
    return await read.list_events(deps, app_id, after, limit)


async def post_results(request: Request, deps: DepsOfApp) -> ResultsReceipt:
    """What channels said and Kafka did not take, from the gateway; twice makes no difference."""
    body = await read_message(request, TakeResults, limit_bytes=MAX_RESULTS_BYTES)
    return await take_results.take(deps, body.records)


async def post_serials(request: Request, deps: DepsOfApp) -> SerialList:
    return await find_serials.find(
        deps, await read_message(request, FindSerials, limit_bytes=MAX_WISH_BYTES)
    )


async def list_payments(query: ListQuery, deps: DepsOfApp) -> PaymentPage:
    return await list_records.list_payments(deps, query)


async def list_orders(query: ListQuery, deps: DepsOfApp) -> OrderPage:
    return await list_records.list_orders(deps, query)


async def list_refunds(query: ListQuery, deps: DepsOfApp) -> RefundPage:
    return await list_records.list_refunds(deps, query)


async def list_splits(query: ListQuery, deps: DepsOfApp) -> SplitPage:
    return await list_records.list_splits(deps, query)


async def get_day_statement(
    day: date,
    deps: DepsOfApp,
    app_id: str,
    merchant_id: str,
    currency: str,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LINES)] = 100,
) -> DayStatement:
    """What an app's orders moved of a merchant's money within a Beijing day."""
    holder = Holder(app_id, merchant_id, currency)
    return await read_day_statement.get_day_statement(deps, holder, day, after=after, limit=limit)


async def list_balances(
    deps: DepsOfApp,
    merchant_id: str | None = None,
    payment_id: str | None = None,
    after: str | None = None,
    limit: Limit = 100,
) -> LedgerBalances:
    """What the accounts of the ledger hold now."""
    return await read_ledger.list_balances(
        deps, merchant_id=merchant_id, payment_id=payment_id, after=after, limit=limit
    )


async def list_entries(subject: str, deps: DepsOfApp) -> LedgerEntries:
    """What was booked of a payment, refund or split."""
    return await read_ledger.list_entries(deps, subject)


async def list_dead_letters(
    deps: DepsOfApp, after: LetterId | None = None, limit: Limit = 50
) -> DeadLetterPage:
    """Words of channels that could not be applied, the newest first."""
    return await dead_letters.list_letters(deps, after, limit)


async def post_replay(
    letter_id: LetterId, body: ReplayDeadLetter, deps: DepsOfApp
) -> DeadLetterView:
    """Try to apply it again; `replayed_at` tells whether that worked."""
    return await dead_letters.replay(deps, letter_id, body.version)


async def post_statement_page(
    statement_no: str, body: StatementPage, deps: DepsOfApp
) -> StatementReceipt:
    """Rows of a channel's bill, from the gateway; twice and in any order."""
    return await receive_statement.take_page(deps, statement_no, body)


async def post_no_statement(
    statement_no: str, body: NoStatement, deps: DepsOfApp
) -> StatementReceipt:
    """Why the channel gave no bill, from the gateway."""
    return await receive_statement.take_none(deps, statement_no, body)


async def list_reconciliations(
    deps: DepsOfApp,
    merchant_id: str | None = None,
    payment_id: str | None = None,
    state: ReconciliationState | None = None,
    first_day: Annotated[date | None, Query(alias="from")] = None,
    last_day: Annotated[date | None, Query(alias="to")] = None,
    after: str | None = None,
    limit: Limit = 50,
) -> ReconciliationPage:
    """Statements of channel accounts, the latest day first."""
    wanted = Wanted(merchant_id, payment_id, state, first_day, last_day)
    return await read_reconciliation.list_reconciliations(deps, wanted, after, limit)


async def post_reconciliation(body: AskForStatement, deps: DepsOfApp) -> ReconciliationView:
    """Have the bill of an account and day fetched and compared now."""
    return await read_reconciliation.ask_for(deps, body)


async def get_reconciliation(
    statement_no: str, deps: DepsOfApp, after: str | None = None, limit: Limit = 50
) -> ReconciliationOnFile:
    """A statement with a page of its differences."""
    return await read_reconciliation.get_reconciliation(deps, statement_no, after, limit)


async def post_fetch(statement_no: str, deps: DepsOfApp) -> ReconciliationView:
    """Have its bill fetched and compared anew."""
    return await read_reconciliation.fetch_again(deps, statement_no)


async def post_settle(
    difference_no: str, body: SettleDifference, deps: DepsOfApp
) -> DifferenceView:
    """A person lets a difference be; one that is settled stays as it is."""
    return await read_reconciliation.settle(deps, difference_no, body)


def _opened(opened: open_payment.Opened) -> Response:
    answer = OpenedPayment(
        created=opened.created,
        payment=views.payment_view(opened.order, opened.payment),
        order=views.order_summary(opened.order),
    )
    return _json(answer, 201 if opened.created else 200)


def _json(answer: OpenedLink | OpenedPayment | OpenedRefund | OpenedSplit, status: int) -> Response:
    return Response(answer.model_dump_json(), status, media_type="application/json")
