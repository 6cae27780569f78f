"""What waits, or waited, for a second person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg

from chassis.database import Tx
from merchant_admin.domain.approvals import Approval, ApprovalKind, ApprovalState, Asked
from merchant_admin.domain.entities import ChannelAccount
from merchant_admin.domain.errors import NoSuch
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.scope import Scope
from merchant_admin.store.entity_lists import EntityList, period
from merchant_admin.store.scope import all_within, of_several

ADD = """
insert into approval (approval_id, kind, merchant_ids, subject, request, shown, seen, requested_by,
                      behind, requested_ip, requested_at, expires_at, state)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'waiting')
"""

GET = all_within("select * from approval where approval_id = $1 and :scope", "merchant_ids", 2)

LIST: Final = EntityList(
    table="approval",
    key="approval_id",
    scope=of_several("merchant_ids"),
    conditions={
        "state": "state = {0}",
        "kind": "kind = {0}",
        "merchant_id": "merchant_ids @> array[{0}::text]",
        "number": "upper({0}) in (approval_id, subject)",
        "requested_by": "requested_by = {0}",
        **period("requested_at"),
    },
)

COUNT_WAITING = all_within(
    "select count(*) from approval"
    " where state = 'waiting' and expires_at > $1 and kind = any($3::text[]) and :scope",
    "merchant_ids",
    2,
)

LOCK_SUBJECT = "select pg_advisory_xact_lock(hashtextextended($1, 0))"

LIST_WAITING_REFUNDS = """
select * from approval
 where kind = 'refund' and subject = any($1) and state = 'waiting' and expires_at > $2
 order by approval_id
 limit $3
"""

FIND_REFUND = """
select * from approval
 where subject = $1 and kind = 'refund' and request ->> 'merchant_refund_no' = $2
   and (state in ('approved', 'done') or state = 'waiting' and expires_at > $3)
 order by approval_id desc
 limit 1
"""

FIND_SAME = """
select * from approval
 where subject = $1 and kind = $2 and request = $3
   and (state in ('approved', 'done') or state = 'waiting' and expires_at > $4)
 order by approval_id desc
 limit 1
"""

FIND_WAITING = """
select * from approval
 where subject = $1 and kind = $2 and state = 'waiting' and expires_at > $3
   and coalesce(request ->> 'key_id', request ->> 'access') is not distinct from $4
 order by approval_id
 limit 1
"""

FIND_NEW_ACCOUNT = """
select * from approval
 where kind = 'credentials' and state = 'waiting' and expires_at > $1
   and request ->> 'new' is not null
   and (subject = $2 or $3 = any(merchant_ids) and request -> 'new' ->> 'channel' = $4
                        and request -> 'new' -> 'identity' = $5)
 order by subject <> $2, approval_id
 limit 1
"""

LOCK_WAITING = """
select * from approval where approval_id = $1 and state = 'waiting' and expires_at > $2 for update
"""

DECIDE = """
update approval
   set state = $2, decided_by = $3, decided_at = $4, reason = $5, outcome = $6
 where approval_id = $1 and state = 'waiting' and expires_at > $4
returning *
"""

FINISH = """
update approval set state = $2, outcome = $3 where approval_id = $1 and state = 'approved'
returning *
"""

EXPIRE = """
update approval set state = 'expired', decided_at = $1 where state = 'waiting' and expires_at <= $1
returning *
"""

LIST_WAITING = """
select * from approval where kind = $1 and state = 'waiting' and approval_id > $2
 order by approval_id limit $3
