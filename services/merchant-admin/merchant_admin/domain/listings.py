"""The lists besides money that can be had as files: what stands in their columns. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from contracts.internal import AlertOnFile, EndpointView, FoundDelivery
from foundation.money_text import BEIJING, plain_amount
from merchant_admin.domain.approvals import Approval
from merchant_admin.domain.audit import AuditEntry
from merchant_admin.domain.entities import App, ChannelAccount, CounterCode, Merchant
from merchant_admin.domain.export_tables import FileKind, Kind, Table
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.users import User

ItemT = TypeVar("ItemT")

FIRST_DAY: Final = datetime(1899, 12, 30, tzinfo=BEIJING)
"""Day 0 of a spreadsheet."""

CODE_CURRENCY: Final = "CNY"
"""Counter codes take this one only."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks a list for: `filters` by name, as the list takes them."""

    scope: Scope
    filters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def merchant_id(self) -> str | None:
        return self.filters.get("merchant_id")


@dataclass(frozen=True, slots=True)
class Column(Generic[ItemT]):
    """`of`: text, a moment or, for an amount, decimal text; None leaves the cell empty."""

    kind: Kind
    of: Callable[[ItemT], Any]


@dataclass(frozen=True, slots=True)
class Columns(Generic[ItemT]):
    """`name`: of the list."""

    name: str
    columns: Mapping[str, Column[ItemT]]

    @property
    def table(self) -> Table:
        return Table(self.name, {name: column.kind for name, column in self.columns.items()})

    def cells(self, item: ItemT, kind: FileKind) -> list[Any]:
        """Times are Beijing's: text in CSV, the number of days that spreadsheets count in XLSX."""
        return [
            _moment(column.of(item), kind) if column.kind is Kind.TIME else column.of(item)
            for column in self.columns.values()
        ]


def _moment(at: datetime | None, kind: FileKind) -> str | float | None:
    if at is None:
        return None
    there = at.astimezone(BEIJING).replace(microsecond=0)
    if kind is FileKind.CSV:
        return f"{there:%Y-%m-%d %H:%M:%S}"
    return (there - FIRST_DAY).total_seconds() / 86_400


def _text(of: Callable[[ItemT], str | None]) -> Column[ItemT]:
    return Column(Kind.TEXT, of)


def _time(of: Callable[[ItemT], datetime | None]) -> Column[ItemT]:
    return Column(Kind.TIME, of)


def _number(of: Callable[[ItemT], int | None]) -> Column[ItemT]:
    """How many, or of how much: a number without decimals."""
    return Column(Kind.AMOUNT, lambda item: None if (it := of(item)) is None else str(it))


def _amount(of: Callable[[ItemT], int]) -> Column[ItemT]:
    return Column(Kind.AMOUNT, lambda item: plain_amount(of(item), CODE_CURRENCY))


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _joined(texts: Any) -> str:
    return " ".join(sorted(texts))


def _state(user: User) -> str:
    if user.disabled_at is not None:
        return "disabled"
    return "invited" if user.password_hash is None else "active"


CALLBACKS: Final[Columns[FoundDelivery]] = Columns(
    "callbacks",
    {
        "created_at_beijing": _time(lambda it: it.created_at),
        "event_id": _text(lambda it: it.event_id),
        "type": _text(lambda it: it.type),
        "app_id": _text(lambda it: it.app_id),
        "merchant_id": _text(lambda it: it.merchant_id),
        "merchant_order_no": _text(lambda it: it.merchant_order_no),
        "payment_no": _text(lambda it: it.payment_no),
        "channel_trade_no": _text(lambda it: it.channel_trade_no),
        "state": _text(lambda it: it.state),
        "url": _text(lambda it: it.url),
        "attempts": _number(lambda it: len(it.attempts)),
        "last_attempt_at_beijing": _time(lambda it: it.attempts[-1].at if it.attempts else None),
        "last_status": _number(lambda it: it.attempts[-1].status if it.attempts else None),
        "last_error": _text(lambda it: it.attempts[-1].error if it.attempts else None),
        "next_attempt_at_beijing": _time(lambda it: it.next_attempt_at),
    },
)

ENDPOINTS: Final[Columns[EndpointView]] = Columns(
    "endpoints",
    {
        "endpoint_id": _text(lambda it: it.endpoint_id),
        "app_id": _text(lambda it: it.app_id),
        "address": _text(lambda it: it.address),
        "waiting": _number(lambda it: it.pending),
        "oldest_due_at_beijing": _time(lambda it: it.oldest_due_at),
        "failing_since_beijing": _time(lambda it: it.failing_since),
        "held_until_beijing": _time(lambda it: it.held_until),
        "suspended_at_beijing": _time(lambda it: it.suspended_at),
        "suspended_for": _text(lambda it: it.suspended_for),
    },
)

