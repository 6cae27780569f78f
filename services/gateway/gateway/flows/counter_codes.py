"""A payer begins at a fixed counter code (固定收款码) of a merchant."""

from chassis.problems import FieldError, InvalidRequest
from contracts.api import CreatePayment, Method
from contracts.internal import (
    Begun,
    OpenedPayment,
    PayAtCode,
    PayHere,
    PayPoint,
    PointAddress,
    PointState,
)
from gateway.directory import CounterCode
from gateway.domain.errors import NotHere
from gateway.flows.cashier import look_of
from gateway.flows.deps import Deps
from gateway.flows.pay import account_for, check_place
from gateway.flows.payment_links import begun_at

CURRENCY = "CNY"


def address(deps: Deps, code_id: str) -> PointAddress:
    """Where the page of the code is, known here or not yet."""
    return PointAddress(url=deps.addresses.pay_point(code_id))


def show(deps: Deps, code_id: str) -> PayPoint:
    """What payers see of it. Raises NotHere."""
    code = _known(deps, code_id)
    merchant = deps.directory.find_merchant(code.merchant_id)
    is_served = deps.directory.find_serving(code.app_id, code.merchant_id) is not None
    is_open = code.is_active and is_served
    return PayPoint(
        state=PointState.OPEN if is_open else PointState.DISABLED,
        merchant_name=merchant.name if merchant else "",
        subject=code.name,
        currency=CURRENCY,
        amount=None,
        min_amount=code.min_amount,
        max_amount=code.max_amount,
        amounts=list(code.amounts),
        takes_note=True,
        look=look_of(merchant),
    )


async def begin(deps: Deps, code_id: str, request: PayHere) -> Begun:
    """An order of this payer. Raises NotHere, InvalidRequest for another amount, the refusals of
    `account_for` and of trade-core (the day's limit), and NotInitiated with the payment."""
    code = _known(deps, code_id)
    app = deps.directory.find_serving(code.app_id, code.merchant_id)
    if app is None or not code.is_active:
        raise NotHere("counter code")
    amount = _fitting(code, request.amount)
    content = CreatePayment.model_construct(  # the name was checked when it was entered
        merchant_id=code.merchant_id,
        merchant_order_no=code.code_id,
        amount=amount,
        subject=code.name,
        method=Method.CASHIER,
    )
    account = account_for(deps.directory, app, content)
    check_place(deps, account)
    opened = await deps.trade_core.post(
        OpenedPayment,
        f"/internal/counter-codes/{code_id}/payments",
        body=PayAtCode(
            app_id=code.app_id,
            merchant_id=code.merchant_id,
            subject=code.name,
            amount=amount,
            note=request.note,
            daily_limit=code.daily_limit,
            payment_id=account.account_id if account else None,
            channel=account.channel if account else None,
        ),
    )
    return await begun_at(deps, account, opened, request)


def _fitting(code: CounterCode, amount: int | None) -> int:
    """Raises InvalidRequest."""
    fits = amount is not None and code.min_amount <= amount <= code.max_amount
    if amount is None or not fits or (code.amounts and amount not in code.amounts):
        fault = FieldError("/amount", "is not one of this counter code")
        raise InvalidRequest("The amount cannot be paid here.", errors=[fault])
    return amount


def _known(deps: Deps, code_id: str) -> CounterCode:
    code = deps.directory.find_code(code_id)
    if code is None:
        raise NotHere("counter code")
    return code
