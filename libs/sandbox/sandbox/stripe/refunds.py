"""Refunds at Stripe, and what each moved on the account's balance.

Source: docs.stripe.com/api/refunds, docs.stripe.com/api/balance_transactions
"""

from sandbox import payer
from sandbox.answering import Done
from sandbox.clock import now
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.stripe import money, objects
from sandbox.stripe.account import CHANNEL, new_id
from sandbox.stripe.payments import LIST_FIELDS, find, is_within, page
from sandbox.stripe.wire import Asked, Refusal, missing, respond
from sandbox.truth import Refund, Trade

FIELDS = frozenset(
    {"payment_intent", "charge", "amount", "reason", "metadata", "refund_application_fee"}
)
REASONS = ("duplicate", "fraudulent", "requested_by_customer", "")
BALANCE_FIELDS = LIST_FIELDS | {"type", "source", "currency", "payout"}


def create(deps: Deps, asked: Asked, hit: Hit) -> Done:
    asked.check_names(FIELDS)
    trade, metadata = original(deps, asked), asked.metadata()
    reason = asked.text("reason", 40)
    if reason not in REASONS:
        raise Refusal(400, "Invalid reason", param="reason")
    left = payer.refundable(deps, trade) if trade.state == "paid" else 0
    if trade.state == "paid" and left == 0:
        raise Refusal(
            400, "Charge has already been refunded.", code="charge_already_refunded", is_kept=True
        )
    if "won_at" not in trade.details.get("dispute", {"won_at": None}):
        raise Refusal(400, "The charge is disputed.", code="charge_disputed", is_kept=True)
    amount = asked.whole("amount")
    amount = left if amount is None else money.check(amount, trade.details["currency"], "amount")
    if amount > left:
        raise Refusal(
            400, "Refund amount is greater than unrefunded amount on charge", param="amount",
            is_kept=True,
        )  # fmt: skip
    if "no_balance" in hit:
        raise Refusal(
            400, "Insufficient funds in your Stripe balance to refund this amount.",
            code="balance_insufficient", is_kept=True,
        )  # fmt: skip
    refund = _open(deps, trade, amount, metadata, is_held="hold" in hit)
    return Done(respond(objects.refund(trade, refund, hit)))


def original(deps: Deps, asked: Asked) -> Trade:
    number = asked.text("payment_intent", 64) or asked.text("charge", 64)
    if not number:
        raise Refusal(400, "One of charge or payment_intent is needed", code="parameter_missing")
    return find(deps, asked.account.account_id, f"/{number}")


def get_refund(deps: Deps, asked: Asked) -> tuple[Trade, Refund]:
    number = asked.path.rpartition("/")[2]
    refund = deps.truth.find_refund(CHANNEL, asked.account.account_id, number)
    if refund is None:
        raise missing("refund", number)
    return deps.truth.get_trade(refund.trade_id), refund


def tell(deps: Deps, asked: Asked, hit: Hit) -> Done:
    asked.check_names(())
    trade, refund = get_refund(deps, asked)
    return Done(respond(objects.refund(trade, refund, hit)))


def list_refunds(deps: Deps, asked: Asked, hit: Hit) -> Done:
    asked.check_names(LIST_FIELDS | {"charge"})
    trade = original(deps, asked)
    refunds = [objects.refund(trade, each, hit) for each in deps.truth.list_refunds(trade)]
    return Done(respond(page(refunds[::-1], asked)))


def list_balance(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """What moved on the balance, newest first; each payment, each refund, each dispute."""
    asked.check_names(BALANCE_FIELDS)
    is_expanded = asked.expands("data.source")
    rows = []
    for trade in deps.truth.list_trades(None, CHANNEL):
        if trade.merchant != asked.account.account_id or trade.state != "paid":
            continue
        rows.append(_paid(deps, trade, is_expanded))
        refunds = deps.truth.list_refunds(trade)
        rows += [_refunded(trade, each, is_expanded) for each in refunds if each.state != "failed"]
        if "dispute" in trade.details:
            rows += _disputed(trade)
    if "not_there_yet" in hit:
        rows = []
    members = [each for each in rows if is_within(asked, each["created"])]
    members.sort(key=lambda each: each["created"], reverse=True)
    if "wrong_amount" in hit and members:
        members[0]["amount"] += 1
    return Done(respond(page(members, asked)))


def _open(
    deps: Deps, trade: Trade, amount: int, metadata: dict[str, str], *, is_held: bool
) -> Refund:
    number = new_id("re_3")
    refund = Refund(
        trade_id=trade.id,
        channel=CHANNEL,
        merchant=trade.merchant,
        number=number,
        refund_no=metadata.get("refund_no") or number,
        channel_refund_no=number,
        amount=amount,
        reason=metadata.get("reason", ""),
        notify_url=trade.notify_url,
        created_at=now(),
        held=is_held,
        details={"metadata": metadata},
    )
    deps.truth.add_refund(refund)
    payer.succeed_later(deps, refund)
    return refund


def _movement(number: str, kind: str, amount: int, trade: Trade) -> objects.Object:
    return {
        "id": f"txn_{number[3:]}",
        "object": "balance_transaction",
        "amount": amount,
        "available_on": int(now()),
        "currency": trade.details["currency"],
        "description": None,
        "exchange_rate": None,
        "fee": 0,
        "fee_details": [],
        "net": amount,
        "reporting_category": kind,
        "status": "pending",
        "type": kind,
    }


def _paid(deps: Deps, trade: Trade, is_expanded: bool) -> objects.Object:
    charged, fee = objects.charge(deps, trade), trade.taken * 29 // 1000
    return _movement(trade.channel_trade_no, "charge", trade.taken, trade) | {
        "created": charged["created"],
        "fee": fee,
        "net": trade.taken - fee,
        "source": charged if is_expanded else charged["id"],
    }


def _refunded(trade: Trade, refund: Refund, is_expanded: bool) -> objects.Object:
    members = objects.refund(trade, refund)
    return _movement(refund.channel_refund_no, "refund", -refund.amount, trade) | {
        "created": members["created"],
        "source": members if is_expanded else members["id"],
    }


def _disputed(trade: Trade) -> list[objects.Object]:
    """What the payer's bank took, and what it gave back."""
    members = trade.details["dispute"]
    taken = _movement(members["id"], "adjustment", -members["amount"], trade) | {
        "created": int(members["at"]),
        "fee": 1500,
        "reporting_category": "dispute",
        "source": members["id"],
    }
    if "won_at" not in members:
        return [taken]
    won = _movement(f"{members['id']}won", "adjustment", members["amount"], trade) | {
        "created": int(members["won_at"]),
        "reporting_category": "dispute_reversal",
        "source": members["id"],
    }
    return [taken, won]
