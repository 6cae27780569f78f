"""Which signed calls of apps were carried out, so that a replayed one is not carried out again.

The gateway that let a replay in is another replica than the first one's, or began anew since: it
does not know the nonce. Here it is remembered for longer than a signature is good.
"""

from dataclasses import dataclass

from chassis.database import Tx

FORGOTTEN_AT_ONCE = 5_000
KEPT_S = 3600.0
"""The gateway takes no request signed more than five minutes ago, or ahead."""


@dataclass(frozen=True, slots=True)
class SignedCall:
    """`signed_as`: the key and the nonce of the request's signature. `event_id`: what a ping
    makes."""

    app_id: str
    signed_as: str
    event_id: str | None = None


async def is_new(tx: Tx, call: SignedCall) -> bool:
    """Remember it; False: it was carried out. Waits for the same one under way."""
    noted = await tx.fetchval(_NOTE, call.app_id, call.signed_as, call.event_id)
    return noted is not None


async def find_event(tx: Tx, call: SignedCall) -> str | None:
    """What this call made when it was carried out."""
    event_id: str | None = await tx.fetchval(_EVENT, call.app_id, call.signed_as)
    return event_id


async def forget(tx: Tx) -> bool:
    """Remove those whose replays the gateway refuses; True: there are more."""
    return bool(await tx.fetchval(_FORGET, KEPT_S, FORGOTTEN_AT_ONCE) == FORGOTTEN_AT_ONCE)


_NOTE = """
insert into signed_call (app_id, signed_as, event_id) values ($1, $2, $3)
on conflict do nothing
returning 1
"""

_EVENT = "select event_id from signed_call where app_id = $1 and signed_as = $2"

_FORGET = """
with old as (
    select app_id, signed_as from signed_call where seen_at < now() - make_interval(secs => $1)
    order by seen_at limit $2 for update skip locked
), gone as (
    delete from signed_call using old
    where signed_call.app_id = old.app_id and signed_call.signed_as = old.signed_as returning 1
)
select count(*) from gone
"""