"""

SET_REQUEST = """
update approval set request = $2 where approval_id = $1 and state = 'waiting' returning true
"""

LIST_UNFINISHED = """
select * from approval where state = 'approved' and decided_at <= $1 order by decided_at limit $2
"""


async def add_approval(tx: Tx, approval: Approval) -> None:
    asked = approval.asked
    await tx.execute(
        ADD, approval.approval_id, asked.kind, asked.merchant_ids, asked.subject,
        dict(asked.request), dict(asked.shown), dict(asked.seen), approval.requested_by,
        approval.behind, approval.requested_ip, approval.requested_at, approval.expires_at,
    )  # fmt: skip


async def get_approval(tx: Tx, approval_id: str, scope: Scope) -> Approval:
    """Raises NoSuch, also for one that is about a merchant outside the scope."""
    row = await tx.fetchrow(GET, approval_id, scope.parameter)
    if row is None:
        raise NoSuch("approval")
    return _approval(row)


async def list_approvals(
    tx: Tx, asked: ListQuery, *, after: str | None, limit: int
) -> list[Approval]:
    """The newest first, from behind `after` on."""
    return [_approval(row) for row in await LIST.page(tx, asked, after=after, limit=limit)]


async def count_waiting(tx: Tx, scope: Scope, kinds: Sequence[ApprovalKind], now: datetime) -> int:
    """Of these kinds."""
    count: int = await tx.fetchval(COUNT_WAITING, now, scope.parameter, kinds)
    return count


async def find_refund_locked(
    tx: Tx, payment_no: str, merchant_refund_no: str, now: datetime
) -> Approval | None:
    """The one of this number that waits, or was agreed to; nobody else asks for any of this
    payment before the transaction ends."""
    await tx.execute(LOCK_SUBJECT, payment_no)
    row = await tx.fetchrow(FIND_REFUND, payment_no, merchant_refund_no, now)
    return None if row is None else _approval(row)


async def find_same_locked(tx: Tx, asked: Asked, now: datetime) -> Approval | None:
    """The one with this very content that waits, or was agreed to; nobody else asks for anything
    of its subject before the transaction ends."""
    await tx.execute(LOCK_SUBJECT, asked.subject)
    row = await tx.fetchrow(FIND_SAME, asked.subject, asked.kind, dict(asked.request), now)
    return None if row is None else _approval(row)


async def find_waiting(tx: Tx, asked: Asked, now: datetime) -> Approval | None:
    """What waits of the same subject, of an app for the same key, secret or state; the caller has
    locked the subject."""
    part = asked.request.get("key_id") or asked.request.get("access")
    row = await tx.fetchrow(FIND_WAITING, asked.subject, asked.kind, now, part)
    return None if row is None else _approval(row)


async def find_new_account(tx: Tx, account: ChannelAccount, now: datetime) -> Approval | None:
    """The one by which an account of this number waits, or of its merchant and identity."""
    row = await tx.fetchrow(
        FIND_NEW_ACCOUNT, now, account.account_id, account.merchant_id, account.channel,
        account.identity,
    )  # fmt: skip
    return None if row is None else _approval(row)


async def list_waiting_refunds(
    tx: Tx, payment_nos: Sequence[str], now: datetime, limit: int
) -> list[Approval]:
    """Those of these payments, the oldest first."""
    rows = await tx.fetch(LIST_WAITING_REFUNDS, payment_nos, now, limit)
    return [_approval(row) for row in rows]


async def find_waiting_locked(tx: Tx, approval_id: str, now: datetime) -> Approval | None:
    """If it still waits, as it is now: nobody else decides it, and nothing of it is sealed anew,
    before the transaction ends."""
    row = await tx.fetchrow(LOCK_WAITING, approval_id, now)
    return None if row is None else _approval(row)


async def decide(
    tx: Tx,
    approval_id: str,
    state: ApprovalState,
    *,
    by: str,
    at: datetime,
    reason: str | None,
    outcome: Mapping[str, Any] | None = None,
) -> Approval | None:
    """None where somebody else decided first, or it has expired."""
    given = outcome if outcome is None else dict(outcome)
    row = await tx.fetchrow(DECIDE, approval_id, state, by, at, reason, given)
    return None if row is None else _approval(row)


async def finish(
    tx: Tx, approval_id: str, state: ApprovalState, outcome: Mapping[str, Any]
) -> Approval | None:
    """What came of one that was agreed to; None where that is written down already."""
    row = await tx.fetchrow(FINISH, approval_id, state, dict(outcome))
    return None if row is None else _approval(row)


async def expire(tx: Tx, now: datetime) -> list[Approval]:
    """Those whose time is over from now on."""
    return [_approval(row) for row in await tx.fetch(EXPIRE, now)]


async def list_waiting(tx: Tx, kind: ApprovalKind, *, after: str, limit: int) -> list[Approval]:
    """Also those whose time is over, as long as that is not written down."""
    return [_approval(row) for row in await tx.fetch(LIST_WAITING, kind, after, limit)]


async def set_request(tx: Tx, approval: Approval) -> bool:
    """Write down what is asked for in another form; False where it waits no more."""
    request = dict(approval.asked.request)
    return await tx.fetchval(SET_REQUEST, approval.approval_id, request) is not None


async def list_unfinished(tx: Tx, *, decided_before: datetime, limit: int) -> list[Approval]:
    """Agreed to, and nobody has heard what came of it; the oldest first."""
    return [_approval(row) for row in await tx.fetch(LIST_UNFINISHED, decided_before, limit)]


def _approval(row: asyncpg.Record) -> Approval:
    return Approval(
        approval_id=row["approval_id"],
        asked=Asked(
            kind=ApprovalKind(row["kind"]),
            merchant_ids=tuple(row["merchant_ids"]),
            subject=row["subject"],
            request=row["request"],
            shown=row["shown"],
            seen=row["seen"],
        ),
        requested_by=row["requested_by"],
        behind=tuple(row["behind"]),
        requested_ip=row["requested_ip"],
        requested_at=row["requested_at"],
        expires_at=row["expires_at"],
        state=ApprovalState(row["state"]),
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        reason=row["reason"],
        outcome=row["outcome"],
    )
