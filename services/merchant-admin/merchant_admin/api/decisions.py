"""`/api/payments/{payment_no}/decision`, `/api/refunds/{refund_no}/decision`: what only people can
decide, each bound to what was shown (`decide-what-was-seen`)."""

from typing import Annotated, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from contracts.api import PaymentWithOrder, Reason, RefundView
from contracts.internal import ClaimSeen, PaymentDecision, RefundDecision
from merchant_admin.api.access import Caller, Decider, DepsOf, Viewer
from merchant_admin.api.approvals import WAITS
from merchant_admin.api.bodies import Body, Version, body
from merchant_admin.api.ids import PaymentNo, RefundNo
from merchant_admin.api.parameters import Text
from merchant_admin.domain.errors import NoSuch
from merchant_admin.flows import decisions
from merchant_admin.flows.deps import Deps

router = APIRouter(prefix="/api")


class ClaimShown(BaseModel):
    """The money that the channel says it took, as a decision must name it."""

    payment_id: str
    channel_trade_no: str | None
    amount: int
    currency: str

    @classmethod
    def of(cls, claim: ClaimSeen) -> Self:
        return cls(**{name: getattr(claim, name) for name in cls.model_fields})


class ClaimNamed(Body):
    """All four members as `GET /api/payments/{payment_no}/claim` shows them."""

    payment_id: Text
    channel_trade_no: Text | None
    amount: Annotated[int, Field(ge=-(2**63), lt=2**63)]
    currency: Text


class DecideOnPayment(Body):
    """`accept`: the order is paid with what the channel took. `refund`: all of it goes back.
    `ignore`: it is no money of the centre; the payment failed. `claim` is null where there was
    none to be shown."""

    decision: Annotated[PaymentDecision, Field(strict=False)]
    reason: Reason
    claim: ClaimNamed | None

    def seen(self) -> ClaimSeen | None:
        return None if self.claim is None else ClaimSeen(**self.claim.model_dump())


class DecideOnRefund(Body):
    """`pay_out`: the channel sends the money to the merchant's own account, who gives it to the
    payer. `settled_outside`: the payer has it by other means. `release`: given up, the amount may
    be refunded anew. `version`: that of `GET /api/refunds/{refund_no}`."""

    decision: Annotated[RefundDecision, Field(strict=False)]
    reason: Reason
    version: Version


@router.get("/payments/{payment_no}/claim")
async def read_claim(deps: DepsOf, caller: Viewer, payment_no: PaymentNo) -> ClaimShown:
    """The money that the channel says it took, where that is not what it should be."""
    claim = (await decisions.read_on_file(deps, payment_no, caller.scope)).claim
    if claim is None:
        raise NoSuch("claim on this payment")
    return ClaimShown.of(claim)


@router.post("/payments/{payment_no}/decision", responses=WAITS)
async def decide_payment(
    deps: DepsOf,
    caller: Decider,
    payment_no: PaymentNo,
    request: Annotated[DecideOnPayment, Depends(body(DecideOnPayment))],
) -> PaymentWithOrder:
    """End a conflict with the channel. The same decision again answers how it stands; where the
    channel claims other money by now, 409 `claim_changed` shows it as member `claim`."""
    decided = await decisions.decide_payment(
        deps,
        caller.actor,
        caller.scope,
        payment_no,
        decision=request.decision,
        reason=request.reason,
        claim=request.seen(),
        prove=_prove(deps, caller),
    )
    # How to call the payer is of no use to people, and not theirs to see.
    return PaymentWithOrder.model_validate({**dict(decided), "action": None})


@router.post("/refunds/{refund_no}/decision", responses=WAITS)
async def decide_refund(
    deps: DepsOf,
    caller: Decider,
    refund_no: RefundNo,
    request: Annotated[DecideOnRefund, Depends(body(DecideOnRefund))],
) -> RefundView:
    """Decide about an abnormal refund. The same decision again answers how it stands."""
    return await decisions.decide_refund(
        deps,
        caller.actor,
        caller.scope,
        refund_no,
        **dict(request),
        prove=_prove(deps, caller),
    )


def _prove(deps: Deps, caller: Caller) -> decisions.Prove:
    async def prove() -> None:
        caller.require_fresh(deps.clock())

    return prove
