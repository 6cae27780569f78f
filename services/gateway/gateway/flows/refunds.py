"""Money goes back: trade-core reserves it and has it sent; the result comes by callback."""

from urllib.parse import quote

from chassis.problems import FieldError, InvalidRequest
from contracts.api import CreateRefund, PaymentWithOrder, RefundView
from contracts.internal import CheckRefund, OpenedRefund, OpenRefund
from contracts.money import Money
from gateway.directory import App, ChannelAccount
from gateway.flows.access import check_refund, require_merchant
from gateway.flows.deps import Deps


async def create(deps: Deps, app: App, request: CreateRefund) -> OpenedRefund:
    """Reserve and send a refund; the same `merchant_refund_no` answers the first one. Raises
    NotHere, InvalidRequest for an amount that the channel cannot carry, and the refusals of
    trade-core."""
    account = check_refund(deps.directory, app, request)
    if len(account.plugin.currencies) > 1:
        await _check_amount(deps, app, account, request)
    return await deps.trade_core.post(
        OpenedRefund, "/internal/refunds", body=OpenRefund(app_id=app.app_id, request=request)
    )


def check(deps: Deps, account_id: str, asked: CheckRefund) -> None:
    """For people, who ask trade-core themselves. Raises NotHere, and InvalidRequest for an amount
    that the channel cannot carry."""
    account = deps.directory.get_account(asked.merchant_id, account_id)
    if words := account.plugin.fault_of(Money(asked.amount, asked.currency)):
        raise _refused(FieldError("/amount", words.en, words.zh))


async def get(deps: Deps, app: App, refund_no: str) -> RefundView:
    refund = await deps.trade_core.get(
        RefundView, f"/internal/refunds/{quote(refund_no, safe='')}", {"app_id": app.app_id}
    )
    require_merchant(app, refund.merchant_id, "refund")
    return refund


async def get_by_app_number(
    deps: Deps, app: App, merchant_id: str, merchant_refund_no: str
) -> RefundView:
    require_merchant(app, merchant_id, "refund")
    return await deps.trade_core.get(
        RefundView,
        "/internal/refunds",
        {
            "app_id": app.app_id,
            "merchant_id": merchant_id,
            "merchant_refund_no": merchant_refund_no,
        },
    )


async def _check_amount(
    deps: Deps, app: App, account: ChannelAccount, request: CreateRefund
) -> None:
    """In the currency of the payment, which only trade-core knows."""
    payment = await deps.trade_core.get(
        PaymentWithOrder,
        f"/internal/payments/{quote(request.payment_no, safe='')}",
        {"app_id": app.app_id},
    )
    if words := account.plugin.fault_of(Money(request.amount, payment.currency)):
        raise _refused(FieldError("/amount", words.en))


def _refused(fault: FieldError) -> InvalidRequest:
    return InvalidRequest("The amount cannot be refunded.", errors=[fault])
