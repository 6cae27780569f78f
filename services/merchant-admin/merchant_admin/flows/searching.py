"""Searching orders, payments, refunds and splits, and reading the audit.

What is searched for may be some moments old, as the read model is; what has a number is read where
it was written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contracts.api import PaymentStatus, RefundStatus
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.numbers import Hit, Typed
from merchant_admin.domain.projection import PastEvent
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.search import (
    FoundOrder,
    FoundPayment,
    FoundRefund,
    FoundSplit,
    Search,
    SplitSearch,
)
from merchant_admin.flows.deps import Deps
from merchant_admin.store import audit, history, numbers, splits
from merchant_admin.store import search as store
from merchant_admin.store.audit import NumberedEntry

MAX_REFUNDS_SHOWN: Final = 50
MAX_SPLITS_SHOWN: Final = 50
UNDER_WAY: Final = frozenset({RefundStatus.PROCESSING, RefundStatus.ABNORMAL})


@dataclass(frozen=True, slots=True)
class PaymentInFull:
    """A payment with its order, its refunds and its splits, the newest first."""

    found: FoundPayment
    order: FoundOrder
    refunds: Sequence[FoundRefund]
    splits: Sequence[FoundSplit]

    @property
    def amount_left(self) -> int:
        """What can still be given back, as far as it is known here: trade-core judges."""
        payment = self.found.payment
        if payment.status is not PaymentStatus.SUCCEEDED:
            return 0
        under_way = sum(
            found.refund.amount for found in self.refunds if found.refund.status in UNDER_WAY
        )
        return max(0, payment.amount - payment.amount_refunded - under_way)


async def list_orders(deps: Deps, search: Search) -> list[FoundOrder]:
    async with deps.reader.transaction() as tx:
        return await store.list_orders(tx, search)


async def list_payments(deps: Deps, search: Search) -> list[FoundPayment]:
    async with deps.reader.transaction() as tx:
        return await store.list_payments(tx, search)


async def list_refunds(deps: Deps, search: Search) -> list[FoundRefund]:
    async with deps.reader.transaction() as tx:
        return await store.list_refunds(tx, search)


async def read_order(deps: Deps, order_id: str, scope: Scope) -> FoundOrder:
    async with deps.db.connection() as tx:
        return await store.get_order(tx, order_id, scope)


async def read_payment(deps: Deps, payment_no: str, scope: Scope) -> PaymentInFull:
    """Raises NoSuch, also for a payment that has not arrived here yet."""
    async with deps.db.transaction() as tx:
        found = await store.get_payment(tx, payment_no, scope)
        order = await store.get_order(tx, found.order_id, scope)
        refunds = await store.list_refunds(
            tx, Search(scope, payment_no=payment_no, limit=MAX_REFUNDS_SHOWN)
        )
        parts = await splits.list_splits(
            tx, SplitSearch(scope, payment_no=payment_no, limit=MAX_SPLITS_SHOWN)
        )
    return PaymentInFull(found, order, refunds, parts)


async def read_refund(deps: Deps, refund_no: str, scope: Scope) -> FoundRefund:
    async with deps.db.transaction() as tx:
        return await store.get_refund(tx, refund_no, scope)


async def list_splits(deps: Deps, search: SplitSearch) -> list[FoundSplit]:
    async with deps.reader.transaction() as tx:
        return await splits.list_splits(tx, search)


async def read_split(deps: Deps, split_no: str, scope: Scope) -> FoundSplit:
    async with deps.db.transaction() as tx:
        return await splits.get_split(tx, split_no, scope)


async def read_events(deps: Deps, event_ids: Sequence[str], scope: Scope) -> dict[str, PastEvent]:
    """What orders they are events of; those that have not arrived here, or lie outside the scope,
    are left out."""
    if not event_ids:
        return {}
    async with deps.reader.connection() as tx:
        return await history.list_by_events(tx, event_ids, scope)


async def list_hits(deps: Deps, typed: Typed, scope: Scope, limit: int) -> list[Hit]:
    """What has this number, or one that begins so."""
    async with deps.reader.transaction() as tx:
        return await numbers.find(tx, typed, scope, limit)


async def read_audit(
    deps: Deps, asked: ListQuery, *, after: int | None, limit: int
) -> list[NumberedEntry]:
    async with deps.db.connection() as tx:
        return await audit.list_entries(tx, asked, after=after, limit=limit)
