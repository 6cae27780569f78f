"""The rules of orders and payments as one check each: what a check says is read anew, word by word,
by each statement that writes a row, and a function's call is short."""

from chassis.migrations import execute

revision = "0023"
down_revision = "0022"

FUNCTIONS = """
create function order_keeps_rules(
    state text, amount bigint, amount_paid bigint, amount_refunded bigint
) returns boolean language plpgsql immutable parallel safe as $$
begin
    return state in ('open', 'paid', 'closed')
        and amount > 0
        and amount_refunded between 0 and amount_paid;
end $$;

create function payment_keeps_rules(
    state text, payment_id text, paid_at timestamptz, settles boolean, amount bigint,
    refund_reserved bigint, amount_refunded bigint, split_reserved bigint
) returns boolean language plpgsql immutable parallel safe as $$
begin
    return state in ('initiating', 'pending', 'unknown', 'succeeded', 'failed', 'closed',
                     'conflicted')
        and amount > 0
        and refund_reserved between 0 and amount
        and amount_refunded between 0 and refund_reserved
        and split_reserved between 0 and amount
        and case state when 'succeeded' then payment_id is not null and paid_at is not null
            else not settles and refund_reserved = 0 and split_reserved = 0 end;
end $$;
"""

# Not validated: each row that is there was checked by those that it replaces. The months of the
# archive inherit it.
CHECKS = """
alter table orders
    drop constraint orders_state_check,
    drop constraint orders_amount_check,
    drop constraint orders_check,
    add constraint orders_keep_rules check (
        order_keeps_rules(state, amount, amount_paid, amount_refunded)) not valid;
alter table payments
    drop constraint payments_state_check,
    drop constraint payments_amount_check,
    drop constraint payments_check,
    drop constraint payments_check1,
    drop constraint payments_check2,
    drop constraint payments_check3,
    drop constraint payments_check4,
    drop constraint payments_split_reserved_check,
    drop constraint payments_split_state_check,
    add constraint payments_keep_rules check (
        payment_keeps_rules(state, payment_id, paid_at, settles, amount, refund_reserved,
                            amount_refunded, split_reserved)) not valid;
"""


def upgrade() -> None:
    for script in (FUNCTIONS, CHECKS):
        execute(script)
