"""fifteen-second-rule, and whether an initiation is under way: by the database's clock."""

from datetime import timedelta

import pytest
from tests.builders.trade_core import APP, MERCHANT, payment_result, request
from tests.integration.trade_core.harness import Harness

from contracts.api import PaymentStatus
from contracts.events.results import Source, Verdict
from trade_core.domain.errors import PaymentInProgress, TooSoon
from trade_core.domain.order import OrderKey
from trade_core.flows.close_order import close_order

HOUR_S = 3_600


def other_replica(harness: Harness, skew_s: float) -> Harness:
    return Harness(harness.db, now=harness.now, skew=timedelta(seconds=skew_s))


@pytest.mark.parametrize("first_s", [-HOUR_S, -20, 0, 20, HOUR_S])
@pytest.mark.parametrize("second_s", [-HOUR_S, -20, 20, HOUR_S])
async def test_replicas_whose_clocks_differ_agree_about_the_window(
    harness: Harness, first_s: float, second_s: float
) -> None:
    harness.skew = timedelta(seconds=first_s)
    await harness.opened()
    harness.pass_time(14)
    with pytest.raises(TooSoon):
        await other_replica(harness, second_s).open(request(amount=1300))
    harness.pass_time(1)
    assert (await other_replica(harness, second_s).open(request(amount=1300))).created


@pytest.mark.parametrize("skew_s", [-HOUR_S, -20, 20, HOUR_S])
async def test_replay_meets_an_initiation_that_is_under_way(
    harness: Harness, skew_s: float
) -> None:
    await harness.open()
    harness.pass_time(1)
    with pytest.raises(PaymentInProgress):
        await other_replica(harness, skew_s).open()


@pytest.mark.parametrize("skew_s", [-HOUR_S, -20, 20, HOUR_S])
async def test_close_ends_nothing_while_the_initiation_may_still_arrive(
    harness: Harness, skew_s: float
) -> None:
    """Also where the gateway's clock, whose times the answer carries, is ahead."""
    payment = (await harness.open()).payment
    other = other_replica(harness, skew_s)
    other.pass_time(5)
    await close_order(other.deps, OrderKey(APP, MERCHANT, "W1"))
    at = other.now + timedelta(seconds=max(skew_s, 0))
    word = payment_result(
        payment, Source.CLOSE, Verdict.SUCCEEDED, found=False, asked_at=at, said_at=at
    )
    await other.apply(word)
    assert await harness.state(payment) is PaymentStatus.UNKNOWN
    other.pass_time(8)
    await other.apply(word.model_copy(update={"asked_at": None, "said_at": None}))
    assert await harness.state(payment) is PaymentStatus.CLOSED
