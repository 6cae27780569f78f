"""By which filters each list is asked for, and what they are called where it is read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from fastapi import Request

from contracts.alert_titles import TITLES
from contracts.api import (
    CallbackType,
    Method,
    OrderStatus,
    PaymentStatus,
    RefundStatus,
    SplitStatus,
)
from contracts.events.alerts import Severity
from contracts.events.configuration import State
from contracts.internal import AlertState, DeadLetterState, DeliveryState, ReconciliationState
from contracts.money import MINOR_DIGITS
from merchant_admin.api.console.filters import ALL, CURRENCY, Field, FieldKind, Filters
from merchant_admin.api.list_queries import TokenState, UserState
from merchant_admin.domain.approvals import ApprovalKind, ApprovalState
from merchant_admin.domain.expiring import Holder
from merchant_admin.domain.exports import ExportState
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.reports import By, Grain
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.search import Refunded
from merchant_admin.domain.users import Role
from merchant_admin.flows import expiring
from merchant_admin.flows.background_exports import LISTINGS


def choice(name: str, choices: Iterable[str], words: str = "", unless_asked: str = "") -> Field:
    """`words`: where they do not begin with the name of the field."""
    values = tuple(str(each) for each in choices)
    begin = words or f"{name}."
    return Field(name, FieldKind.CHOICE, name, values, begin, unless_asked)


NUMBER: Final = Field("number", label="number")
TEXT: Final = Field("text", label="filter_text")
MERCHANT: Final = Field("merchant_id", label="merchant_id")
APP: Final = Field("app_id", label="app_id")
CHANNEL: Final = Field("channel", FieldKind.CHANNEL, "channel", words="channel.")
METHOD: Final = choice("method", Method)
AMOUNTS: Final = (
    Field("min", FieldKind.AMOUNT, "amount_min"),
    Field("max", FieldKind.AMOUNT, "amount_max"),
)
PERIOD: Final = (
    Field("from", FieldKind.DAY, "from_day"),
    Field("to", FieldKind.DAY, "to_day"),
)
ON: Final = choice("state", State)


def _of_money(states: Iterable[str]) -> tuple[Field, ...]:
    return (NUMBER, choice("state", states), CHANNEL, METHOD, *AMOUNTS, *PERIOD, MERCHANT, APP)


@dataclass(frozen=True, slots=True)
class ListFilters:
    """`period`: for `Filters.values`."""

    fields: tuple[Field, ...]
    period: tuple[str, str] | None = ("created_from", "created_before")

    def of(self, request: Request) -> Filters:
        """Raises WrongFilters."""
        return Filters.of(request, self.fields)

    def values(self, filters: Filters) -> dict[str, Any]:
        return filters.values(self.period)

    def query(self, filters: Filters, scope: Scope) -> ListQuery:
        return ListQuery(scope, self.values(filters))


LISTS: Final[Mapping[str, ListFilters]] = {
    "orders": ListFilters((*_of_money(OrderStatus), choice("refunded", Refunded))),
    "payments": ListFilters(
        (
            *_of_money(PaymentStatus),
            Field("code_id", label="counter_code"),
            choice("refunded", Refunded),
            choice("stranded", ("true",)),
        )
    ),
    "refunds": ListFilters(_of_money(RefundStatus)),
    "splits": ListFilters(_of_money(SplitStatus)),
    "callbacks": ListFilters(
        (
            NUMBER,
            choice("state", get_args(DeliveryState), "delivery."),
            Field("type", FieldKind.CHOICE, "event_type", get_args(CallbackType), "event."),
            *PERIOD,
            MERCHANT,
            APP,
            Field("event_id", label="event_id"),
        )
    ),
    "endpoints": ListFilters((MERCHANT, APP, choice("suspended", ("true", "false")))),
    "alerts": ListFilters(
        (
            choice("state", get_args(AlertState), "alert_state."),
            choice("severity", Severity),
            choice("kind", TITLES, "alert_kind."),
            *PERIOD,
            MERCHANT,
            Field("key", FieldKind.HIDDEN),
        ),
        ("raised_from", "raised_before"),
    ),
    "reconciliations": ListFilters(
        (
            choice("state", ReconciliationState, "statement."),
            CHANNEL,
            *PERIOD,
            MERCHANT,
            Field("payment_id", label="payment_id"),
        ),
        None,
    ),
    "differences": ListFilters(()),
    "ledger": ListFilters((MERCHANT, Field("payment_id", label="payment_id"))),
    "dead-letters": ListFilters(
        (
            Field("key", label="number"),
            choice("state", get_args(DeadLetterState), "letter_state."),
            *PERIOD,
        ),
        ("kept_from", "kept_before"),
    ),
    "audit": ListFilters(
        (
            Field("entity_id", label="number"),
            Field("actor", label="username"),
            Field("action", label="chip.action"),
            MERCHANT,
            *PERIOD,
        )
    ),
    "exports": ListFilters(
        (
            Field("list", FieldKind.CHOICE, "export_list", tuple(LISTINGS), "export_of."),
            choice("state", ExportState, "export_state."),
            *PERIOD,
        )
    ),
    "approvals": ListFilters(
        (
            choice("state", (ALL, *ApprovalState), "approval_state.", ApprovalState.WAITING),
            choice("kind", ApprovalKind, "approval_kind."),
            NUMBER,
            *PERIOD,
            MERCHANT,
            Field("requested_by", label="chip.requested_by"),
        )
    ),
    "merchants": ListFilters((TEXT, ON, CHANNEL, *PERIOD)),
    "channel-accounts": ListFilters((TEXT, ON, CHANNEL, MERCHANT, *PERIOD)),
    "apps": ListFilters((TEXT, ON, MERCHANT, *PERIOD)),
    "certificates": ListFilters(
        (
            choice("ending", ("any", "over"), unless_asked=expiring.SOON),
            choice("holder", Holder, "certificate_holder."),
            TEXT,
            *PERIOD,
            MERCHANT,
        ),
        ("ends_from", "ends_before"),
    ),
    "counter-codes": ListFilters((TEXT, ON, MERCHANT, APP, *PERIOD)),
    "users": ListFilters(
        (TEXT, choice("role", Role), choice("state", get_args(UserState)), MERCHANT, *PERIOD)
    ),
    "tokens": ListFilters(
        (
            TEXT,
            choice("role", Role),
            choice("state", get_args(TokenState), "token_state."),
            MERCHANT,
            *PERIOD,
        )
    ),
}
"""By the name of the list, which is that of its file where it has one."""

_CURRENCY: Final = Field(
    "currency",
    FieldKind.CHOICE,
    "statement_currency",
    tuple(sorted(MINOR_DIGITS)),
    unless_asked=CURRENCY,
)
BY_PERIOD: Final = "by_period"
"""Of the step of a report that nobody named."""

REPORTS: Final = ListFilters(
    (
        *PERIOD,
        Field("grain", FieldKind.CHOICE, "report.grain", tuple(Grain), "report.grain.", BY_PERIOD),
        Field("by", FieldKind.CHOICE, "report.by", tuple(By), "report.by.", By.MERCHANT),
        MERCHANT,
        APP,
        CHANNEL,
        METHOD,
        _CURRENCY,
    )
)
STATEMENTS: Final = ListFilters(
    (
        MERCHANT,
        Field("day", FieldKind.DAY, "statement_day"),
        Field("month", FieldKind.MONTH, "statement_month"),
        APP,
        _CURRENCY,
    )
)
PAGES: Final[Mapping[str, ListFilters]] = {
    **LISTS,
    "reports": REPORTS,
    "statements": STATEMENTS,
}
"""All that is filtered by its address."""
