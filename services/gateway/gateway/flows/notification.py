"""A third party tells us something: verified on the raw bytes, published, and then acknowledged.

Rules `verified-or-nothing` and `durable-before-acknowledged`.
"""

from dataclasses import dataclass

import structlog
from prometheus_client import Counter

from chassis.metrics import remembered
from chassis.producer import NotPublished
from contracts.events.alerts import Alert, Severity
from contracts.events.results import Source
from gateway.channels.formats import UNREADABLE
from gateway.channels.plugin import (
    Acknowledgement,
    AnotherReceiver,
    NotAnswered,
    Notified,
    NotifiedPayment,
    NotifiedRefund,
    NotUnderstood,
    RawNotification,
    Unverifiable,
)
from gateway.directory import ChannelAccount
from gateway.domain.errors import NotHere
from gateway.flows import receivers, unbound_notification
from gateway.flows.deps import Deps
from gateway.flows.unbound_notification import Unclear
from gateway.outgoing.results import Result, payment_result, refund_result

log = structlog.get_logger()

NOTIFICATIONS = Counter(
    "paymesh_channel_notifications", "Webhooks of third parties", ["channel", "result"]
)
_notifications_of = remembered(NOTIFICATIONS)


@dataclass(frozen=True, slots=True)
class Notification:
    """A webhook as it arrived, and the account whose address it came to."""

    channel: str
    account_id: str
    raw: RawNotification


def account_of(deps: Deps, channel: str, account_id: str) -> ChannelAccount:
    """Whose webhook address this is. Raises NotHere, which says nothing about what is wrong."""
    account = deps.directory.find_account(account_id)
    if account is None or account.channel != channel:
        raise NotHere("address")
    return account


async def receive(deps: Deps, notification: Notification) -> Acknowledgement:
    """Hand a notification on to trade-core; a disabled account's too, because money may arrive.

    Raises NotHere as `account_of` does. The acknowledgement is in the channel's own form: whatever
    is not accepted comes again.
    """
    account = account_of(deps, notification.channel, notification.account_id)
    try:
        notified = await deps.executor.read_notification(account, notification.raw)
    except (NotAnswered, Unverifiable, *UNREADABLE) as error:
        return _refused(deps, account, error)
    try:
        results = [await _result(deps, account, item) for item in notified]
        await deps.results.publish(*(result for result in results if result is not None))
    except (NotPublished, Unclear) as error:
        return _refused(deps, account, error)
    _count(account, "accepted")
    for item in notified:
        log.info(
            "notification.accepted",
            channel=account.channel,
            payment_id=account.account_id,
            payment_no=item.payment_no,
            refund_no=getattr(item, "refund_no", None),
            outcome=type(item.outcome).__name__.lower(),
            channel_no=getattr(item.outcome, "channel_no", None),
        )
    notifications = account.plugin.notifications
    accept_of = notifications.accept_of
    return accept_of(account.opened) if accept_of else notifications.accept


async def _result(deps: Deps, account: ChannelAccount, item: Notified) -> Result | None:
    """None where there is nothing to tell trade-core; raises Unclear where it must come again."""
    await receivers.require_own(deps, account, item)
    match item:
        case NotifiedPayment(is_unbound=True):
            return await unbound_notification.ask(deps, account, item)
        case NotifiedPayment():
            return payment_result(account, item.payment_no, Source.NOTICE, item.outcome)
        case NotifiedRefund():
            return refund_result(
                account, item.refund_no, item.payment_no, Source.NOTICE, item.outcome
            )


def _refused(deps: Deps, account: ChannelAccount, error: Exception) -> Acknowledgement:
    """The channel's own form of a no, under the status that says why."""
    match error:
        case NotUnderstood():
            deps.alerts.tell(_not_understood(account, str(error)))
            result, event, status = "not_understood", "notification.not_understood", 503
        case AnotherReceiver():
            receivers.tell_of_another(deps, account, error.name)
            result, event, status = "another_receiver", "notification.another_receiver", 401
        case NotAnswered() | Unclear():
            result, event, status = "unclear", "notification.not_answered", 503
        case NotPublished():
            result, event, status = "not_published", "notification.not_published", 503
        case _:
            deps.alerts.signatures.of_notification(account, deps.clock())
            result, event, status = "unverifiable", "notification.refused", 401
    _count(account, result)
    # The words of what cannot be read are not worth a line; its kind of fault is.
    reason = type(error).__name__ if isinstance(error, UNREADABLE) else str(error)
    log.warning(event, channel=account.channel, payment_id=account.account_id, reason=reason)
    form = account.plugin.notifications.refuse
    return Acknowledgement(status, form.body, form.media_type)


def _not_understood(account: ChannelAccount, reason: str) -> Alert:
    return Alert(
        key=f"notice:not-understood:{account.account_id}",
        severity=Severity.WARNING,
        title=f"{account.channel} tells something that we do not know",
        detail=f"It is signed, and was not acknowledged, so that it comes again: {reason}.",
        merchant_id=account.merchant_id,
        facts={"payment_id": account.account_id, "channel": account.channel},
    )


def _count(account: ChannelAccount, result: str) -> None:
    _notifications_of(account.channel, result).inc()
