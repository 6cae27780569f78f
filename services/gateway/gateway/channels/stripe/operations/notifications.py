"""What Stripe tells without being asked: events, signed, in any order, more than once.

An event carries its object as it was then, and names our numbers in the object's metadata. Where it
does not, the object is asked for: thin events name it only, and a dispute knows its payment by
Stripe's number alone. What is not about a payment of ours (the account may have others) is taken
and forgotten: Stripe turns addresses off that refuse.

Source: docs.stripe.com/api/events/types, docs.stripe.com/webhooks
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from contracts.identifiers import is_id
from contracts.money import Money
from gateway.channels.formats import json_object, text, whole
from gateway.channels.plugin import (
    Acknowledgement,
    Answer,
    Call,
    Disputed,
    GivenBack,
    Moment,
    Notified,
    NotifiedPayment,
    NotifiedRefund,
    Outcome,
    Question,
    RawNotification,
    Succeeded,
    Understood,
    Unverifiable,
    understood,
)
from gateway.channels.stripe import amounts, codes, objects, refunds, wire
from gateway.channels.stripe.credentials import Account
from gateway.channels.stripe.trade import CHARGE_OF

ACCEPT: Final = Acknowledgement(200, b"{}", "application/json")
REFUSE: Final = Acknowledgement(500, b"{}", "application/json")

_PATHS: Final[Mapping[str, str]] = {
    objects.SESSION: wire.SESSIONS,
    objects.INTENT: wire.INTENTS,
    objects.CHARGE: wire.CHARGES,
    objects.REFUND: wire.REFUNDS,
    objects.DISPUTE: wire.DISPUTES,
}
_EXPANDED: Final[Mapping[str, str]] = {
    **CHARGE_OF,
    objects.DISPUTE: "payment_intent.latest_charge",
}


def read(notification: RawNotification, account: Account, moment: Moment) -> list[Notified]:
    """Verify on the raw bytes, read. Raises Question where Stripe must be asked."""
    wire.check_signature(notification, account, moment)
    event = json_object(notification.body)
    wire.require_mode(event, account)
    if text(event, "account") not in ("", account.account_id):
        raise Unverifiable("it is for another merchant")
    match text(event, "object"):
        case "event":
            return _snapshot(event)
        case "v2.core.event":
            return _asked_for(
                text(event, "related_object", "type"), text(event, "related_object", "id")
            )
        case _:
            raise Unverifiable("it is no event")


def _snapshot(event: objects.Object) -> list[Notified]:
    data = event.get("data")
    object_ = data.get("object") if isinstance(data, Mapping) else None
    if not isinstance(object_, Mapping):
        raise Unverifiable("the event has no object")
    if text(object_, "object") == objects.DISPUTE:
        return _asked_for(objects.DISPUTE, text(object_, "id"))
    happened_at = objects.seconds(event, "created")
    return [_dated(each, happened_at) for each in _notified(object_)]


def _asked_for(kind: str, number: str) -> list[Notified]:
    """Raises Question for the object itself, as it is now; nothing where it moves no payment."""
    if kind not in _PATHS or not number.replace("_", "").isalnum():
        return []
    query = {"expand[0]": _EXPANDED[kind]} if kind in _EXPANDED else {}
    raise Question(Call("GET", f"{_PATHS[kind]}/{number}", query=query), _answered)


def _answered(answer: Answer, account: Account) -> list[Notified]:
    if refusal := codes.find_refusal(answer, codes.ASK):
        raise Unverifiable(f"Stripe does not tell what its event is about: {refusal}")
    return _notified(answer.content)


def _notified(object_: objects.Object) -> list[Notified]:
    """What the object says of a payment or refund of ours."""
    match text(object_, "object"):
        case objects.SESSION | objects.INTENT | objects.CHARGE if not _is_ours(object_):
            return []  # In whatever currency or form the account is paid otherwise.
        case objects.SESSION:
            return _of_payment(object_, objects.session(object_))
        case objects.INTENT:
            return _of_payment(object_, objects.intent(object_), is_unbound=_is_hosted(object_))
        case objects.CHARGE:
            charged = objects.charge(object_)
            if charged is None:
                return []
            return _of_payment(object_, charged, is_unbound=_is_hosted(object_))
        case objects.REFUND if is_id("refund", refunds.refund_no(object_)):
            outcome = understood(objects.refund(object_))
            number = objects.payment_no(object_)
            return [NotifiedRefund(refunds.refund_no(object_), number, outcome)]
        case objects.DISPUTE:
            return _of_dispute(object_)
        case _:
            return []


def _of_payment(
    object_: objects.Object, outcome: Outcome, *, is_unbound: bool = False
) -> list[Notified]:
    if not _is_ours(object_):
        return []
    return [NotifiedPayment(objects.payment_no(object_), understood(outcome), is_unbound)]


def _is_ours(object_: objects.Object) -> bool:
    return is_id("payment", objects.payment_no(object_))


def _is_hosted(object_: objects.Object) -> bool:
    """A page's payment is known by its session until we hear of it from there, and neither its
    intent nor its charge, which has the metadata of the intent, names that: to take their number
    as it stands would look like a second trade."""
    return text(object_, "metadata", objects.IS_HOSTED) != ""


def _of_dispute(object_: objects.Object) -> list[Notified]:
    """`money-moved-outside`: what Stripe took back for the payer's bank, beside what the charge
    says was refunded. An inquiry moves nothing; a dispute that was won has given back what it took.
    """
    paid = object_.get("payment_intent")
    moved = object_.get("balance_transactions")
    if not isinstance(paid, Mapping) or not isinstance(moved, list):
        raise Unverifiable("the dispute does not name its payment")
    taken = objects.intent(paid)
    disputed = amounts.read(object_.get("amount"), object_.get("currency"))
    number = text(object_, "id")
    if not isinstance(taken, Succeeded) or not moved or not number:
        return []
    if not _is_withdrawn(moved):
        return _of_payment(paid, replace(taken, disputed=Disputed(number, disputed, is_won=True)))
    before = taken.given_back.amount if taken.given_back else None
    total = disputed.amount_minor + (before.amount_minor if before else 0)
    back = GivenBack(Money(total, disputed.currency), number, disputed)
    return _of_payment(paid, replace(taken, given_back=back, disputed=Disputed(number, disputed)))


def _is_withdrawn(moved: list[object]) -> bool:
    """The movements are in the currency of the balance, the dispute in that of the payment."""
    return sum(whole(each, "amount") or 0 for each in moved if isinstance(each, Mapping)) < 0


def _dated(notified: Notified, happened_at: datetime | None) -> Notified:
    """An event tells what was true when it was made, however late it arrives."""
    outcome: Understood = replace(notified.outcome, asked_at=happened_at, said_at=happened_at)
    if isinstance(outcome, Succeeded) and outcome.at is None:
        outcome = replace(outcome, at=happened_at)
    return replace(notified, outcome=outcome)
