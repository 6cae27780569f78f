"""Fixed counter codes (固定收款码) of merchants."""

from chassis.migrations import execute

revision = "0010"
down_revision = "0009"

CODES = """
create table counter_code (
    code_id     text primary key,
    merchant_id text not null references merchant,
    app_id      text not null references app,
    name        text not null,
    min_amount  bigint not null check (min_amount > 0),
    max_amount  bigint not null check (max_amount >= min_amount),
    daily_limit bigint not null check (daily_limit >= max_amount),
    amounts     bigint[] not null,
    state       text not null,
    version     bigint not null,
    created_at  timestamptz not null,
    updated_at  timestamptz not null
);
create index counter_code_merchant on counter_code (merchant_id, code_id);
comment on table counter_code is 'Where payers begin orders of an app by themselves.';
"""


def upgrade() -> None:
    execute(CODES)