ALERTS: Final[Columns[AlertOnFile]] = Columns(
    "alerts",
    {
        "last_at_beijing": _time(lambda it: it.last_at),
        "first_at_beijing": _time(lambda it: it.first_at),
        "severity": _text(lambda it: it.severity),
        "key": _text(lambda it: it.key),
        "title": _text(lambda it: it.title),
        "detail": _text(lambda it: it.detail),
        "merchant_id": _text(lambda it: it.merchant_id),
        "facts": _text(lambda it: _json(it.facts)),
        "total": _number(lambda it: it.total),
        "acknowledged_by": _text(lambda it: it.acknowledged_by),
        "acknowledged_at_beijing": _time(lambda it: it.acknowledged_at),
    },
)

AUDIT: Final[Columns[AuditEntry]] = Columns(
    "audit",
    {
        "at_beijing": _time(lambda it: it.at),
        "actor": _text(lambda it: it.actor.username),
        "action": _text(lambda it: it.action),
        "entity_kind": _text(lambda it: it.entity_kind),
        "entity_id": _text(lambda it: it.entity_id),
        "before": _text(lambda it: _json(it.before)),
        "after": _text(lambda it: _json(it.after)),
        "ip": _text(lambda it: it.actor.ip),
        "request_id": _text(lambda it: it.actor.request_id),
    },
)

APPROVALS: Final[Columns[Approval]] = Columns(
    "approvals",
    {
        "requested_at_beijing": _time(lambda it: it.requested_at),
        "approval_id": _text(lambda it: it.approval_id),
        "kind": _text(lambda it: it.asked.kind),
        "subject": _text(lambda it: it.asked.subject),
        "merchant_ids": _text(lambda it: _joined(it.asked.merchant_ids)),
        "asked_for": _text(lambda it: _json(dict(it.asked.shown))),
        "requested_by": _text(lambda it: it.requested_by),
        "state": _text(lambda it: it.state),
        "decided_by": _text(lambda it: it.decided_by),
        "decided_at_beijing": _time(lambda it: it.decided_at),
        "reason": _text(lambda it: it.reason),
        "expires_at_beijing": _time(lambda it: it.expires_at),
    },
)

MERCHANTS: Final[Columns[Merchant]] = Columns(
    "merchants",
    {
        "created_at_beijing": _time(lambda it: it.created_at),
        "merchant_id": _text(lambda it: it.merchant_id),
        "name": _text(lambda it: it.name),
        "display_name": _text(lambda it: it.display_name),
        "state": _text(lambda it: it.state),
        "updated_at_beijing": _time(lambda it: it.updated_at),
    },
)

ACCOUNTS: Final[Columns[ChannelAccount]] = Columns(
    "channel-accounts",
    {
        "created_at_beijing": _time(lambda it: it.created_at),
        "payment_id": _text(lambda it: it.account_id),
        "merchant_id": _text(lambda it: it.merchant_id),
        "channel": _text(lambda it: it.channel),
        "name": _text(lambda it: it.name),
        "display_name": _text(lambda it: it.display_name),
        "identity": _text(lambda it: _json(it.identity and dict(it.identity))),
        "state": _text(lambda it: it.state),
        "credentials_changed_at_beijing": _time(lambda it: it.credentials_changed_at),
        "updated_at_beijing": _time(lambda it: it.updated_at),
    },
)

APPS: Final[Columns[App]] = Columns(
    "apps",
    {
        "created_at_beijing": _time(lambda it: it.created_at),
        "app_id": _text(lambda it: it.app_id),
        "name": _text(lambda it: it.terms.name),
        "merchant_ids": _text(lambda it: _joined(it.terms.merchant_ids)),
        "notify_url": _text(lambda it: it.terms.notify_url),
        "callback_ack": _text(lambda it: it.terms.callback_ack),
        "late_payment": _text(lambda it: it.terms.late_payment),
        "ip_allowlist": _text(lambda it: _joined(it.terms.ip_allowlist)),
        "state": _text(lambda it: it.state),
        "updated_at_beijing": _time(lambda it: it.updated_at),
    },
)

CODES: Final[Columns[CounterCode]] = Columns(
    "counter-codes",
    {
        "created_at_beijing": _time(lambda it: it.created_at),
        "code_id": _text(lambda it: it.code_id),
        "name": _text(lambda it: it.name),
        "merchant_id": _text(lambda it: it.merchant_id),
        "app_id": _text(lambda it: it.app_id),
        "min_amount": _amount(lambda it: it.min_amount),
        "max_amount": _amount(lambda it: it.max_amount),
        "daily_limit": _amount(lambda it: it.daily_limit),
        "state": _text(lambda it: it.state),
    },
)

USERS: Final[Columns[User]] = Columns(
    "users",
    {
        "created_at_beijing": _time(lambda it: it.created_at),
        "username": _text(lambda it: it.username),
        "role": _text(lambda it: it.role),
        "merchant_ids": _text(lambda it: _joined(it.scope.parameter or ["*"])),
        "state": _text(_state),
        "updated_at_beijing": _time(lambda it: it.updated_at),
    },
)
