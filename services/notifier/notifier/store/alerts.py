"""Alerts, as they came."""

from collections.abc import Sequence

from chassis.database import Tx
from contracts.events.alerts import AlertRecord


async def add(tx: Tx, records: Sequence[AlertRecord]) -> None:
    """Keep them; one that is known already adds nothing."""
    await tx.executemany(
        _ADD,
        [
            (
                record.id,
                record.data.key,
                record.data.severity,
                record.data.title,
                record.data.detail,
                record.data.merchant_id,
                record.data.facts,
                record.time,
            )
            for record in records
        ],
    )


_ADD = """
insert into alert (alert_id, key, severity, title, detail, merchant_id, facts, raised_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict do nothing
"""
