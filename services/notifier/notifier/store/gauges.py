"""The state of the queue in figures, from partial indexes and with a limit on everything."""

from dataclasses import dataclass

from chassis.database import Tx

COUNTED = 100_000
"""What is counted is counted up to here."""


@dataclass(frozen=True, slots=True)
class Figures:
    """`due_oldest_s`: how long the oldest delivery that could be tried now has waited. `waiting`:
    deliveries that wait for an endpoint that is open or suspended."""

    due_oldest_s: float
    endpoints_open: int
    endpoints_suspended: int
    waiting: int
    exhausted: int


async def read(tx: Tx) -> Figures:
    row = await tx.fetchrow(_READ, COUNTED)
    assert row is not None
    return Figures(**row)


_READ = """
with down as (
    select lane_id from lane where trips > 0
    union all select lane_id from lane where suspended_at is not null
)
select greatest(0, extract(epoch from now() - least(
           (select min(fresh_at) from lane where fresh_at is not null),
           (select min(retry_at) from lane where retry_at is not null))))::float8 as due_oldest_s,
       (select count(*) from lane where trips > 0) as endpoints_open,
       (select count(*) from lane where suspended_at is not null) as endpoints_suspended,
       (select count(*) from (select from down join due using (lane_id) limit $1) one) as waiting,
       (select count(*) from (select from exhausted limit $1) one) as exhausted
"""
