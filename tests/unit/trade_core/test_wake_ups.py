"""Whoever waits for an order is woken by its changes, and by nobody else's."""

import weakref

from trade_core.flows.wake_ups import OrderWakeUps


def test_those_who_watch_the_order_are_woken_and_nobody_else() -> None:
    wake_ups = OrderWakeUps()
    with (
        wake_ups.watched("O1") as one,
        wake_ups.watched("O1") as beside,
        wake_ups.watched("O2") as other,
    ):
        wake_ups.wake(["O1", "O3"])
        assert (one.is_set(), beside.is_set(), other.is_set()) == (True, True, False)


def test_who_has_left_is_not_kept() -> None:
    wake_ups = OrderWakeUps()
    with wake_ups.watched("O1") as gone:
        kept = weakref.ref(gone)
    with wake_ups.watched("O1") as here:
        wake_ups.wake(["O1"])
    assert (gone.is_set(), here.is_set()) == (False, True)
    del gone
    assert kept() is None
