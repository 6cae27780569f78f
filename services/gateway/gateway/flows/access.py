"""What an app may reach: only what belongs to its merchants."""

from contracts.api import CreateRefund
from gateway.directory import App, ChannelAccount, Directory
from gateway.domain.errors import NotHere


def require_merchant(app: App, merchant_id: str, what: str = "merchant") -> None:
    """What belongs to a merchant is the app's for as long as the merchant is; raises NotHere."""
    if merchant_id not in app.merchant_ids:
        raise NotHere(what)


def check_refund(directory: Directory, app: App, request: CreateRefund) -> ChannelAccount:
    """The merchant's account, where the app may ask for a refund there; raises NotHere."""
    require_merchant(app, request.merchant_id)
    return directory.get_account(request.merchant_id, request.payment_id)
