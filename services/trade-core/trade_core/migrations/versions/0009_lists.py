"""For what apps list: orders, payments, refunds and splits of an app by their numbers."""

from chassis.migrations import create_index_concurrently, execute, execute_in_steps

revision = "0009"
down_revision = "0008"

# Replicas of the release before still write null; the next release fills these in too.
APP_OF_A_PAYMENT = """
alter table payments add column app_id text;
comment on column payments.app_id is 'That of the order: for lists, which go by payments alone.';
"""

FILL_IN = """
with step as (
    select payment_no from payments where payment_no > $1 order by payment_no limit 10000
), filled as (
    update payments p set app_id = o.app_id
    from step join payments q using (payment_no) join orders o using (order_id)
    where p.payment_no = step.payment_no and p.app_id is null
)
select max(payment_no) from step
"""


def upgrade() -> None:
    execute(APP_OF_A_PAYMENT)
    execute_in_steps(FILL_IN)
    create_index_concurrently("payments_of_app", "on payments (app_id, payment_no)")
    create_index_concurrently("orders_of_app", "on orders (app_id, order_id)")
    create_index_concurrently("refunds_of_app", "on refunds (app_id, refund_no)")
    create_index_concurrently("splits_of_app", "on splits (app_id, split_no)")
