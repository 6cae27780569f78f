"""`/api/payments/{payment_no}/decision`, `/api/refunds/{refund_no}/decision`: what only people can
decide."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from contracts.api import PaymentWithOrder, Reason, RefundView
from contracts.internal import ClaimView, PaymentDecision, RefundDecision
from merchant_admin.api.access import Operator, Viewer, Work
from merchant_admin.api.bodies import Body, body
from merchant_admin.api.ids import PaymentNo, RefundNo
from merchant_admin.flows import decisions

router = APIRouter(prefix="/api")


class DecideOnPayment(Body):
    """`accept`: the order is paid with what the channel took. `refund`: all of it goes back.
    `ignore`: it is no money of the centre; the payment failed."""

    decision: Annotated[PaymentDecision, Field(strict=False)]
    reason: Reason


class DecideOnRefund(Body):
    """`pay_out`: the channel sends the money to the merchant's own account, who gives it to the
    payer. `settled_outside`: the payer has it by other means. `release`: given up, the amount may
    be refunded anew."""

    decision: Annotated[RefundDecision, Field(strict=False)]
    reason: Reason


@router.get("/payments/{payment_no}/claim")
async def read_claim(deps: Work, _: Viewer, payment_no: PaymentNo) -> ClaimView | None:
    """The money that the channel says it took, where that is not what it should be; else null."""
    return (await decisions.read_on_file(deps, payment_no)).claim


@router.post("/payments/{payment_no}/decision")
async def decide_payment(
    deps: Work,
    caller: Operator,
    payment_no: PaymentNo,
    request: Annotated[DecideOnPayment, Depends(body(DecideOnPayment))],
) -> PaymentWithOrder:
    """End a conflict with the channel. The same decision again answers how it stands."""
    decided = await decisions.decide_payment(
        deps, caller.actor, payment_no, decision=request.decision, reason=request.reason
    )
    # How to call the payer is of no use to people, and not theirs to see.
    return PaymentWithOrder.model_validate({**dict(decided), "action": None})


@router.post("/refunds/{refund_no}/decision")
async def decide_refund(
    deps: Work,
    caller: Operator,
    refund_no: RefundNo,
    request: Annotated[DecideOnRefund, Depends(body(DecideOnRefund))],
) -> RefundView:
    """Decide about an abnormal refund. The same decision again answers how it stands."""
    return await decisions.decide_refund(
        deps, caller.actor, refund_no, decision=request.decision, reason=request.reason
    )
