"""Payment links: what payers begin by themselves, never more often than the app said."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.builders.trade_core import APP, MERCHANT, request
from tests.integration.trade_core.harness import Harness

from contracts.api import CreatePaymentLink, LinkStatus, OrderStatus
from contracts.identifiers import is_id, new_id
from contracts.internal import LinkOnFile, PayAtLink
from trade_core.domain.pay_point_errors import (
    AmountMissing,
    LinkMismatch,
    LinkNotFound,
    LinkOver,
    OrderMismatch,
)
from trade_core.flows import payment_links

PAYERS = 20


def terms(**changes: Any) -> CreatePaymentLink:
    usual = {"merchant_id": MERCHANT, "amount": 1299, "subject": "物业费 11月"}
    return CreatePaymentLink(**{**usual, **changes})


async def made(harness: Harness, **changes: Any) -> LinkOnFile:
    return (await payment_links.create(harness.deps, APP, terms(**changes))).link


async def test_a_link_of_one_use_raced_by_many_payers_opens_one_order(harness: Harness) -> None:
    link = await made(harness)
    begun = await asyncio.gather(
        *(payment_links.pay(harness.deps, link.link_id, PayAtLink()) for _ in range(PAYERS))
    )
    assert sum(each.created for each in begun) == 1
    assert len({each.payment.payment_no for each in begun}) == 1
    async with harness.deps.db.connection() as tx:
        assert await tx.fetchval("select count(*) from orders") == 1
        assert await tx.fetchval("select count(*) from payments") == 1


async def test_a_link_for_many_opens_an_order_for_each(harness: Harness) -> None:
    link = await made(harness, uses=None)
    begun = [await payment_links.pay(harness.deps, link.link_id, PayAtLink()) for _ in range(3)]
    numbers = {each.order.merchant_order_no for each in begun}
    assert len(numbers) == 3
    assert all(is_id("payers_order", number) for number in numbers)
    assert link.merchant_order_no is None


async def test_the_order_is_the_apps_with_its_number_amount_and_end(harness: Harness) -> None:
    link = await made(harness, merchant_order_no="W77", expires_in_s=3_600)
    begun = await payment_links.pay(harness.deps, link.link_id, PayAtLink())
    order = begun.order
    assert (order.app_id, order.merchant_id, order.merchant_order_no) == (APP, MERCHANT, "W77")
    assert (order.amount, order.currency, order.subject) == (1299, "CNY", "物业费 11月")
    assert abs(order.expires_at - link.expires_at) < timedelta(seconds=5)
    assert begun.payment.metadata == {"link_id": link.link_id}


async def test_the_same_number_with_the_same_content_is_the_same_link(harness: Harness) -> None:
    first = await payment_links.create(harness.deps, APP, terms(merchant_order_no="W1"))
    again = await payment_links.create(harness.deps, APP, terms(merchant_order_no="W1"))
    assert (first.created, again.created) == (True, False)
    assert again.link.link_id == first.link.link_id
    with pytest.raises(LinkMismatch):
        await payment_links.create(harness.deps, APP, terms(merchant_order_no="W1", amount=1))


@pytest.mark.parametrize("uses", [1, None])
async def test_the_very_same_request_is_the_same_link(harness: Harness, uses: int | None) -> None:
    """A replay at another replica, or after a restart: a second link would stay payable."""
    asked = terms(uses=uses)
    made_by = [
        await payment_links.create(harness.deps, APP, asked, signed_as=signed_as)
        for signed_as in ("K1 n1 1700000000", "K1 n1 1700000000", "K1 n1 1700000009", None, None)
    ]
    assert [each.created for each in made_by] == [True, False, True, True, True]
    assert made_by[0].link == made_by[1].link
    other = await payment_links.create(harness.deps, "A2", asked, signed_as="K1 n1 1700000000")
    assert other.created


async def test_a_replay_is_its_own_link_also_when_the_number_has_it(harness: Harness) -> None:
    asked = terms(merchant_order_no="W1")
    first = await payment_links.create(harness.deps, APP, asked, signed_as="K1 n1 1")
    for signed_as in ("K1 n1 1", "K1 n2 2"):
        again = await payment_links.create(harness.deps, APP, asked, signed_as=signed_as)
        assert (again.created, again.link) == (False, first.link)


async def test_the_payer_says_the_amount_where_the_link_does_not(harness: Harness) -> None:
    link = await made(harness, amount=None)
    with pytest.raises(AmountMissing):
        await payment_links.pay(harness.deps, link.link_id, PayAtLink())
    begun = await payment_links.pay(harness.deps, link.link_id, PayAtLink(amount=5))
    assert begun.order.amount == 5


async def test_the_amount_of_the_link_is_not_the_payers_to_say(harness: Harness) -> None:
    link = await made(harness)
    begun = await payment_links.pay(harness.deps, link.link_id, PayAtLink(amount=1))
    assert begun.order.amount == 1299


async def test_a_disabled_link_begins_nothing_and_what_was_begun_stays(harness: Harness) -> None:
    link, other = await made(harness), await made(harness)
    begun = await payment_links.pay(harness.deps, link.link_id, PayAtLink())
    for each in (link, other):
        assert (await payment_links.disable(harness.deps, each.link_id, APP)).state is (
            LinkStatus.DISABLED
        )
    with pytest.raises(LinkOver) as refused:
        await payment_links.pay(harness.deps, other.link_id, PayAtLink())
    assert refused.value.extra == {"state": "disabled"}
    on_file = await payment_links.get(harness.deps, link.link_id, APP)
    assert on_file.payment_no == begun.payment.payment_no
    assert on_file.order_state is OrderStatus.OPEN


async def test_an_expired_link_begins_nothing(harness: Harness) -> None:
    link = await made(harness, uses=None, expires_in_s=60)
    harness.now += timedelta(seconds=60)
    assert (await payment_links.get(harness.deps, link.link_id, APP)).state is LinkStatus.EXPIRED
    with pytest.raises(LinkOver):
        await payment_links.pay(harness.deps, link.link_id, PayAtLink())


async def test_an_order_that_the_app_makes_itself_under_the_number_is_the_links(
    harness: Harness,
) -> None:
    link = await made(harness, merchant_order_no="W9")
    await harness.opened(request(merchant_order_no="W9"))
    with pytest.raises(LinkOver):
        await payment_links.pay(harness.deps, link.link_id, PayAtLink())


async def test_a_link_beside_an_order_of_another_amount_is_refused(harness: Harness) -> None:
    """Its view would say one amount, its page ask another."""
    opened = await harness.opened(request(merchant_order_no="W9", amount=500))
    asked = terms(merchant_order_no="W9", amount=100)
    for _ in range(2):
        with pytest.raises(OrderMismatch) as refused:
            await payment_links.create(harness.deps, APP, asked, signed_as="K1 n1 1")
        assert refused.value.extra["payment"]["payment_no"] == opened.payment_no
    assert await harness.rows("select * from payment_links") == []
    assert (await made(harness, merchant_order_no="W9", amount=500)).amount == 500


async def test_a_link_shows_what_its_order_asks(harness: Harness) -> None:
    """The app may open an order with other content after it made the link."""
    link = await made(harness, merchant_order_no="W9", amount=100)
    await harness.opened(request(merchant_order_no="W9", amount=500, subject="停车费"))
    seen = await payment_links.get(harness.deps, link.link_id, APP)
    again = await payment_links.create(harness.deps, APP, terms(merchant_order_no="W9", amount=100))
    assert (again.created, again.link) == (False, seen)
    assert (seen.amount, seen.subject) == (500, "停车费")


@pytest.mark.parametrize("app_id", ["A2", ""])
async def test_another_apps_link_is_not_there(harness: Harness, app_id: str) -> None:
    link = await made(harness)
    with pytest.raises(LinkNotFound):
        await payment_links.get(harness.deps, link.link_id, app_id)
    with pytest.raises(LinkNotFound):
        await payment_links.disable(harness.deps, link.link_id, app_id)
    assert (await payment_links.get(harness.deps, link.link_id, APP)).state is LinkStatus.OPEN


async def test_a_link_that_nobody_made_is_not_there(harness: Harness) -> None:
    with pytest.raises(LinkNotFound):
        await payment_links.pay(harness.deps, new_id("payment_link"), PayAtLink())


async def test_a_link_that_was_made_once_stops_no_payer(harness: Harness) -> None:
    """What a release before let apps say is not refused where it is read."""
    link = await made(harness)
    await harness.rows("update payment_links set subject = $1", "物业\u200b费")
    begun = await payment_links.pay(harness.deps, link.link_id, PayAtLink())
    assert begun.order.subject == "物业\u200b费"
    again = await payment_links.pay(harness.deps, link.link_id, PayAtLink())
    assert not again.created
