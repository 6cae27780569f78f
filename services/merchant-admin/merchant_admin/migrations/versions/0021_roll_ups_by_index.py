"""Roll-ups look up what a changed row belongs to by its key, each by itself.

The plan that a session keeps for a trigger is made when its tables are small: joined, all refunds
were read for each batch of payments until the next `analyze`.
"""

from importlib import import_module
from typing import Final

from chassis.migrations import execute

revision = "0021"
down_revision = "0020"

BEFORE: Final = import_module("merchant_admin.migrations.versions.0017_roll_ups")

REFUND_WITH_PAYMENT: Final = """
    select {sign} as sign, r.*, p.channel, p.view ->> 'method' as method
      from {refunds} r
      left join lateral (
           select * from payments_view where payment_no = r.payment_no offset 0) p on true"""

REFUNDS_MOVED: Final = """
    select moved.sign, r.*, moved.channel, moved.method
      from ({moved}) moved
     cross join lateral (
           select * from refunds_view where payment_no = moved.payment_no offset 0) r"""

DELIVERY_OF_ORDER: Final = """
    select {sign} as sign, d.*, o.merchant_id, o.app_id
      from {deliveries} d
     cross join lateral (
           select * from order_history where event_id = d.callback_id offset 0) h
     cross join lateral (
           select * from orders_view where order_id = h.order_id offset 0) o"""

EVENT_OF_DELIVERY: Final = """
    select 1 as sign, d.*, o.merchant_id, o.app_id
      from now_rows h
     cross join lateral (
           select * from deliveries_view where callback_id = h.event_id offset 0) d
     cross join lateral (
           select * from orders_view where order_id = h.order_id offset 0) o"""

FUNCTION: Final = """
create or replace function {name}() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext('roll-ups'));
    {statements}
    return null;
end $$;
"""


def upgrade() -> None:
    for name, statements in _functions().items():
        execute(FUNCTION.format(name=name, statements=statements))


def _functions() -> dict[str, str]:
    payments, refunds, callbacks = BEFORE.PAYMENTS, BEFORE.REFUNDS, BEFORE.CALLBACKS
    new = refunds.format(changed=REFUNDS_MOVED.format(moved=BEFORE.NEW_PAYMENTS_MOVE))
    changed = refunds.format(changed=REFUNDS_MOVED.format(moved=BEFORE.CHANGED_PAYMENTS_MOVE))
    return {
        "roll_up_new_payments": payments.format(changed=BEFORE.ADDED) + new,
        "roll_up_changed_payments": payments.format(changed=BEFORE.REPLACED) + changed,
        "roll_up_new_refunds": refunds.format(changed=_refunds("now_rows", 1)),
        "roll_up_changed_refunds": refunds.format(
            changed=f"{_refunds('was_rows', -1)} union all {_refunds('now_rows', 1)}"
        ),
        "roll_up_new_deliveries": callbacks.format(changed=_deliveries("now_rows", 1)),
        "roll_up_changed_deliveries": callbacks.format(
            changed=f"{_deliveries('was_rows', -1)} union all {_deliveries('now_rows', 1)}"
        ),
        "roll_up_known_deliveries": callbacks.format(changed=EVENT_OF_DELIVERY),
    }


def _refunds(rows: str, sign: int) -> str:
    return REFUND_WITH_PAYMENT.format(sign=sign, refunds=rows)


def _deliveries(rows: str, sign: int) -> str:
    return DELIVERY_OF_ORDER.format(sign=sign, deliveries=rows)
