"""Users with roles (用户, 角色). Whoever could log in before is an admin.

Replicas of the version before keep their sessions and let nobody else in until they are replaced;
the first viewer is to be made when they are, for they know no roles.
"""

from chassis.migrations import execute

revision = "0005"
down_revision = "0004"

CHANGES = """
alter table administrator rename to admin_user;
alter table admin_user
    add column role                text not null default 'admin'
               check (role in ('viewer', 'operator', 'admin')),
    add column is_from_environment boolean not null default true
               check (role = 'admin' or not is_from_environment),
    add column disabled_at         timestamptz
               check (disabled_at is null or not is_from_environment),
    add column created_at          timestamptz not null default now();
alter table admin_user
    alter column role drop default,
    alter column is_from_environment drop default,
    alter column created_at drop default;
create index session_of_user on session (username);
"""


def upgrade() -> None:
    execute(CHANGES)
