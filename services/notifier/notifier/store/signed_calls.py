"""Which signed calls of apps were carried out, so that a replayed one is not carried out again.

The gateway that let a replay in is another replica than the first one's, or began anew since: it
does not know the nonce. Here the latest signed time of each call decides.
"""

from dataclasses import dataclass
from datetime import datetime

from chassis.database import Tx

FORGOTTEN_AT_ONCE = 5_000
KEPT_S = 3600.0
"""The gateway takes no request signed more than five minutes ago, or ahead."""


@dataclass(frozen=True, slots=True)
class SignedCall:
    """`signed_at` by the app's clock. `event_id`: what a ping makes."""

    app_id: str
    call: str
    signed_at: datetime
    event_id: str | None = None


async def is_new(tx: Tx, call: SignedCall) -> bool:
    """Remember it; False: this one or a later one was carried out. Waits for one under way."""
    noted = await tx.fetchval(_NOTE, call.app_id, call.call, call.signed_at, call.event_id)
    return noted is not None


async def find_event(tx: Tx, app_id: str, call: str) -> str | None:
    """What the latest of these calls made."""
    event_id: str | None = await tx.fetchval(_EVENT, app_id, call)
    return event_id


async def forget(tx: Tx) -> bool:
    """Remove those whose replays the gateway refuses; True: there are more."""
    return bool(await tx.fetchval(_FORGET, KEPT_S, FORGOTTEN_AT_ONCE) == FORGOTTEN_AT_ONCE)


_NOTE = """
insert into signed_call as known (app_id, call, signed_at, event_id) values ($1, $2, $3, $4)
on conflict (app_id, call) do update
set signed_at = excluded.signed_at, event_id = excluded.event_id, seen_at = now()
where known.signed_at < excluded.signed_at
returning 1
"""

_EVENT = "select event_id from signed_call where app_id = $1 and call = $2"

_FORGET = """
with old as (
    select app_id, call from signed_call where seen_at < now() - make_interval(secs => $1)
    order by seen_at limit $2 for update skip locked
), gone as (
    delete from signed_call using old
    where signed_call.app_id = old.app_id and signed_call.call = old.call returning 1
)
select count(*) from gone
"""
