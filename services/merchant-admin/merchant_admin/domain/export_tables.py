"""The lists as tables for spreadsheets: which columns they have. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Generic, TypeAlias, TypeVar

from contracts.api import Failure, SplitView
from contracts.money import MINOR_DIGITS
from merchant_admin.domain.search import FoundOrder, FoundPayment, FoundRefund, FoundSplit

Cell: TypeAlias = str | Decimal | datetime | None
"""Text of anybody, an amount with the decimals of its currency, or a moment."""

FoundT = TypeVar("FoundT", FoundOrder, FoundPayment, FoundRefund, FoundSplit)


@dataclass(frozen=True, slots=True)
class Table(Generic[FoundT]):
    """`name`: of the list. `columns`: by its name what stands in a column."""

    name: str
    columns: Mapping[str, Callable[[FoundT], Cell]]

    def row(self, found: FoundT) -> list[Cell]:
        return [cell(found) for cell in self.columns.values()]


def _amount(minor_units: int, currency: str) -> Decimal:
    return Decimal(minor_units).scaleb(-MINOR_DIGITS.get(currency, 2))


def _code(failure: Failure | None) -> str | None:
    return failure.code if failure else None


def _receivers(split: SplitView) -> str:
    shares = (
        f"{share.account} {_amount(share.amount, split.currency)} {share.status.value}"
        for share in split.receivers
    )
    return "; ".join(shares)


ORDERS: Final[Table[FoundOrder]] = Table(
    "orders",
    {
        "created_at_beijing": lambda it: it.order.created_at,
        "merchant_order_no": lambda it: it.order.merchant_order_no,
        "order_id": lambda it: it.order_id,
        "merchant_id": lambda it: it.order.merchant_id,
        "app_id": lambda it: it.app_id,
        "status": lambda it: it.order.status.value,
        "amount": lambda it: _amount(it.order.amount, it.order.currency),
        "amount_paid": lambda it: _amount(it.order.amount_paid, it.order.currency),
        "amount_refunded": lambda it: _amount(it.order.amount_refunded, it.order.currency),
        "currency": lambda it: it.order.currency,
        "subject": lambda it: it.order.subject,
    },
)

PAYMENTS: Final[Table[FoundPayment]] = Table(
    "payments",
    {
        "created_at_beijing": lambda it: it.payment.created_at,
        "paid_at_beijing": lambda it: it.payment.paid_at,
        "payment_no": lambda it: it.payment.payment_no,
        "merchant_order_no": lambda it: it.payment.merchant_order_no,
        "channel_trade_no": lambda it: it.payment.channel_trade_no,
        "merchant_id": lambda it: it.payment.merchant_id,
        "app_id": lambda it: it.app_id,
        "payment_id": lambda it: it.payment.payment_id,
        "channel": lambda it: it.payment.channel,
        "method": lambda it: it.payment.method.value,
        "status": lambda it: it.payment.status.value,
        "amount": lambda it: _amount(it.payment.amount, it.payment.currency),
        "amount_refunded": lambda it: _amount(it.payment.amount_refunded, it.payment.currency),
        "currency": lambda it: it.payment.currency,
        "subject": lambda it: it.payment.subject,
        "failure_code": lambda it: _code(it.payment.failure),
    },
)

REFUNDS: Final[Table[FoundRefund]] = Table(
    "refunds",
    {
        "created_at_beijing": lambda it: it.refund.created_at,
        "refunded_at_beijing": lambda it: it.refund.refunded_at,
        "refund_no": lambda it: it.refund.refund_no,
        "merchant_refund_no": lambda it: it.refund.merchant_refund_no,
        "channel_refund_no": lambda it: it.refund.channel_refund_no,
        "payment_no": lambda it: it.refund.payment_no,
        "merchant_order_no": lambda it: it.refund.merchant_order_no,
        "merchant_id": lambda it: it.refund.merchant_id,
        "app_id": lambda it: it.app_id,
        "payment_id": lambda it: it.refund.payment_id,
        "status": lambda it: it.refund.status.value,
        "amount": lambda it: _amount(it.refund.amount, it.refund.currency),
        "currency": lambda it: it.refund.currency,
        "cause": lambda it: it.refund.cause.value,
        "reason": lambda it: it.refund.reason,
        "failure_code": lambda it: _code(it.refund.failure),
    },
)

SPLITS: Final[Table[FoundSplit]] = Table(
    "splits",
    {
        "created_at_beijing": lambda it: it.split.created_at,
        "finished_at_beijing": lambda it: it.split.finished_at,
        "split_no": lambda it: it.split.split_no,
        "merchant_split_no": lambda it: it.split.merchant_split_no,
        "channel_split_no": lambda it: it.split.channel_split_no,
        "payment_no": lambda it: it.split.payment_no,
        "merchant_order_no": lambda it: it.split.merchant_order_no,
        "merchant_id": lambda it: it.split.merchant_id,
        "app_id": lambda it: it.app_id,
        "payment_id": lambda it: it.split.payment_id,
        "status": lambda it: it.split.status.value,
        "amount": lambda it: _amount(it.split.amount, it.split.currency),
        "currency": lambda it: it.split.currency,
        "receivers": lambda it: _receivers(it.split),
        "failure_code": lambda it: _code(it.split.failure),
    },
)
