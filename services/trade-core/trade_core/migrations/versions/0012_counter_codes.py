"""What was begun at counter codes, for the limit of a day."""

from chassis.migrations import execute

revision = "0012"
down_revision = "0011"

ORDERS = """
create table counter_code_orders (
    order_id text primary key references orders,
    code_id  text not null,
    day      date not null
);
create index counter_code_orders_of_a_day on counter_code_orders (code_id, day);
comment on table counter_code_orders is
    'Orders that payers began at a counter code, by the Beijing day; what is closed unpaid does not
     count.';
"""


def upgrade() -> None:
    execute(ORDERS)
