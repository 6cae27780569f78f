"""Decisions that give money back, as they wait for a second person."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from contracts.internal import (
    DecidePayment,
    DecideRefund,
    PaymentDecision,
    PaymentOnFile,
    RefundDecision,
    RefundOnFile,
)
from merchant_admin.domain.approvals import ApprovalKind, Asked

GIVES_BACK: Final = frozenset(
    {PaymentDecision.REFUND, RefundDecision.PAY_OUT, RefundDecision.SETTLED_OUTSIDE}
)
"""All others leave the money where it is."""

Request: TypeAlias = DecidePayment | DecideRefund


@dataclass(frozen=True, slots=True)
class Decision:
    """About which payment or refund, and how much money it is about, in minor units."""

    payment_no: str
    refund_no: str | None
    merchant_id: str
    amount: int
    currency: str
    request: Request

    @property
    def number(self) -> str:
        return self.refund_no or self.payment_no

    @classmethod
    def of_payment(cls, on_file: PaymentOnFile, request: DecidePayment) -> "Decision":
        """What goes back is what the channel took, as whoever decides was shown it."""
        money = request.claim or on_file
        return cls(
            payment_no=on_file.payment_no,
            refund_no=None,
            merchant_id=on_file.merchant_id,
            amount=money.amount,
            currency=money.currency,
            request=request,
        )

    @classmethod
    def of_refund(cls, on_file: RefundOnFile, request: DecideRefund) -> "Decision":
        return cls(
            payment_no=on_file.payment_no,
            refund_no=on_file.refund_no,
            merchant_id=on_file.merchant_id,
            amount=on_file.amount,
            currency=on_file.currency,
            request=request,
        )

    def asked(self) -> Asked:
        """trade-core itself looks whether it is still about what was seen."""
        return Asked(
            kind=ApprovalKind.DECISION,
            merchant_ids=(self.merchant_id,),
            subject=self.number,
            request=self.request.model_dump(mode="json"),
            shown={
                "payment_no": self.payment_no,
                "refund_no": self.refund_no,
                "decision": self.request.decision.value,
                "amount": self.amount,
                "currency": self.currency,
                "reason": self.request.reason,
            },
            seen={},
        )


def request_of(asked: Asked) -> Request:
    """As it was asked for."""
    if asked.shown["refund_no"]:
        return DecideRefund.model_validate(asked.request)
    return DecidePayment.model_validate(asked.request)
