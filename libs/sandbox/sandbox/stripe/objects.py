"""Stripe's objects, as it tells them: more members than anybody reads, many of them null.

Source: docs.stripe.com/api (the objects' pages)
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.deps import Deps
from sandbox.faults import UNHARMED, Hit
from sandbox.truth import Refund, Trade

UNHEARD = "unheard_of"
REFUND_STATES = {
    "processing": "pending",
    "succeeded": "succeeded",
    "failed": "canceled",
    "abnormal": "failed",
}
Object = dict[str, Any]
Expands = Callable[[str], bool]


def nothing(path: str) -> bool:
    return False


def within(expands: Expands, name: str) -> Expands:
    return lambda path: expands(f"{name}.{path}")


def session(deps: Deps, trade: Trade, expands: Expands = nothing, hit: Hit = UNHARMED) -> Object:
    is_used = trade.state == "paid"
    state = {"created": "open", "paid": "complete", "closed": "expired"}[trade.state]
    intent_shown: Any = trade.channel_trade_no if is_used else None
    if is_used and expands("payment_intent"):
        intent_shown = intent(deps, trade, within(expands, "payment_intent"), hit)
    amount = trade.taken + ("wrong_amount" in hit)
    return {
        "id": trade.number,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": True},
        "after_expiration": None,
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": trade.details["cancel_url"] or None,
        "client_reference_id": trade.details["reference"] or None,
        "created": int(trade.created_at),
        "currency": trade.details["currency"],
        "customer": None,
        "customer_details": {"email": "payer@example.com", "name": "阳光花园", "phone": None}
        if is_used
        else None,
        "expires_at": int(trade.closes_at),
        "livemode": False,
        "locale": None,
        "metadata": trade.details["metadata"],
        "mode": "payment",
        "payment_intent": intent_shown,
        "payment_method_types": ["card", "link"],
        "payment_status": UNHEARD if "unknown_status" in hit else ("paid" if is_used else "unpaid"),
        "status": state,
        "success_url": trade.details["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted",
        "url": f"{deps.public_url}/c/pay/{trade.number}" if state == "open" else None,
        "a_member_of_a_later_release": {"value": [1, None]},
    }


def intent(deps: Deps, trade: Trade, expands: Expands = nothing, hit: Hit = UNHARMED) -> Object:
    is_paid = trade.state == "paid"
    state = {"created": "requires_payment_method", "paid": "succeeded", "closed": "canceled"}
    amount = trade.taken + ("wrong_amount" in hit)
    charged: Any = charge_no(trade) if is_paid else None
    if is_paid and expands("latest_charge"):
        charged = charge(deps, trade)
    return {
        "id": trade.channel_trade_no,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": amount if is_paid else 0,
        "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
        "canceled_at": int(trade.closed_at) if trade.closed_at else None,
        "cancellation_reason": trade.details.get("closed_by") if trade.closed_at else None,
        "capture_method": "automatic_async",
        "client_secret": trade.details.get("client_secret"),
        "confirmation_method": "automatic",
        "created": int(trade.created_at),
        "currency": trade.details["currency"],
        "description": trade.subject or None,
        "last_payment_error": None,
        "latest_charge": charged,
        "livemode": False,
        "metadata": trade.details["intent_metadata"],
        "next_action": None,
        "payment_method": "pm_card_visa" if is_paid else None,
        "payment_method_types": ["card"],
        "receipt_email": None,
        "status": UNHEARD if "unknown_status" in hit else state[trade.state],
        "transfer_group": None,
    }


def charge_no(trade: Trade) -> str:
    return f"ch_{trade.channel_trade_no[3:]}"


def charge(deps: Deps, trade: Trade) -> Object:
    back = sum(
        each.amount
        for each in deps.truth.list_refunds(trade)
        if each.state in ("processing", "succeeded")
    )
    return {
        "id": charge_no(trade),
        "object": "charge",
        "amount": trade.taken,
        "amount_captured": trade.taken,
        "amount_refunded": back,
        "balance_transaction": f"txn_{trade.channel_trade_no[3:]}",
        "billing_details": {"address": {"city": None, "country": None}, "name": None},
        "captured": True,
        "created": int(trade.paid_at or trade.created_at),
        "currency": trade.details["currency"],
        "disputed": "dispute" in trade.details,
        "failure_code": None,
        "livemode": False,
        "metadata": trade.details["intent_metadata"],
        "outcome": {"network_status": "approved_by_network", "type": "authorized"},
        "paid": True,
        "payment_intent": trade.channel_trade_no,
        "refunded": back >= trade.taken,
        "status": "succeeded",
    }


def refund(trade: Trade, refunded: Refund, hit: Hit = UNHARMED) -> Object:
    state = REFUND_STATES[refunded.state]
    members = {
        "id": refunded.channel_refund_no,
        "object": "refund",
        "amount": refunded.amount + ("wrong_amount" in hit),
        "balance_transaction": f"txn_{refunded.channel_refund_no[3:]}",
        "charge": charge_no(trade),
        "created": int(refunded.created_at),
        "currency": trade.details["currency"],
        "destination_details": {"card": {"type": "refund", "reference": None}, "type": "card"},
        "metadata": refunded.details.get("metadata", {}),
        "payment_intent": trade.channel_trade_no,
        "reason": refunded.reason or None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": UNHEARD if "unknown_status" in hit else state,
        "transfer_reversal": None,
    }
    if state == "failed":
        members |= {"failure_reason": "lost_or_stolen_card", "failure_balance_transaction": None}
    return members


def dispute(deps: Deps, trade: Trade, expands: Expands = nothing) -> Object:
    """The payer's bank took it back."""
    members = trade.details["dispute"]
    is_won = "won_at" in members
    intent_shown: Any = trade.channel_trade_no
    if expands("payment_intent"):
        intent_shown = intent(deps, trade, within(expands, "payment_intent"))
    return {
        "id": members["id"],
        "object": "dispute",
        "amount": members["amount"],
        "balance_transactions": [_moved(trade, won=won) for won in (False, True)[: 1 + is_won]],
        "charge": charge_no(trade),
        "created": int(members["at"]),
        "currency": trade.details["currency"],
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": intent_shown,
        "reason": "fraudulent",
        "status": "won" if is_won else "needs_response",
    }


def _moved(trade: Trade, *, won: bool) -> Object:
    """What the dispute moved on the balance: away, and back where it was won."""
    members = trade.details["dispute"]
    return {
        "id": f"txn_{members['id'][3:]}{'won' if won else ''}",
        "object": "balance_transaction",
        "amount": members["amount"] if won else -members["amount"],
        "currency": trade.details["currency"],
        "fee": 0 if won else 1500,
        "reporting_category": "dispute_reversal" if won else "dispute",
        "type": "adjustment",
    }


def listed(rows: Sequence[Mapping[str, Any]], url: str, limit: int) -> Object:
    """The first of them, and whether there are more."""
    return {
        "object": "list",
        "data": rows[:limit],
        "has_more": len(rows) > limit,
        "url": url,
    }
