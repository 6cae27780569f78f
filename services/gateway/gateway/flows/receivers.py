"""Whose money a notification is about, where the account does not know its own name
(`own-account-only`).

A channel signs for an app, and an app may act for several merchants. The first receiver that it
names is taken for the account's own where nobody else can be meant; else, and for any other name,
the channel is asked with the account's own credentials: a trade that it then tells of is ours.
"""

from typing import Final

from contracts.events.alerts import Alert, Severity
from gateway.channels.plugin import Notified, NotSent, Succeeded, Unknown
from gateway.directory import ChannelAccount
from gateway.flows import unbound_notification
from gateway.flows.deps import Deps
from gateway.flows.unbound_notification import Unclear

MAX_SHOWN: Final = 64
"""Of a name that is no account of ours."""


async def require_own(deps: Deps, account: ChannelAccount, item: Notified) -> None:
    """Raises Unclear where nothing proves that the account was paid: the notification comes again.

    A payment that is not on file at this account is for trade-core to refuse.
    """
    receiver = item.receiver
    if receiver is None or _is_known(deps, account, receiver.name):
        return
    trade = await unbound_notification.find_trade(deps, account, item.payment_no)
    if trade is None:
        return
    answered = await deps.executor.query(account, trade)
    if isinstance(answered, Unknown | NotSent):
        raise Unclear("the channel does not say whose the trade is")
    if not receiver.channel_no or getattr(answered, "channel_no", None) != receiver.channel_no:
        if isinstance(item.outcome, Succeeded):
            tell_of_another(deps, account, receiver.name)
        raise Unclear("the trade is not known to be the account's own")
    if receiver.name:
        deps.receivers.prove(account.account_id, receiver.name)


def tell_of_another(deps: Deps, account: ChannelAccount, name: str) -> None:
    """People hear who is meant."""
    deps.alerts.tell(
        Alert(
            key=f"notice:another-receiver:{account.account_id}",
            severity=Severity.CRITICAL,
            title="A notification is about money of somebody else",
            detail=f"{account.channel} signed it and sent it to this channel account; it was not "
            "believed. Where the receiver is right, enter it with the credentials.",
            merchant_id=account.merchant_id,
            facts={
                "payment_id": account.account_id,
                "channel": account.channel,
                "receiver": name[:MAX_SHOWN],
            },
        )
    )


def _is_known(deps: Deps, account: ChannelAccount, name: str) -> bool:
    """Where nobody else can be meant, also the first one, and who is not named at all."""
    plugin = account.plugin
    others = [each.opened for each in deps.directory.list_accounts() if each.plugin is plugin]
    if plugin.notifications.is_shared(account.opened, others):
        return name != "" and deps.receivers.is_proven(account.account_id, name)
    return name == "" or deps.receivers.learn(account.account_id, name)
