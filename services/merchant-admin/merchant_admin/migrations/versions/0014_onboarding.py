"""What is shown of credentials and their trials, drafts of onboarding, imports."""

from chassis.migrations import execute

revision = "0014"
down_revision = "0013"

TABLES = """
create table account_facts (
    payment_id text primary key references channel_account,
    shown      jsonb not null,
    trial      jsonb,
    tried_at   timestamptz
);
comment on table account_facts is 'What may be seen of credentials, and what came of trying them.';

create table onboarding_draft (
    username   text primary key,
    draft      jsonb not null,
    updated_at timestamptz not null
);
comment on table onboarding_draft is 'How far somebody is in onboarding; never a secret.';

create table merchant_reference (
    reference   text primary key,
    merchant_id text not null references merchant
);
comment on table merchant_reference is 'The numbers of merchants in files that people import.';

create table import_batch (
    batch_id   text primary key,
    username   text not null,
    rows       jsonb not null,
    created_at timestamptz not null,
    applied_at timestamptz
);
create index import_batch_age on import_batch (created_at);
comment on table import_batch is 'Imports that were checked; credentials in them are sealed.';
"""


def upgrade() -> None:
    execute(TABLES)
