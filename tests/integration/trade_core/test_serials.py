"""Serials: drawn once for a number, durable, and never the same for two."""

import asyncio

from tests.integration.trade_core.harness import Harness

from contracts.identifiers import new_id
from contracts.internal import FindSerials
from trade_core.flows.draw_serials import draw


async def test_a_number_draws_one_serial_however_often_and_by_whomever(harness: Harness) -> None:
    number = new_id("payment")
    asked = FindSerials(numbers=[number], draw=number)
    lists = await asyncio.gather(*(draw(harness.deps, asked) for _ in range(20)))
    assert len({(item.serial, item.drawn_at) for each in lists for item in each.items}) == 1
    assert all(len(each.items) == 1 for each in lists)


async def test_each_number_draws_its_own(harness: Harness) -> None:
    numbers = [new_id("refund") for _ in range(50)]
    lists = await asyncio.gather(
        *(draw(harness.deps, FindSerials(numbers=[each], draw=each)) for each in numbers)
    )
    assert len({item.serial for each in lists for item in each.items}) == 50


async def test_a_question_draws_nothing(harness: Harness) -> None:
    number = new_id("payment")
    for _ in range(2):
        assert (await draw(harness.deps, FindSerials(numbers=[number]))).items == []
