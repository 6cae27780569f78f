"""Payment links: apps make them, payers begin there, in the app's name, on our page or the
channel's own."""

from contracts.actions import RedirectAction
from contracts.api import (
    CreatePayment,
    CreatePaymentLink,
    LinkStatus,
    Method,
    Payer,
    PaymentLinkView,
    PaymentView,
)
from contracts.identifiers import is_id
from contracts.internal import (
    Begun,
    LinkOnFile,
    OpenedLink,
    OpenedPayment,
    OpenLink,
    PayAtLink,
    PayHere,
    PayPoint,
    PointState,
)
from contracts.money import MAX_AMOUNT
from gateway.directory import App, ChannelAccount
from gateway.domain.checkout_links import token_of
from gateway.domain.errors import NotHere
from gateway.flows import pay
from gateway.flows.access import require_merchant
from gateway.flows.cashier import look_of
from gateway.flows.deps import Deps
from gateway.flows.links import with_link


async def create(
    deps: Deps, app: App, request: CreatePaymentLink, *, signed_as: str
) -> tuple[PaymentLinkView, bool]:
    """The link, and whether it is new. Raises NotHere and the refusals of trade-core."""
    require_merchant(app, request.merchant_id)
    opened = await deps.trade_core.post(
        OpenedLink,
        "/internal/payment-links",
        body=OpenLink(app_id=app.app_id, request=request, signed_as=signed_as),
    )
    return _view(deps, opened.link), opened.created


async def get(deps: Deps, app: App, link_id: str) -> PaymentLinkView:
    """Raises NotHere, also for what belongs to another app or merchant."""
    link = await _on_file(deps, link_id, app.app_id)
    require_merchant(app, link.merchant_id, "payment link")
    return _view(deps, link)


async def disable(deps: Deps, app: App, link_id: str) -> PaymentLinkView:
    """Nothing is begun there any more. Raises NotHere."""
    await get(deps, app, link_id)
    path = f"/internal/payment-links/{link_id}/disable"
    return _view(deps, await deps.trade_core.post(LinkOnFile, path, params={"app_id": app.app_id}))


async def show(deps: Deps, link_id: str) -> PayPoint:
    """What payers see of it. Raises NotHere."""
    link = await _on_file(deps, link_id, None)
    merchant = deps.directory.find_merchant(link.merchant_id)
    is_served = deps.directory.find_serving(link.app_id, link.merchant_id) is not None
    is_open = is_served or link.state is not LinkStatus.OPEN
    return PayPoint(
        state=PointState(link.state) if is_open else PointState.DISABLED,
        merchant_name=merchant.name if merchant else "",
        subject=link.subject,
        currency=link.currency,
        amount=link.amount,
        min_amount=link.amount or 1,
        max_amount=link.amount or MAX_AMOUNT,
        page_url=None if link.payment_no is None else _page(deps, link.payment_no),
        look=look_of(merchant),
    )


async def begin(deps: Deps, link_id: str, pay_here: PayHere) -> Begun:
    """A payer begins there: an order of their own, or the one that all of them have.

    Raises NotHere, the refusals of `account_for` and of trade-core, and NotInitiated with the
    payment.
    """
    link = await _on_file(deps, link_id, None)
    app = deps.directory.find_serving(link.app_id, link.merchant_id)
    if app is None:
        raise NotHere("payment link")
    account = pay.account_for(deps.directory, app, _as_payment(link, pay_here))
    pay.check_place(deps, account)
    opened = await deps.trade_core.post(
        OpenedPayment,
        f"/internal/payment-links/{link_id}/payments",
        body=PayAtLink(
            amount=pay_here.amount,
            payment_id=account.account_id if account else None,
            channel=account.channel if account else None,
        ),
    )
    return await begun_at(deps, account, opened, pay_here)


async def begun_at(
    deps: Deps, account: ChannelAccount | None, opened: OpenedPayment, pay_here: PayHere
) -> Begun:
    """Where the payer goes on: our page or, at an account that has one, the channel's cashier.
    Raises NotInitiated with the payment."""
    payment = opened.payment
    if opened.created and account is not None:
        payment = await _at_the_channel(deps, account, payment, pay_here)
    action = with_link(deps, payment).action
    url = action.url if isinstance(action, RedirectAction) else _page(deps, payment.payment_no)
    return Begun(url=url)


async def _at_the_channel(
    deps: Deps, account: ChannelAccount, payment: PaymentView, pay_here: PayHere
) -> PaymentView:
    back = deps.addresses.back_to_page(token_of(payment.payment_no, deps.checkout_keys))
    payer = Payer(client_ip=pay_here.client_ip)
    return await pay.initiate(
        deps, account, payment, pay.Calling(Method.CASHIER, back, payer, will_split=False)
    )


async def _on_file(deps: Deps, link_id: str, app_id: str | None) -> LinkOnFile:
    if not is_id("payment_link", link_id):
        raise NotHere("payment link")
    path = f"/internal/payment-links/{link_id}"
    return await deps.trade_core.get(LinkOnFile, path, {"app_id": app_id})


def _as_payment(link: LinkOnFile, pay_here: PayHere) -> CreatePayment:
    """As the app would ask for it. What stands in the link was checked when that was made, and is
    not checked again by rules that are younger."""
    return CreatePayment.model_construct(
        merchant_id=link.merchant_id,
        merchant_order_no=link.merchant_order_no or link.link_id,
        amount=link.amount or pay_here.amount or 1,
        currency=link.currency,
        subject=link.subject,
        method=Method.CASHIER,
    )


def _page(deps: Deps, payment_no: str) -> str:
    return deps.addresses.page(token_of(payment_no, deps.checkout_keys))


def _view(deps: Deps, link: LinkOnFile) -> PaymentLinkView:
    content = link.model_dump(include=set(PaymentLinkView.model_fields))
    return PaymentLinkView(**{**content, "url": deps.addresses.pay_point(link.link_id)})
