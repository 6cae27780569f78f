"""What payers begin at a counter code never exceeds the limit of the day."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.builders.trade_core import APP, MERCHANT
from tests.integration.trade_core.harness import Harness

from contracts.identifiers import is_id, new_id
from contracts.internal import PayAtCode
from trade_core.domain.pay_point_errors import DayLimitReached
from trade_core.flows import counter_codes
from trade_core.flows.open_payment import Opened

CODE = new_id("counter_code")


async def begin(harness: Harness, amount: int = 100, *, limit: int = 1_000, **more: Any) -> Opened:
    begun = PayAtCode(
        app_id=APP, merchant_id=MERCHANT, subject="前台", amount=amount, daily_limit=limit, **more
    )
    return await counter_codes.pay(harness.deps, CODE, begun)


async def test_the_order_is_the_apps_with_a_number_of_ours(harness: Harness) -> None:
    begun = await begin(harness, note="3-1201")
    assert (begun.order.app_id, begun.order.merchant_id) == (APP, MERCHANT)
    assert is_id("payers_order", begun.order.merchant_order_no)
    assert begun.payment.metadata == {"code_id": CODE, "note": "3-1201"}


async def test_many_payers_at_once_never_exceed_the_limit_of_the_day(harness: Harness) -> None:
    answers = await asyncio.gather(*(begin(harness) for _ in range(20)), return_exceptions=True)
    begun = [each for each in answers if isinstance(each, Opened)]
    refused = [each for each in answers if isinstance(each, DayLimitReached)]
    assert (len(begun), len(refused)) == (10, 10)


async def test_the_limit_is_of_a_beijing_day(harness: Harness) -> None:
    await begin(harness, 1_000)
    with pytest.raises(DayLimitReached) as refused:
        await begin(harness, 1)
    assert refused.value.extra == {"left": 0}
    harness.now = harness.now.replace(hour=15, minute=59)
    with pytest.raises(DayLimitReached):
        await begin(harness, 1)
    harness.now += timedelta(minutes=1)
    assert (await begin(harness, 1_000)).created


async def test_what_is_closed_unpaid_does_not_count(harness: Harness) -> None:
    begun = await begin(harness, 1_000)
    async with harness.deps.db.connection() as tx:
        await tx.execute(
            "update orders set state = 'closed' where order_id = $1", begun.order.order_id
        )
    assert (await begin(harness, 1_000)).created


async def test_a_name_that_was_taken_once_stops_no_payer(harness: Harness) -> None:
    begun = PayAtCode(
        app_id=APP, merchant_id=MERCHANT, subject="前台\u200b", amount=100, daily_limit=1_000
    )
    opened = await counter_codes.pay(harness.deps, CODE, begun)
    assert opened.order.subject == "前台\u200b"
