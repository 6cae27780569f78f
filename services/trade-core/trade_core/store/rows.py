"""Between rows and domain objects. Columns have the names of the fields.

Rows are read by `select *` and field by field, so that a replica of the version before does not
mind the column that a newer one has added.
"""

from dataclasses import fields
from typing import Any, Final

import asyncpg
from pydantic import TypeAdapter

from contracts.actions import Action
from contracts.api import Failure, Method, OrderStatus, PaymentStatus, RefundCause, RefundStatus
from trade_core.domain.order import Order
from trade_core.domain.payment import Payment
from trade_core.domain.refund import Fact as RefundFact
from trade_core.domain.refund import Refund

ACTION: Final[TypeAdapter[Action]] = TypeAdapter(Action)

_ORDER: Final = tuple(field.name for field in fields(Order))
_PAYMENT: Final = tuple(field.name for field in fields(Payment))
_REFUND: Final = tuple(field.name for field in fields(Refund))

_ORDER_STATES: Final = {state.value: state for state in OrderStatus}
_PAYMENT_STATES: Final = {state.value: state for state in PaymentStatus}
_METHODS: Final[dict[str | None, Method | None]] = {None: None, **{m.value: m for m in Method}}
_REFUND_FACTS: Final[dict[str | None, RefundFact | None]] = {
    None: None,
    **{fact.value: fact for fact in RefundFact},
}


def order_of(row: asyncpg.Record) -> Order:
    values: dict[str, Any] = {name: row[name] for name in _ORDER}
    values["state"] = _ORDER_STATES[row["state"]]
    return Order(**values)


def payment_of(row: asyncpg.Record) -> Payment:
    values: dict[str, Any] = {name: row[name] for name in _PAYMENT}
    values["state"] = _PAYMENT_STATES[row["state"]]
    values["method"] = _METHODS[row["method"]]
    values["called_as"] = _METHODS[row["called_as"]]
    if row["action"] is not None:
        values["action"] = ACTION.validate_python(row["action"])
    values["failure"] = _failure_of(row)
    return Payment(**values)


def refund_of(row: asyncpg.Record) -> Refund:
    values: dict[str, Any] = {name: row[name] for name in _REFUND}
    values["state"] = RefundStatus(row["state"])
    values["cause"] = RefundCause(row["cause"])
    values["heard"] = _REFUND_FACTS[row["heard"]]
    values["failure"] = _failure_of(row)
    return Refund(**values)


def action_json(action: Action | None) -> dict[str, Any] | None:
    return None if action is None else action.model_dump(mode="json")


def failure_json(failure: Failure | None) -> dict[str, Any] | None:
    return None if failure is None else failure.model_dump()


def _failure_of(row: asyncpg.Record) -> Failure | None:
    return None if row["failure"] is None else Failure(**row["failure"])
