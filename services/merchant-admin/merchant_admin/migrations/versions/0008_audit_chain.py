"""An audit that its own service cannot rewrite: each row is chained to the one before.

The trigger works with the rights of whoever owns the table, which in production is not the service:
that one may only add rows, and does not choose their place or hash.
"""

from chassis.migrations import execute

revision = "0008"
down_revision = "0007"

COLUMNS = """
alter table audit
    add column position bigint,
    add column day      date,
    add column hash     bytea;

create table audit_head (
    is_only  boolean primary key default true check (is_only),
    position bigint not null,
    day      date not null,
    hash     bytea not null
);
comment on table audit_head is 'The last link of the chain of the audit.';
insert into audit_head (position, day, hash) values (0, '-infinity', sha256('paymesh audit'));
"""

# The text is made of a JSON array, so that no two rows have the same one. The day is the database's
# and never goes back, whatever the clocks of the replicas say.
CHAIN = """
create function audit_link(previous bytea, entry audit) returns bytea
language sql stable set search_path = pg_catalog, public as $$
    select sha256(previous || convert_to(jsonb_build_array(
        entry.position, to_char(entry.day, 'YYYY-MM-DD'), entry.id,
        to_char(entry.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
        entry.actor, entry.action, entry.entity_kind, entry.entity_id,
        entry.before, entry.after, entry.ip, entry.request_id)::text, 'utf8'))
$$;

create function chain_audit() returns trigger
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    head public.audit_head;
begin
    select * into strict head from public.audit_head for update;
    new.position := head.position + 1;
    new.day := greatest(head.day, (clock_timestamp() at time zone 'UTC')::date);
    new.hash := public.audit_link(head.hash, new);
    update public.audit_head set position = new.position, day = new.day, hash = new.hash;
    return new;
end $$;
"""

OLD_ROWS = """
alter table audit disable trigger audit_is_append_only;
do $$
declare
    entry audit;
    head audit_head;
begin
    select * into head from audit_head;
    for entry in select * from audit order by id loop
        entry.position := head.position + 1;
        entry.day := greatest(head.day, (entry.at at time zone 'UTC')::date);
        entry.hash := audit_link(head.hash, entry);
        update audit set position = entry.position, day = entry.day, hash = entry.hash
         where id = entry.id;
        head.position := entry.position;
        head.day := entry.day;
        head.hash := entry.hash;
    end loop;
    update audit_head set position = head.position, day = head.day, hash = head.hash;
end $$;
alter table audit enable trigger audit_is_append_only;
"""

FROM_NOW_ON = """
alter table audit
    alter column position set not null,
    alter column day set not null,
    alter column hash set not null,
    add constraint audit_position unique (position);
create trigger audit_is_chained before insert on audit
    for each row execute function chain_audit();
revoke update, delete, truncate on audit from current_user;
"""


def upgrade() -> None:
    for script in (COLUMNS, CHAIN, OLD_ROWS, FROM_NOW_ON):
        execute(script)
