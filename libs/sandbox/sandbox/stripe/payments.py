"""Checkout Sessions and PaymentIntents: made, told, listed and ended.

Source: docs.stripe.com/api/checkout/sessions, docs.stripe.com/api/payment_intents
"""

from collections.abc import Callable, Mapping
from functools import partial

from sandbox import payer
from sandbox.answering import Done
from sandbox.clock import now
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.stripe import money, objects
from sandbox.stripe.account import CHANNEL, new_id
from sandbox.stripe.objects import within
from sandbox.stripe.wire import Asked, Refusal, missing, respond
from sandbox.truth import Trade

SHORTEST_S, LONGEST_S = 30 * 60, 24 * 3600
NEVER_S = 10 * 365 * 24 * 3600
DEFAULT_LIMIT, MAX_LIMIT = 10, 100

_LINE = "line_items[0]"
_PRICE = f"{_LINE}[price_data]"
SESSION_FIELDS = frozenset(
    {
        "mode", "line_items[][quantity]", "line_items[][price_data][currency]",
        "line_items[][price_data][unit_amount]", "line_items[][price_data][product_data][name]",
        "client_reference_id", "success_url", "cancel_url", "expires_at", "metadata", "locale",
        "payment_intent_data[description]", "payment_intent_data[metadata]",
        "payment_method_types[]", "customer_email",
    }
)  # fmt: skip
INTENT_FIELDS = frozenset(
    {
        "amount", "currency", "automatic_payment_methods[enabled]", "description", "metadata",
        "payment_method_types[]", "receipt_email", "capture_method", "statement_descriptor_suffix",
    }
)  # fmt: skip
LIST_FIELDS = frozenset(
    {"created[gte]", "created[gt]", "created[lte]", "created[lt]", "limit", "starting_after",
     "status", "payment_intent"}
)  # fmt: skip
CANCEL_FIELDS = frozenset({"cancellation_reason"})
_CANCELLATIONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned", "")


def create_session(deps: Deps, asked: Asked, hit: Hit) -> Done:
    asked.check_names(SESSION_FIELDS)
    if asked.text("mode", 20, is_needed=True) != "payment":
        raise Refusal(400, "Only mode=payment is offered here", param="mode")
    currency = asked.text(f"{_PRICE}[currency]", 3, is_needed=True)
    unit = money.check(asked.whole(f"{_PRICE}[unit_amount]", is_needed=True), currency, _PRICE)
    amount = unit * (asked.whole(f"{_LINE}[quantity]", is_needed=True) or 0)
    name = asked.text(f"{_PRICE}[product_data][name]", 250, is_needed=True)
    at = now()
    closes_at = asked.whole("expires_at") or int(at) + LONGEST_S
    if not SHORTEST_S <= closes_at - int(at) <= LONGEST_S:
        raise Refusal(
            400, "expires_at must be between 30 minutes and 24 hours from now", param="expires_at"
        )
    number = new_id("cs_test_", 58)
    metadata = asked.metadata()
    trade = Trade(
        channel=CHANNEL,
        merchant=asked.account.account_id,
        number=number,
        payment_no=metadata.get("payment_no") or asked.text("client_reference_id", 200) or number,
        channel_trade_no=new_id("pi_3"),
        product="session",
        amount=amount,
        subject=asked.text("payment_intent_data[description]", 1000) or name,
        notify_url=metadata.get("notify_url", ""),
        fingerprint="",
        created_at=at,
        closes_at=closes_at,
        token=number,
        details={
            "currency": currency,
            "reference": asked.text("client_reference_id", 200),
            "metadata": metadata,
            "intent_metadata": asked.metadata("payment_intent_data[metadata]"),
            "success_url": asked.text("success_url", 5000, is_needed=True),
            "cancel_url": asked.text("cancel_url", 5000),
        },
    )
    deps.truth.add_trade(trade)
    return Done(respond(objects.session(deps, trade, asked.expands, hit)), trade)


def create_intent(deps: Deps, asked: Asked, hit: Hit) -> Done:
    asked.check_names(INTENT_FIELDS)
    currency = asked.text("currency", 3, is_needed=True)
    amount = money.check(asked.whole("amount", is_needed=True), currency, "amount")
    number, at, metadata = new_id("pi_3"), now(), asked.metadata()
    trade = Trade(
        channel=CHANNEL,
        merchant=asked.account.account_id,
        number=number,
        payment_no=metadata.get("payment_no") or number,
        channel_trade_no=number,
        product="intent",
        amount=amount,
        subject=asked.text("description", 1000),
        notify_url=metadata.get("notify_url", ""),
        fingerprint="",
        created_at=at,
        closes_at=at + NEVER_S,
        details={
            "currency": currency,
            "intent_metadata": metadata,
            "client_secret": f"{number}_secret_{new_id('', 25)}",
        },
    )
    deps.truth.add_trade(trade)
    return Done(respond(objects.intent(deps, trade, asked.expands, hit)), trade)


