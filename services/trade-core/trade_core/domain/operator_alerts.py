"""What people hear of statements, and of words that could not be applied."""

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from contracts.events.alerts import Alert, Severity
from contracts.events.results import PaymentResult, RefundResult, SplitResult
from trade_core.domain.reconciliation import Reconciliation
from trade_core.domain.refused_results import ResultRefused

_SHOWN: Final = {
    "payment_no",
    "refund_no",
    "split_no",
    "merchant_id",
    "payment_id",
    "channel",
    "source",
    "verdict",
    "channel_trade_no",
    "channel_refund_no",
    "amount",
    "currency",
}


def statement_differs(reconciliation: Reconciliation, differences: int) -> Alert:
    """A channel statement and the books do not agree, and the channel has been asked again."""
    return Alert(
        key=f"reconciliation.differs:{reconciliation.account_id}:{reconciliation.day}",
        severity=Severity.CRITICAL,
        title="A channel statement and the books differ",
        detail=f"{differences} differences in the statement of {reconciliation.channel}"
        f" of {reconciliation.day}.",
        merchant_id=reconciliation.merchant_id,
        facts={**_reconciliation(reconciliation), "differences": differences},
    )


def no_statement(reconciliation: Reconciliation) -> Alert:
    """A day after it should have been there; it goes on being asked for."""
    return Alert(
        key=f"reconciliation.no_bill:{reconciliation.account_id}:{reconciliation.day}",
        severity=Severity.WARNING,
        title="A channel does not give its statement",
        detail=reconciliation.note
        or f"{reconciliation.channel} was asked for the statement of {reconciliation.day} in vain.",
        merchant_id=reconciliation.merchant_id,
        facts=_reconciliation(reconciliation),
    )


def dead_result(number: str, error: str) -> Alert:
    """A record of a channel's word could not be read; it is kept in `dead_event`."""
    return Alert(
        key=f"{ResultRefused.key}:{number}",
        severity=Severity.CRITICAL,
        title=ResultRefused.title,
        detail=error,
        facts={"number": number},
    )


def result_refused(result: PaymentResult | RefundResult | SplitResult, why: ResultRefused) -> Alert:
    """A channel's word could not be applied; who spoke, and of how much. It is kept in
    `dead_event`, and for the operator of the centre: of what may be another merchant's."""
    shown = result.model_dump(mode="json", include=_SHOWN)
    return Alert(
        key=f"{why.key}:{result.payment_no}",
        severity=Severity.CRITICAL,
        title=why.title,
        detail=str(why),
        facts={name: value for name, value in shown.items() if value is not None},
    )


def _reconciliation(reconciliation: Reconciliation) -> Mapping[str, JsonValue]:
    return {
        "statement_no": reconciliation.statement_no,
        "payment_id": reconciliation.account_id,
        "channel": reconciliation.channel,
        "day": reconciliation.day.isoformat(),
    }
