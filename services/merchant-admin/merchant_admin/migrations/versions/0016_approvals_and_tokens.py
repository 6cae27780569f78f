"""What waits for a second person, and tokens of machines."""

from chassis.migrations import execute

revision = "0016"
down_revision = "0015"

CHANGES = """
alter table merchant
    add column four_eyes_refunds_from       bigint check (four_eyes_refunds_from > 0),
    add column four_eyes_credentials        boolean not null default false,
    add column four_eyes_callback_addresses boolean not null default false;
comment on column merchant.four_eyes_refunds_from is
    'Minor units, from which refunds that people ask for wait for a second person.';

create table approval (
    approval_id  text primary key,
    kind         text not null
                 check (kind in ('refund', 'credentials', 'callback_address', 'four_eyes')),
    merchant_ids text[] not null check (cardinality(merchant_ids) > 0),
    subject      text not null,
    request      jsonb not null,
    shown        jsonb not null,
    seen         jsonb not null,
    requested_by text not null,
    behind       text[] not null,
    requested_ip text not null,
    requested_at timestamptz not null,
    expires_at   timestamptz not null,
    state        text not null check (state in ('waiting', 'approved', 'done', 'failed', 'rejected',
                                                'outdated', 'expired')),
    decided_by   text,
    decided_at   timestamptz,
    reason       text,
    outcome      jsonb,
    check ((state = 'waiting') = (decided_at is null)),
    check (state not in ('approved', 'done', 'failed') or not (decided_by = any(behind)))
);
create index approval_waiting on approval (expires_at) where state = 'waiting';
create index approval_unfinished on approval (decided_at) where state = 'approved';
create index approval_subject on approval (subject);
comment on column approval.request is 'What is carried out. Secrets only as sealed to a service.';
comment on column approval.shown is 'What people see of it.';
comment on column approval.seen is 'What it was asked for on; another now, and it is outdated.';
comment on column approval.behind is 'Who asked for it, themselves or by a token of theirs.';

create table api_token (
    token_id     text primary key,
    token_digest bytea not null unique,
    name         text not null,
    role         text not null
                 check (role in ('administrator', 'operator', 'finance', 'auditor',
                                 'merchant_staff')),
    merchant_ids text[] check (cardinality(merchant_ids) > 0),
    created_by   text not null,
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    last_used_at timestamptz,
    revoked_at   timestamptz
);
comment on table api_token is 'Tokens of machines for the admin API, as digests.';
"""


def upgrade() -> None:
    execute(CHANGES)
