"""Second factors, invitations, and sessions that people can tell apart.

Replicas of the version before let in whoever has a second factor by the password alone, until they
are replaced.
"""

from chassis.migrations import execute

revision = "0012"
down_revision = "0011"

CHANGES = """
alter table admin_user
    alter column password_hash drop not null,
    add constraint admin_user_of_environment_has_password
        check (password_hash is not null or not is_from_environment);
comment on column admin_user.password_hash is 'Null: invited, and has not set one yet.';

alter table session
    add column session_id       uuid not null default gen_random_uuid(),
    add column user_agent       text not null default '',
    add column authenticated_at timestamptz not null default now();
create unique index session_by_id on session (session_id);
comment on column session.authenticated_at is 'When they last proved who they are.';

create table invitation (
    username     text primary key references admin_user on delete cascade,
    token_digest bytea not null unique,
    created_at   timestamptz not null,
    expires_at   timestamptz not null
);
comment on table invitation is 'One-time links with which people set a password; digests only.';

create table second_factor (
    username       text primary key references admin_user on delete cascade,
    secret_sealed  bytea,
    pending_sealed bytea,
    last_step      bigint not null default 0,
    enrolled_at    timestamptz,
    check ((secret_sealed is null) = (enrolled_at is null)),
    check (secret_sealed is not null or pending_sealed is not null)
);
comment on column second_factor.last_step is 'The newest 30 s whose code was taken: none is twice.';

create table recovery_code (
    username text not null references second_factor on delete cascade,
    digest   bytea not null,
    primary key (username, digest)
);
comment on table recovery_code is 'Those that are left; one that is used is removed.';
"""


def upgrade() -> None:
    execute(CHANGES)
