"""Roles of the field, and whose data each user sees.

What was `admin` is an administrator, what was `viewer` an auditor. Replicas of the version before
know neither and answer nobody of them until they are replaced.
"""

from chassis.migrations import execute

revision = "0009"
down_revision = "0008"

CHANGES = """
alter table admin_user add column merchant_ids text[];
comment on column admin_user.merchant_ids is 'Whose data they see; null: that of all merchants.';

do $$
declare
    name text;
begin
    for name in select conname from pg_constraint
                 where conrelid = 'admin_user'::regclass and contype = 'c'
                   and pg_get_constraintdef(oid) like '%role%' loop
        execute format('alter table admin_user drop constraint %I', name);
    end loop;
end $$;
update admin_user set role = case role when 'admin' then 'administrator'
                                       when 'viewer' then 'auditor' else role end;
alter table admin_user
    add constraint admin_user_role
        check (role in ('administrator', 'operator', 'finance', 'auditor', 'merchant_staff')),
    add constraint admin_user_of_environment
        check (role = 'administrator' or not is_from_environment),
    add constraint admin_user_scope
        check (case role when 'administrator' then merchant_ids is null
                         when 'merchant_staff' then cardinality(merchant_ids) > 0
                         else merchant_ids is null or cardinality(merchant_ids) > 0 end is true);
"""


def upgrade() -> None:
    execute(CHANGES)
