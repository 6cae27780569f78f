"""The tables of the read model a second time, beside those that are read, until they change places.

They have the same names in a schema of their own, so that the statements that write the read model
write them where that schema is looked through first; their triggers do so too.
"""

from datetime import datetime
from typing import Final

from chassis.database import Tx

SCHEMA: Final = "rebuilding"
TABLES: Final = (
    "orders_view",
    "payments_view",
    "refunds_view",
    "splits_view",
    "deliveries_view",
    "order_history",
    "payment_hours",
    "time_to_pay_hours",
    "callback_hours",
)

CONSTRAINTS: Final = """
select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
 where conrelid = $1::text::regclass and contype in ('p', 'u', 'c')
"""
INDEXES: Final = """
select replace(pg_get_indexdef(indexrelid), ' ON public.', ' ON rebuilding.') as definition
  from pg_index i
 where indrelid = $1::text::regclass
   and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
"""
OPTIONS: Final = """
select array_to_string(reloptions, ', ') from pg_class where oid = $1::text::regclass
"""
GRANTS: Final = """
select quote_ident(pg_get_userbyid(grantee)) as role, privilege_type as privilege
  from pg_class c cross join lateral aclexplode(c.relacl)
 where c.oid = $1::text::regclass and grantee <> 0 and grantee <> c.relowner
"""
TRIGGERS: Final = """
select replace(pg_get_triggerdef(oid), ' ON public.', ' ON rebuilding.') as definition
  from pg_trigger where tgrelid = $1::text::regclass and not tgisinternal
"""

# Rows of which the log tells nothing any more: they are as old as that, and stay as they are.
CARRY_OVER: Final = """
insert into rebuilding.{table} select * from public.{table}
 where $1::timestamptz is null or {age} < $1
on conflict do nothing
"""
AGES: Final = {
    "orders_view": "created_at",
    "payments_view": "created_at",
    "refunds_view": "created_at",
    "splits_view": "created_at",
    "order_history": "at",
}


async def make_tables(tx: Tx) -> None:
    """Empty, with all that belongs to them, owned by who does this. What a rebuilding before has
    left is dropped."""
    await tx.execute(f"drop schema if exists {SCHEMA} cascade")
    await tx.execute(f"create schema {SCHEMA}")
    for table in TABLES:
        await tx.execute(f"create table {SCHEMA}.{table} (like public.{table} including defaults)")
        if options := await tx.fetchval(OPTIONS, f"public.{table}"):
            await tx.execute(f"alter table {SCHEMA}.{table} set ({options})")
        for row in await tx.fetch(GRANTS, f"public.{table}"):
            await tx.execute(f"grant {row['privilege']} on {SCHEMA}.{table} to {row['role']}")
        for row in await tx.fetch(CONSTRAINTS, f"public.{table}"):
            await tx.execute(
                f'alter table {SCHEMA}.{table} add constraint "{row["name"]}" {row["definition"]}'
            )
        for row in await tx.fetch(INDEXES, f"public.{table}"):
            await tx.execute(row["definition"])
    for table in TABLES:
        for row in await tx.fetch(TRIGGERS, f"public.{table}"):
            await tx.execute(row["definition"])


async def look_there(tx: Tx) -> None:
    """From here to the end of the transaction the statements of the read model go there."""
    await tx.execute(f"set local search_path = {SCHEMA}, public")


async def carry_over(tx: Tx, before: datetime | None) -> None:
    """What is older than the log; all there is where nothing stands in it."""
    await look_there(tx)
    for table, age in AGES.items():
        await tx.execute(CARRY_OVER.format(table=table, age=age), before)


async def carry_over_deliveries(tx: Tx) -> None:
    """How callbacks fared is the notifier's word, of which no log is read here."""
    await look_there(tx)
    await tx.execute(
        f"insert into {SCHEMA}.deliveries_view select * from public.deliveries_view"  # noqa: S608
        " on conflict do nothing"
    )


async def stop_writers(tx: Tx) -> None:
    """Until the end of the transaction; readers go on."""
    tables = ", ".join(f"public.{table}" for table in TABLES)
    await tx.execute(f"lock table {tables} in share row exclusive mode")


async def change_places(tx: Tx) -> None:
    """The new tables are those that are read from the commit on; the old ones are gone."""
    await tx.execute("create schema replaced")
    for table in TABLES:
        await tx.execute(f"alter table public.{table} set schema replaced")
        await tx.execute(f"alter table {SCHEMA}.{table} set schema public")
    await tx.execute(f"drop schema replaced cascade; drop schema {SCHEMA} cascade")
