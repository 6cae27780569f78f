"""What an app lists: its own, in order, page by page, with nothing left out and nothing twice."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from tests.builders.trade_core import APP, MERCHANT, paid, refund_request, request, split_request
from tests.integration.trade_core.harness import Harness

from chassis.problems import InvalidRequest
from contracts.internal import ListQuery
from trade_core.flows import list_records
from trade_core.flows.deps import Deps
from trade_core.store import lists

Lists = Callable[[Deps, ListQuery], Awaitable[Any]]


def query(**filters: Any) -> ListQuery:
    return ListQuery(**{"app_id": APP, "merchant_ids": [MERCHANT], **filters})


async def pages(harness: Harness, read: Lists, **filters: Any) -> list[list[Any]]:
    """All pages of the list, the items of each."""
    found: list[list[Any]] = []
    after = None
    while True:
        page = await read(harness.deps, query(after=after, **filters))
        found.append(page.items)
        if page.next_cursor is None:
            return found
        after = page.next_cursor


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_payments_are_listed_in_order_page_by_page(harness: Harness, order: str) -> None:
    made = [await harness.opened(request(merchant_order_no=f"W{n}")) for n in range(5)]
    numbers = sorted((one.payment_no for one in made), reverse=order == "desc")

    found = await pages(harness, list_records.list_payments, limit=2, order=order)

    assert [len(page) for page in found] == [2, 2, 1]
    assert [item.payment_no for page in found for item in page] == numbers


async def test_a_full_last_page_is_the_end(harness: Harness) -> None:
    for number in range(4):
        await harness.opened(request(merchant_order_no=f"W{number}"))
    found = await pages(harness, list_records.list_orders, limit=2)
    assert [len(page) for page in found] == [2, 2]


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_page_looks_at_so_many_and_goes_on_behind_them(
    harness: Harness, order: Literal["asc", "desc"]
) -> None:
    made = [await harness.opened(request(merchant_order_no=f"W{n}")) for n in range(7)]
    await harness.apply(paid(made[3]))
    read: list[list[str]] = []
    after = None
    async with harness.db.connection() as tx:
        while True:
            wanted = query(status="succeeded", order=order)
            page = await lists.page(tx, lists.PAYMENTS, wanted, after, scanned=2)
            read.append(page.numbers)
            if page.goes_on_after is None:
                break
            after = page.goes_on_after
        by_number = query(merchant_order_no="W3", status="succeeded", order=order)
        found = await lists.page(tx, lists.PAYMENTS, by_number, None, scanned=2)

    assert read == [[], [made[3].payment_no], [], []]
    assert (found.numbers, found.goes_on_after) == ([made[3].payment_no], None)


async def test_an_app_lists_what_is_its_own_and_of_its_merchants(harness: Harness) -> None:
    await harness.opened()
    others: list[dict[str, Any]] = [
        {"app_id": "A-other"},
        {"merchant_ids": ["M-other"]},
        {"merchant_ids": []},
    ]
    for other in others:
        for read in (list_records.list_payments, list_records.list_orders):
            assert (await read(harness.deps, query(**other))).items == []


async def test_every_filter_finds_what_fits_and_nothing_else(harness: Harness) -> None:
    harness.now = datetime.now(UTC)  # Numbers are made by the real clock.
    first = await harness.opened(request(merchant_order_no="W1"))
    second = await harness.opened(request(merchant_order_no="W2"))
    await harness.apply(paid(first, channel_trade_no="42001"))
    now = harness.deps.clock()
    hour = timedelta(hours=1)
    fitting: list[dict[str, Any]] = [
        {"status": "succeeded"},
        {"payment_no": first.payment_no},
        {"merchant_order_no": "W1"},
        {"channel_trade_no": "42001"},
        {"paid_from": now - hour, "paid_to": now + hour},
        {"channel": "wechat", "created_from": now - hour, "created_to": now + hour, "limit": 100,
         "status": "succeeded"},
    ]  # fmt: skip
    for filters in fitting:
        (page,) = await pages(harness, list_records.list_payments, **filters)
        assert [item.payment_no for item in page] == [first.payment_no], filters
    unfitting: list[dict[str, Any]] = [
        {"status": "closed"},
        {"channel": "alipay"},
        {"channel_trade_no": "4200"},
        {"created_to": now - hour},
        {"created_from": now + hour},
        {"paid_from": now + hour},
        {"merchant_order_no": "W1", "payment_no": second.payment_no},
    ]
    for filters in unfitting:
        assert await pages(harness, list_records.list_payments, **filters) == [[]], filters


async def test_an_order_is_found_by_its_payments_and_shows_them(harness: Harness) -> None:
    payment = await harness.paid(request(merchant_order_no="W1"))
    refund = (await harness.refund(refund_request(payment))).refund
    await harness.opened(request(merchant_order_no="W2"))

    (page,) = await pages(harness, list_records.list_orders, payment_no=payment.payment_no)

    (order,) = page
    assert (order.merchant_order_no, order.status) == ("W1", "paid")
    assert [one.payment_no for one in order.payments] == [payment.payment_no]
    assert [one.refund_no for one in order.refunds] == [refund.refund_no]


async def test_refunds_and_splits_are_found_by_each_number(harness: Harness) -> None:
    payment = await harness.paid(request(merchant_order_no="W1"))
    refund = (await harness.refund(refund_request(payment, "T1", 100))).refund
    split = (await harness.split(split_request(payment, "F1", 300))).split
    for filters in (
        {},
        {"merchant_order_no": "W1"},
        {"payment_no": payment.payment_no},
        {"channel_trade_no": (await harness.payment(payment)).channel_trade_no},
        {"status": "processing"},
    ):
        (refunds,) = await pages(harness, list_records.list_refunds, **filters)
        (splits,) = await pages(harness, list_records.list_splits, **filters)
        assert [one.refund_no for one in refunds] == [refund.refund_no], filters
        assert [one.split_no for one in splits] == [split.split_no], filters
    (found,) = await pages(harness, list_records.list_refunds, number="T1")
    assert [one.merchant_refund_no for one in found] == ["T1"]
    assert await pages(harness, list_records.list_splits, number="F2") == [[]]


@pytest.mark.parametrize(
    "cursor", ["x", "ZTE", "UjAxSkQ", "é", "UDAxS0FONUMyRk4wMDAwMDAwMDAwMDAwMDE="]
)
async def test_cursor_of_another_list_is_refused(harness: Harness, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        await list_records.list_refunds(harness.deps, query(after=cursor))
