"""Paid money is divided (分账): trade-core reserves it, has it sent, and tells the result."""

from urllib.parse import quote

from contracts.api import CreateSplit, SplitView
from contracts.internal import OpenedSplit, OpenSplit, PaymentOnFile
from gateway.directory import App
from gateway.domain.errors import NotHere, SplitNotSupported
from gateway.flows.access import require_merchant
from gateway.flows.deps import Deps


async def create(deps: Deps, app: App, request: CreateSplit) -> OpenedSplit:
    """Reserve and send a split; the same `merchant_split_no` answers the first one.

    Raises NotHere, SplitNotSupported and the refusals of trade-core.
    """
    require_merchant(app, request.merchant_id)
    payment = await deps.trade_core.get(
        PaymentOnFile,
        f"/internal/payments/{quote(request.payment_no, safe='')}",
        {"app_id": app.app_id},
    )
    if payment.merchant_id != request.merchant_id:
        raise NotHere("payment")
    account = deps.directory.find_account(payment.payment_id or "")
    if account is not None and account.plugin.splits is None:
        raise SplitNotSupported(account.channel, "/payment_no")
    return await deps.trade_core.post(
        OpenedSplit, "/internal/splits", body=OpenSplit(app_id=app.app_id, request=request)
    )


async def get(deps: Deps, app: App, split_no: str) -> SplitView:
    split = await deps.trade_core.get(
        SplitView, f"/internal/splits/{quote(split_no, safe='')}", {"app_id": app.app_id}
    )
    require_merchant(app, split.merchant_id, "split")
    return split


async def get_by_app_number(
    deps: Deps, app: App, merchant_id: str, merchant_split_no: str
) -> SplitView:
    require_merchant(app, merchant_id, "split")
    return await deps.trade_core.get(
        SplitView,
        "/internal/splits",
        {
            "app_id": app.app_id,
            "merchant_id": merchant_id,
            "merchant_split_no": merchant_split_no,
        },
    )
