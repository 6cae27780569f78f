"""The methods of the clients, written once: `…Methods` says what there is, its two heirs how.

In an heir of Group a method answers, in an heir of AsyncGroup it is awaited.
"""

from paymesh.calls import events, links, orders, payments, refunds, reports, splits
from paymesh.driving import AsyncGroup, Group, Listing, Method


class PaymentMethods:
    create = Method(payments.create)
    create_and_settle = Method(payments.create_and_settle)
    get = Method(payments.get_)
    wait = Method(payments.wait)
    list = Listing(payments.list_)


class OrderMethods:
    get = Method(orders.get)
    close = Method(orders.close)
    list = Listing(orders.list_)


class RefundMethods:
    create = Method(refunds.create)
    get = Method(refunds.get)
    find = Method(refunds.find)
    list = Listing(refunds.list_)


class SplitMethods:
    create = Method(splits.create)
    get = Method(splits.get)
    find = Method(splits.find)
    list = Listing(splits.list_)


class PaymentLinkMethods:
    create = Method(links.create)
    get = Method(links.get)
    disable = Method(links.disable)


class EventMethods:
    list = Listing(events.list_)
    page = Method(events.page)
    follow = Listing(events.follow)


class CallbackMethods:
    deliveries = Listing(events.deliveries)
    redeliver = Method(events.redeliver)
    ping = Method(events.ping)
    endpoints = Listing(events.endpoints)
    resume = Method(events.resume)


class StatementMethods:
    get = Method(reports.get)
    csv = Method(reports.csv)


class CapabilityMethods:
    get = Method(reports.capabilities)


class Payments(PaymentMethods, Group): ...


class Orders(OrderMethods, Group): ...


class Refunds(RefundMethods, Group): ...


class Splits(SplitMethods, Group): ...


class PaymentLinks(PaymentLinkMethods, Group): ...


class Events(EventMethods, Group): ...


class Callbacks(CallbackMethods, Group): ...


class Statements(StatementMethods, Group): ...


class Capabilities(CapabilityMethods, Group): ...


class AsyncPayments(PaymentMethods, AsyncGroup): ...


class AsyncOrders(OrderMethods, AsyncGroup): ...


class AsyncRefunds(RefundMethods, AsyncGroup): ...


class AsyncSplits(SplitMethods, AsyncGroup): ...


class AsyncPaymentLinks(PaymentLinkMethods, AsyncGroup): ...


class AsyncEvents(EventMethods, AsyncGroup): ...


class AsyncCallbacks(CallbackMethods, AsyncGroup): ...


class AsyncStatements(StatementMethods, AsyncGroup): ...


class AsyncCapabilities(CapabilityMethods, AsyncGroup): ...
