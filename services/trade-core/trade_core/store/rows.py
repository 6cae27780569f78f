"""Between rows and domain objects. Columns have the names of the fields, but for a few older ones.

Rows are read by `select *` and field by field, so that a replica of the version before does not
mind the column that a newer one has added.
"""

from collections.abc import Iterable
from dataclasses import fields
from operator import itemgetter
from typing import Any, Final

import asyncpg
from pydantic import TypeAdapter

from contracts.actions import Action
from contracts.api import (
    Failure,
    Method,
    OrderStatus,
    PaymentStatus,
    RefundCause,
    RefundStatus,
    ShareStatus,
    SplitStatus,
)
from contracts.internal import RefundDecision
from trade_core.domain.facts import CONFLICT
from trade_core.domain.order import Order
from trade_core.domain.payment import OutsideWord, Payment, ReportedPayment
from trade_core.domain.refund import Refund, RefundFact
from trade_core.domain.split import Receiver, Return, Share, Split, SplitFact

ACTION: Final[TypeAdapter[Action]] = TypeAdapter(Action)
CLAIM: Final = TypeAdapter(ReportedPayment)
RECEIVERS: Final = TypeAdapter(tuple[Receiver, ...])
HELD_WORDS: Final = TypeAdapter(tuple[OutsideWord, ...])
RETURNS: Final = TypeAdapter(tuple[Return, ...])

COLUMNS: Final = {
    "account_id": "payment_id",
    "requested_account_id": "wished_payment_id",
    "split_receivers": "split",
    "will_split": "splits",
    "last_fact": "heard",
}
"""Fields whose columns are older than their names."""

_ORDER: Final = tuple(field.name for field in fields(Order))
_PAYMENT: Final = tuple(field.name for field in fields(Payment))
_REPORTED: Final = tuple(field.name for field in fields(ReportedPayment))
_REFUND: Final = tuple(field.name for field in fields(Refund))
_SPLIT: Final = tuple(field.name for field in fields(Split) if field.name != "shares")
_SHARE: Final = tuple(field.name for field in fields(Share))

_order_values = itemgetter(*_ORDER)
_payment_values = itemgetter(*(COLUMNS.get(name, name) for name in _PAYMENT))

_ORDER_STATES: Final = {state.value: state for state in OrderStatus}
_PAYMENT_STATES: Final = {state.value: state for state in PaymentStatus}
_METHODS: Final[dict[str | None, Method | None]] = {None: None, **{m.value: m for m in Method}}
_REFUND_FACTS: Final[dict[str | None, RefundFact | None]] = {
    None: None,
    **{fact.value: fact for fact in RefundFact},
}
_SPLIT_FACTS: Final = {fact.value: fact for fact in SplitFact}


def order_of(row: asyncpg.Record) -> Order:
    values: dict[str, Any] = dict(zip(_ORDER, _order_values(row), strict=True))
    values["state"] = _ORDER_STATES[row["state"]]
    return Order(**values)


def payment_of(row: asyncpg.Record) -> Payment:
    values: dict[str, Any] = dict(zip(_PAYMENT, _payment_values(row), strict=True))
    values["state"] = _PAYMENT_STATES[row["state"]]
    values["method"] = _METHODS[row["method"]]
    values["called_as"] = _METHODS[row["called_as"]]
    if row["action"] is not None:
        values["action"] = ACTION.validate_python(row["action"])
    values["failure"] = _failure_of(row)
    if row["claim"] is not None:
        values["claim"] = _reported_of(row["claim"])
    held = row["held_words"]
    values["held_words"] = () if held is None else HELD_WORDS.validate_python(held)
    receivers = row["split"]
    values["split_receivers"] = () if receivers is None else RECEIVERS.validate_python(receivers)
    return Payment(**values)


def refund_of(row: asyncpg.Record) -> Refund:
    values: dict[str, Any] = {name: row[COLUMNS.get(name, name)] for name in _REFUND}
    values["state"] = RefundStatus(row["state"])
    values["cause"] = RefundCause(row["cause"])
    values["failure"] = _failure_of(row)
    values["last_fact"] = _refund_fact_of(row["heard"], values["state"], values["failure"])
    values["decided"] = None if row["decided"] is None else RefundDecision(row["decided"])
    values["returns"] = () if row["returns"] is None else RETURNS.validate_python(row["returns"])
    return Refund(**values)


def refund_fact_text(fact: RefundFact | None) -> str | None:
    """The release before this knows no conflict, and takes it for stuck."""
    return RefundFact.STUCK if fact is RefundFact.CONFLICT else fact


def _refund_fact_of(
    text: str | None, state: RefundStatus, failure: Failure | None
) -> RefundFact | None:
    """What is stuck is never processing; of what has failed, both are as good."""
    fact = _REFUND_FACTS[text]
    is_conflict = state is RefundStatus.PROCESSING or failure == CONFLICT
    return RefundFact.CONFLICT if fact is RefundFact.STUCK and is_conflict else fact


def split_of(row: asyncpg.Record, shares: Iterable[asyncpg.Record]) -> Split:
    """`shares` in their order."""
    values: dict[str, Any] = {name: row[COLUMNS.get(name, name)] for name in _SPLIT}
    values["state"] = SplitStatus(row["state"])
    values["last_fact"] = None if row["heard"] is None else _SPLIT_FACTS[row["heard"]]
    values["failure"] = _failure_of(row)
    return Split(shares=tuple(map(_share_of, shares)), **values)


def action_json(action: Action | None) -> dict[str, Any] | None:
    return None if action is None else action.model_dump(mode="json")


def claim_json(claim: ReportedPayment | None) -> dict[str, Any] | None:
    if claim is None:
        return None
    members = CLAIM.dump_python(claim, mode="json")
    return {COLUMNS.get(name, name): value for name, value in members.items()}


def held_words_json(held: tuple[OutsideWord, ...]) -> list[dict[str, Any]]:
    words: list[dict[str, Any]] = HELD_WORDS.dump_python(held, mode="json")
    return words


def receivers_json(receivers: tuple[Receiver, ...]) -> list[dict[str, Any]] | None:
    return RECEIVERS.dump_python(receivers, mode="json") if receivers else None


def returns_json(returns: tuple[Return, ...]) -> list[dict[str, Any]] | None:
    return RETURNS.dump_python(returns, mode="json") if returns else None


def failure_json(failure: Failure | None) -> dict[str, Any] | None:
    return None if failure is None else failure.model_dump()


def _reported_of(claim: dict[str, Any]) -> ReportedPayment:
    return CLAIM.validate_python({name: claim[COLUMNS.get(name, name)] for name in _REPORTED})


def _share_of(row: asyncpg.Record) -> Share:
    values: dict[str, Any] = {name: row[name] for name in _SHARE}
    values["state"] = ShareStatus(row["state"])
    values["failure"] = _failure_of(row)
    return Share(**values)


def _failure_of(row: asyncpg.Record) -> Failure | None:
    return None if row["failure"] is None else Failure(**row["failure"])
