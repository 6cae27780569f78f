"""What a merchant's channel accounts can do now; all from memory."""

from contracts.api import AccountCapability, Capabilities, Method, MethodCapability
from gateway.directory import App, ChannelAccount
from gateway.domain.errors import NotHere
from gateway.flows.deps import Deps


def capabilities_of(deps: Deps, app: App, merchant_id: str) -> Capabilities:
    """Of the merchant's active accounts; raises NotHere where it is not the app's."""
    merchant = deps.directory.find_merchant(merchant_id)
    if merchant is None or not merchant.is_active or merchant_id not in app.merchant_ids:
        raise NotHere("merchant")
    accounts = [
        account
        for _, account in sorted(deps.directory.accounts_of(merchant_id).items())
        if account.is_active
    ]
    return Capabilities(
        merchant_id=merchant_id,
        cashier=any(account.offers() for account in accounts),
        accounts=[_account(account) for account in accounts],
    )


def _account(account: ChannelAccount) -> AccountCapability:
    plugin = account.plugin
    methods = [
        MethodCapability(method=method, needs=sorted(way.needs), action=way.action)
        for method, way in plugin.methods.items()
    ]
    if Method.CASHIER not in plugin.methods and account.offers():
        methods.append(MethodCapability(method=Method.CASHIER, needs=[], action="redirect"))
    return AccountCapability(
        payment_id=account.account_id,
        channel=account.channel,
        title=plugin.title.zh,
        currencies=sorted(plugin.currencies),
        can_split=plugin.splits is not None,
        methods=methods,
    )
