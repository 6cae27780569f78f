"""What Stripe's objects say: sessions, payment intents, charges and refunds, as outcomes.

The payment's number at Stripe is that of its payment intent. Before somebody has paid, all that a
hosted page has is its session; that number makes way for the other (`Succeeded.earlier_no`).

Source: docs.stripe.com/api/checkout/sessions/object, docs.stripe.com/api/payment_intents/object,
docs.stripe.com/api/charges/object, docs.stripe.com/api/refunds/object
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from contracts.money import Money
from gateway.channels.formats import read_seconds, text, whole
from gateway.channels.meanings import unlisted_code
from gateway.channels.plugin import (
    Call,
    Declined,
    GivenBack,
    NotUnderstood,
    Outcome,
    Pending,
    Succeeded,
    Unknown,
    Unverifiable,
)
from gateway.channels.stripe import amounts

SESSION, INTENT, CHARGE = "checkout.session", "payment_intent", "charge"
REFUND, DISPUTE, LIST = "refund", "dispute", "list"

PAYMENT_NO, REFUND_NO, IS_HOSTED = "payment_no", "refund_no", "is_hosted"
"""What we note in the metadata of each object."""

Object = Mapping[str, Any]

_WAITING: Final = (
    "requires_payment_method",  # new, or the payer's last try failed
    "requires_confirmation",
    "requires_action",
    "processing",
    "requires_capture",
)


def payment_no(content: Object) -> str:
    """Our number of the payment that it is about; "" where it names none."""
    return text(content, "metadata", PAYMENT_NO)


def check_it_is(content: Object, number: str) -> None:
    """Raises Unverifiable where it speaks of another payment."""
    if payment_no(content) != number:
        raise Unverifiable("the answer speaks of another trade")


def trade(content: Object) -> Outcome:
    """How the payment stands, by its session or its payment intent."""
    match text(content, "object"):
        case "checkout.session":
            return session(content)
        case "payment_intent":
            return intent(content)
        case other:
            raise Unverifiable(f"neither a session nor a payment intent: {other}")


def session(content: Object) -> Outcome:
    match text(content, "status"), text(content, "payment_status"):
        case "complete", "paid":
            return _paid_session(content)
        case "complete", "unpaid":
            return _unpaid_at_the_end(content)
        case "expired", "unpaid":
            return Declined("expired", "the page has expired", closed=True)
        case "open", "unpaid":
            return Pending(channel_no=text(content, "id") or None)
        case status, payment_status:
            known = ("open", "complete", "expired")
            return unlisted_code(payment_status if status in known else status, "")


def intent(content: Object) -> Outcome:
    channel_no = text(content, "id") or None
    match text(content, "status"):
        case "succeeded":
            charged = _inside(content, "latest_charge")
            return Succeeded(
                _required(channel_no),
                amounts.read(content.get("amount_received"), content.get("currency")),
                seconds(charged, "created"),
                given_back=_given_back(charged),
            )
        case "canceled":
            return Declined(
                text(content, "cancellation_reason") or "canceled",
                "the payment was cancelled",
                closed=True,
            )
        case status if status in _WAITING:
            return Pending(channel_no=channel_no)
        case status:
            return unlisted_code(status, "")


def charge(content: Object) -> Succeeded | None:
    """What was taken and what of it went back; None where nothing was taken."""
    if text(content, "status") != "succeeded" or content.get("captured") is False:
        return None
    taken = whole(content, "amount_captured")
    return Succeeded(
        _required(number(content, "payment_intent")),
        amounts.read(content.get("amount") if taken is None else taken, content.get("currency")),
        seconds(content, "created"),
        given_back=_given_back(content),
    )


def refund(content: Object) -> Outcome:
    """Cards' refunds are said to have succeeded before the bank took them: they may fail later."""
    channel_no = text(content, "id") or None
    match text(content, "status"):
        case "succeeded":
            amount = amounts.read(content.get("amount"), content.get("currency"))
            return Succeeded(channel_no, amount, seconds(content, "created"))
        case "pending" | "requires_action":
            return Pending(channel_no=channel_no)
        case "failed":
            reason = text(content, "failure_reason") or "failed"
            return Declined(reason, "the refund failed", abnormal=True, channel_no=channel_no)
        case "canceled":
            return Declined("canceled", "the refund was cancelled", channel_no=channel_no)
        case status:
            return unlisted_code(status, "")


def not_listed(content: Object, asked: Call) -> Pending | Unknown:
    """Of what this page of a list does not name: it is on the next, or nowhere."""
    if content.get("has_more") is False:
        return Pending(found=False)
    last = text(content["data"][-1], "id") if content["data"] else ""
    following = replace(asked, query={**asked.query, "starting_after": last}) if last else None
    return Unknown(
        "crowded", "more was made than Stripe lists", is_spoken=False, next_page=following
    )


def number(content: Object, name: str) -> str | None:
    """The id of what is named there, whether or not it was expanded."""
    return text(content, name) or text(content, name, "id") or None


def seconds(content: Object, name: str) -> datetime | None:
    at = whole(content, name)
    return None if at is None else read_seconds(at)


def _paid_session(content: Object) -> Succeeded:
    paid = _inside(content, "payment_intent")
    charged = _inside(paid, "latest_charge")
    return Succeeded(
        _required(number(content, "payment_intent")),
        _taken(content, paid),
        seconds(charged, "created"),
        given_back=_given_back(charged),
        earlier_no=text(content, "id") or None,
    )


def _taken(content: Object, paid: Object) -> Money:
    """What the payment inside the session took, or the session's total where it is not expanded.

    Raises NotUnderstood where both are told and differ (`compared-with-our-books`).
    """
    total, taken = whole(content, "amount_total"), whole(paid, "amount_received")
    if taken is None:
        return amounts.read(content.get("amount_total"), content.get("currency"))
    is_one_currency = text(content, "currency") == text(paid, "currency")
    if total is not None and total != taken and is_one_currency:
        raise NotUnderstood("the page and the payment made on it name two amounts")
    return amounts.read(taken, paid.get("currency"))


def _unpaid_at_the_end(content: Object) -> Outcome:
    """The payer chose a way that takes days. Did it fail, nobody can pay here any more."""
    intent_is = text(content, "payment_intent", "status")
    if intent_is in ("requires_payment_method", "canceled"):
        return Declined("async_payment_failed", "the payment has failed", closed=True)
    return Pending(channel_no=text(content, "id") or None)


def _required(number: str | None) -> str:
    """Without it nothing could be refunded, nor found in a statement."""
    if number is None:
        raise Unverifiable("a payment without its number")
    return number


def _given_back(charged: Object) -> GivenBack | None:
    if not whole(charged, "amount_refunded"):
        return None
    return GivenBack(amounts.read(charged.get("amount_refunded"), charged.get("currency")))


def _inside(content: Object, name: str) -> Object:
    """What is expanded there."""
    value = content.get(name)
    return value if isinstance(value, Mapping) else {}
