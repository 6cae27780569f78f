"""The status of an order and of a payment as people are told it, and what went back of it.

In SQL, for lists, files and the search by a number; `domain.search.less_refunds` says the same of
what was read by itself.
"""

_LESS_REFUNDS = """case when {0}.status not in ('paid', 'succeeded') or {1} = 0 then {0}.status
       when {1} >= {2} then 'refunded' else 'partly_refunded' end"""
_SHOWN_STATUS = """case when {0}.status <> 'paid' and exists (
        select from payments_view q where q.order_id = {0}.order_id and q.status = 'conflicted')
       then 'conflicted' else {1} end"""
OF_ORDER = ("({0}.view ->> 'amount_refunded')::bigint", "({0}.view ->> 'amount_paid')::bigint")
OF_PAYMENT = (
    """(select coalesce(sum(y.amount), 0) from refunds_view y
         where y.payment_no = {0}.payment_no and y.status = 'succeeded')""",
    "({0}.view ->> 'amount')::bigint",
)


def _less_refunds(alias: str, amounts: tuple[str, str]) -> str:
    return _LESS_REFUNDS.format(alias, *(amount.format(alias) for amount in amounts))


def shown_status(order: str) -> str:
    """As people are told it: an order whose payer has paid something else does not wait for them,
    and one of which money went back is not called paid alone. `order`: the alias of its row."""
    return _SHOWN_STATUS.format(order, _less_refunds(order, OF_ORDER))


def shown_payment_status(payment: str) -> str:
    """As people are told it, like `shown_status`. `payment`: the alias of its row."""
    return _less_refunds(payment, OF_PAYMENT)
