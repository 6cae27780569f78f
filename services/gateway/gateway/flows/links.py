"""The link to our own cashier, put into every view of a payment that is made on our page."""

from typing import TypeVar

from contracts.actions import RedirectAction
from contracts.api import Method, PaymentView
from gateway.domain.checkout_links import token_of
from gateway.flows.deps import Deps

ViewT = TypeVar("ViewT", bound=PaymentView)


def with_link(deps: Deps, payment: ViewT) -> ViewT:
    """The payment as apps see it: one that our page serves is called by the page's address.

    trade-core does not know our addresses, and after the payer's choice it holds the action of
    the channel, which is the page's business and not the app's.
    """
    if payment.method is not Method.CASHIER or _is_hosted_elsewhere(deps, payment):
        return payment
    url = deps.addresses.page(token_of(payment.payment_no, deps.checkout_keys))
    return payment.model_copy(update={"action": RedirectAction(url=url)})


def _is_hosted_elsewhere(deps: Deps, payment: PaymentView) -> bool:
    account = deps.directory.find_account(payment.payment_id or "")
    return account is not None and Method.CASHIER in account.plugin.hosted
