"""Refunds as they are written: what is new, what changed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from chassis.database import Tx
from trade_core.domain.aggregate import OrderAggregate
from trade_core.domain.refund import Refund
from trade_core.store.concurrency import require_all
from trade_core.store.rows import failure_json, refund_fact_text, returns_json


async def insert(tx: Tx, aggregates: Iterable[OrderAggregate]) -> None:
    """Write the new ones. Raises ConcurrentChange where a number was taken meanwhile."""
    for aggregate in aggregates:
        for refund in aggregate.refunds.values():
            if refund.refund_no not in aggregate.snapshot.refunds:
                require_all(await tx.execute(_INSERT, [_insertion(refund)]), 1)


async def update(tx: Tx, changes: Sequence[tuple[Refund, Refund]]) -> None:
    """Write those that changed, before and after. Raises ConcurrentChange."""
    if not changes:
        return
    rows = [_change(*pair) for pair in changes]
    tag = await tx.execute(_UPDATE, rows, [now.refund_no for _, now in changes])
    require_all(tag, len(changes))


def _insertion(refund: Refund) -> dict[str, object]:
    """One that is new may have changed already: a batch holds several words about it."""
    return {name: getattr(refund, name) for name in _FIXED} | _changing(refund)


def _change(was: Refund, refund: Refund) -> dict[str, object]:
    return {"refund_no": refund.refund_no, "was": was.state, **_changing(refund)}


def _changing(refund: Refund) -> dict[str, object]:
    as_they_are = {name: getattr(refund, name) for name in _CHANGING if name != "heard"}
    return as_they_are | {
        "heard": refund_fact_text(refund.last_fact),
        "failure": failure_json(refund.failure),
        "returns": returns_json(refund.returns),
    }


_FIXED: Final = {
    "refund_no": "text",
    "order_id": "text",
    "payment_no": "text",
    "app_id": "text",
    "merchant_id": "text",
    "merchant_refund_no": "text",
    "fingerprint": "text",
    "cause": "text",
    "amount": "bigint",
    "currency": "text",
    "reason": "text",
    "notify_url": "text",
    "created_at": "timestamptz",
    "is_single": "bool",
    "is_total": "bool",
}
_CHANGING: Final = {
    "state": "text",
    "heard": "text",
    "channel_refund_no": "text",
    "failure": "jsonb",
    "refunded_at": "timestamptz",
    "decided": "text",
    "returns": "jsonb",
    "last_said_at": "timestamptz",
    "turn": "int",
    "is_dispute": "bool",
}
"""Columns and their types; `version` is the database's to count."""


def _typed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


_COLUMNS: Final = ", ".join(_FIXED | _CHANGING)

_INSERT: Final = f"""
insert into refunds ({_COLUMNS})
select {_COLUMNS} from jsonb_to_recordset($1) as c ({_typed(_FIXED | _CHANGING)})
on conflict do nothing
"""  # noqa: S608

_UPDATE: Final = f"""
update only refunds r
set {", ".join(f"{name} = c.{name}" for name in _CHANGING)}, version = r.version + 1
from jsonb_to_recordset($1) as c (refund_no text, was text, {_typed(_CHANGING)})
where r.refund_no = any ($2::text[]) and r.refund_no = c.refund_no and r.state = c.was
"""  # noqa: S608
