"""A notification whose number nobody signed: the channel is asked, and its answer counts."""

from dataclasses import replace
from typing import Final

import structlog
from prometheus_client import Counter

from chassis.problems import Problem
from contracts.codes import Code
from contracts.events.alerts import Alert, Severity
from contracts.events.results import PaymentResult, Source
from contracts.identifiers import is_id
from contracts.internal import PaymentOnFile
from gateway.channels.plugin import Declined, NotifiedPayment, Outcome, Succeeded, Trade
from gateway.directory import ChannelAccount
from gateway.flows.command import trade_of
from gateway.flows.deps import Deps
from gateway.outgoing.results import payment_result

log = structlog.get_logger()

ASKED = Counter(
    "paymesh_channel_unbound_notifications",
    "Unbound notifications, which made us ask",
    ["channel", "result"],
)

MAX_SHOWN: Final = 64
"""The number is unsigned text from outside; so much of it people are shown."""


class Unclear(Exception):
    """Neither trade-core nor the channel could say; the notification must come again."""


async def ask(
    deps: Deps, account: ChannelAccount, notified: NotifiedPayment
) -> PaymentResult | None:
    """What the channel answers about the payment that the notification names.

    None where there is no such payment: it is on file before its channel hears of it, so that no
    repeat can help. Raises Unclear where one can. Of another account's payment the notification
    itself, for trade-core to refuse (`own-account-only`).
    """
    payment = await _find_payment(deps, notified.payment_no)
    if payment is None:
        _tell_of_stranger(deps, account, notified.payment_no)
        return None
    if payment.payment_id != account.account_id:
        ASKED.labels(account.channel, "another_account").inc()
        return payment_result(account, notified.payment_no, Source.NOTICE, notified.outcome)
    trade = _trade_of(payment)
    answered = await deps.executor.query(account, trade)
    if not isinstance(answered, Succeeded | Declined) and isinstance(notified.outcome, Succeeded):
        ASKED.labels(account.channel, "not_confirmed").inc()
        raise Unclear("the channel does not confirm its notice")
    ASKED.labels(account.channel, "asked").inc()
    return payment_result(
        account, notified.payment_no, Source.QUERY, _completed(answered, notified.outcome, trade)
    )


async def find_trade(deps: Deps, account: ChannelAccount, number: str) -> Trade | None:
    """The payment in the words of a plugin; None where this account has none such. Raises
    Unclear."""
    payment = await _find_payment(deps, number)
    if payment is None or payment.payment_id != account.account_id:
        return None
    return _trade_of(payment)


async def _find_payment(deps: Deps, number: str) -> PaymentOnFile | None:
    if not is_id("payment", number):
        return None
    try:
        return await deps.trade_core.get(PaymentOnFile, f"/internal/payments/{number}")
    except Problem as problem:
        if problem.code == Code.NOT_FOUND:
            return None
        raise Unclear("trade-core does not answer") from problem


def _trade_of(payment: PaymentOnFile) -> Trade:
    if payment.ref is None:
        raise Unclear("trade-core does not tell how the channel was called")
    return trade_of(payment.ref)


def _completed(answered: Outcome, notified: Outcome, trade: Trade) -> Outcome:
    """With the notification's time and amount, which are signed beside the channel's own number, so
    that they count where both name the same one: where the query states none; and the amount also
    where it states ours and the notification another, which nobody may book
    (`compared-with-our-books`)."""
    if not isinstance(answered, Succeeded) or not isinstance(notified, Succeeded):
        return answered
    if answered.channel_no is None or answered.channel_no != notified.channel_no:
        return answered
    answered = replace(answered, at=answered.at or notified.at)
    if notified.amount and answered.amount in (None, trade.amount):
        return replace(answered, amount=notified.amount)
    return answered


def _tell_of_stranger(deps: Deps, account: ChannelAccount, number: str) -> None:
    ASKED.labels(account.channel, "unknown_number").inc()
    shown = number[:MAX_SHOWN]
    log.warning("notification.unknown_number", channel=account.channel, payment_no=shown)
    deps.alerts.tell(
        Alert(
            key=f"notice:unknown-number:{account.account_id}",
            severity=Severity.WARNING,
            title="A channel speaks of a payment that is not on file",
            detail=f"{account.channel} named a payment that this channel account does not have.",
            merchant_id=account.merchant_id,
            facts={"payment_id": account.account_id, "payment_no": shown},
        )
    )