def tell_session(deps: Deps, trade: Trade, asked: Asked, hit: Hit) -> Done:
    asked.check_names(())
    return Done(respond(objects.session(deps, trade, asked.expands, hit)))


def tell_intent(deps: Deps, trade: Trade, asked: Asked, hit: Hit) -> Done:
    asked.check_names(())
    return Done(respond(objects.intent(deps, trade, asked.expands, hit)))


def tell_charge(deps: Deps, trade: Trade, asked: Asked, hit: Hit) -> Done:
    return Done(respond(objects.charge(deps, trade)))


def tell_dispute(deps: Deps, trade: Trade, asked: Asked, hit: Hit) -> Done:
    return Done(respond(objects.dispute(deps, trade, asked.expands)))


def expire_session(deps: Deps, trade: Trade, asked: Asked, hit: Hit) -> Done:
    asked.check_names(())
    if trade.state != "created":
        state = "complete" if trade.state == "paid" else "expired"
        raise Refusal(
            400,
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{state}`.",
            is_kept=True,
        )
    payer.close(deps, trade, "expired")
    return Done(respond(objects.session(deps, trade, asked.expands, hit)))


def cancel_intent(deps: Deps, trade: Trade, asked: Asked, hit: Hit) -> Done:
    asked.check_names(CANCEL_FIELDS)
    reason = asked.text("cancellation_reason", 40)
    if reason not in _CANCELLATIONS:
        raise Refusal(400, "Invalid cancellation_reason", param="cancellation_reason")
    if trade.state != "created":
        raise Refusal(
            400,
            f"You cannot cancel this PaymentIntent because it is {trade.state}.",
            code="payment_intent_unexpected_state",
            is_kept=True,
        )
    payer.close(deps, trade, reason)
    return Done(respond(objects.intent(deps, trade, asked.expands, hit)))


def find(deps: Deps, merchant: str, path: str) -> Trade:
    """The trade of `/v1/…/{id}…`, by its session, payment intent, charge or dispute."""
    number = next(part for part in path.split("/") if "_" in part and part != "payment_intents")
    find_trade = partial(deps.truth.find_trade_by_channel_number, CHANNEL, merchant)
    match number.partition("_")[0]:
        case "cs":
            found = deps.truth.find_trade(CHANNEL, merchant, number)
        case "ch":
            found = find_trade(f"pi_{number[3:]}")
        case "dp" | "du":
            every = deps.truth.list_trades(None, CHANNEL)
            disputed = (t for t in every if t.details.get("dispute", {}).get("id") == number)
            found = next(disputed, None)
        case _:
            found = find_trade(number)
    if found is None or found.merchant != merchant:
        raise missing("object", number)
    return found


def list_sessions(deps: Deps, asked: Asked, hit: Hit) -> Done:
    return _list(deps, asked, "session", lambda t, e: objects.session(deps, t, e, hit))


def list_intents(deps: Deps, asked: Asked, hit: Hit) -> Done:
    return _list(deps, asked, "intent", lambda t, e: objects.intent(deps, t, e, hit))


def page(rows: list[objects.Object], asked: Asked) -> objects.Object:
    """Newest first; after the one that `starting_after` names."""
    limit = asked.whole("limit") or DEFAULT_LIMIT
    if not 1 <= limit <= MAX_LIMIT:
        raise Refusal(400, "Invalid limit: must be between 1 and 100", param="limit")
    after = asked.fields.get("starting_after")
    ids = [each["id"] for each in rows]
    if after and after not in ids:
        raise missing("object", after)
    rest = rows[ids.index(after) + 1 :] if after else rows
    return objects.listed(rest, asked.path, limit)


def is_within(asked: Asked, created_at: float) -> bool:
    tests: Mapping[str, Callable[[int, int], bool]] = {
        "gte": int.__ge__, "gt": int.__gt__, "lte": int.__le__, "lt": int.__lt__,
    }  # fmt: skip
    bounds = {name: asked.whole(f"created[{name}]") for name in tests}
    return all(
        bound is None or tests[name](int(created_at), bound) for name, bound in bounds.items()
    )


def _list(
    deps: Deps,
    asked: Asked,
    product: str,
    members: Callable[[Trade, objects.Expands], objects.Object],
) -> Done:
    asked.check_names(LIST_FIELDS)
    trades = [
        each
        for each in reversed(deps.truth.list_trades(None, CHANNEL))
        if (each.merchant, each.product) == (asked.account.account_id, product)
        and is_within(asked, each.created_at)
    ]
    expands = within(asked.expands, "data")
    return Done(respond(page([members(each, expands) for each in trades], asked)))
