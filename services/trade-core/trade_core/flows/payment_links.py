"""Payment links: an app makes one, payers begin there, the app disables it."""

from dataclasses import dataclass

from chassis.database import Tx
from contracts.api import CreatePaymentLink, Method
from contracts.internal import LinkOnFile, PayAtLink
from contracts.money import Money
from trade_core.domain import payment_link
from trade_core.domain.order import Order, numbers_of
from trade_core.domain.pay_point_errors import LinkMismatch, LinkNotFound, LinkOver, OrderMismatch
from trade_core.domain.payment import Payment
from trade_core.domain.payment_link import PaymentLink
from trade_core.flows.deps import Deps
from trade_core.flows.open_payment import Opened, insert_fresh
from trade_core.flows.waiting import until_initiated
from trade_core.store import payment_links, reading


@dataclass(frozen=True, slots=True)
class MadeLink:
    """`created` False: a repeat; the link as it is now."""

    link: LinkOnFile
    created: bool


async def create(
    deps: Deps, app_id: str, request: CreatePaymentLink, *, signed_as: str | None = None
) -> MadeLink:
    """The same `merchant_order_no` again, and the very same request, answers the first link. Raises
    LinkMismatch, OrderMismatch."""
    link = payment_link.fresh(app_id, request, signed_as, deps.clock())
    async with deps.db.transaction() as tx:
        created = await payment_links.insert(tx, link)
        if not created:
            known = await payment_links.find_known(tx, link)
            if known is None or known.fingerprint != link.fingerprint:
                raise LinkMismatch(request.merchant_order_no or "")
            link = known
        order = await _order_of(tx, link)
        if created and order is not None and link.amount not in (None, order.amount):
            payment = await _latest_of(tx, order)
            raise OrderMismatch(Money(order.amount, order.currency), numbers_of(order, payment))
        return MadeLink(payment_link.view(link, order, deps.clock()), created)


async def get(deps: Deps, link_id: str, app_id: str | None) -> LinkOnFile:
    """`app_id` None: any app's. Raises LinkNotFound."""
    async with deps.db.connection() as tx:
        link = _require(await payment_links.find(tx, link_id), link_id, app_id)
        return await _view(deps, tx, link)


async def disable(deps: Deps, link_id: str, app_id: str) -> LinkOnFile:
    """Nothing is begun there any more; what was begun stays. Raises LinkNotFound."""
    async with deps.db.transaction() as tx:
        _require(await payment_links.find(tx, link_id), link_id, app_id)
        await payment_links.disable(tx, link_id)
        link = _require(await payment_links.find(tx, link_id), link_id, app_id)
        return await _view(deps, tx, link)


async def pay(deps: Deps, link_id: str, begun: PayAtLink) -> Opened:
    """A payer begins: an order of their own or, with a link of one use, the one for all of them.

    Of any number of payers at once exactly one finds it `created`. Raises LinkNotFound, LinkOver
    and AmountMissing.
    """
    async with deps.db.transaction() as tx:
        link = _require(await payment_links.find_to_open(tx, link_id), link_id, None)
        order = await _order_of(tx, link)
        opened = None
        if order is None:
            request = payment_link.payment_at(link, begun, deps.clock())
            opened = await insert_fresh(deps, tx, request)
            order = None if opened else await _order_of(tx, link)
    if opened is not None:
        deps.wake_relay()
        return opened
    if order is None:
        raise LinkNotFound(link_id)
    return await _begun_before(deps, link, order)


async def _begun_before(deps: Deps, link: PaymentLink, order: Order) -> Opened:
    """The order's page, wherever it is hosted. Raises LinkOver where the app is paid another
    way under this number."""
    async with deps.db.connection() as tx:
        payment = await _latest_of(tx, order)
    if payment.method is not Method.CASHIER:
        raise LinkOver(link.link_id, "used")
    return Opened(*await until_initiated(deps, order, payment), created=False)


async def _view(deps: Deps, tx: Tx, link: PaymentLink) -> LinkOnFile:
    return payment_link.view(link, await _order_of(tx, link), deps.clock())


async def _order_of(tx: Tx, link: PaymentLink) -> Order | None:
    return None if link.order_key is None else await reading.find_order(tx, link.order_key)


async def _latest_of(tx: Tx, order: Order) -> Payment:
    return (await reading.payments(tx, [order.latest_payment_no]))[order.latest_payment_no]


def _require(link: PaymentLink | None, link_id: str, app_id: str | None) -> PaymentLink:
    if link is None or app_id not in (None, link.app_id):
        raise LinkNotFound(link_id)
    return link
