"""Who watches which order, and what is known of it without asking."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from cashier.consumers import tell
from cashier.domain.news import applied
from cashier.flows.hub import MAX_PER_ADDRESS, MAX_PER_LINK, Hub, TooManyStreams
from chassis.consumer import Record
from chassis.problems import Overloaded
from contracts.events.orders import OrderEvent, OrderEventRecord
from contracts.internal import Checkout

from .conftest import NOW, MakeCheckout


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def hub(max_streams: int = 1_000, clock: Clock | None = None) -> Hub:
    return Hub(max_streams, monotonic=clock or Clock())


def event(paid: Checkout, sequence: int = 4, **changes: Any) -> OrderEvent:
    return OrderEvent(
        app_id=paid.app_id,
        merchant_id="M1",
        order_id="O1",
        sequence=sequence,
        order=paid.order,
        payment=paid.payment,
        **changes,
    )


def record(latest: OrderEvent) -> Record:
    wrapped = OrderEventRecord(
        id="E1", source="s", type="order.paid", subject="O1", time=NOW, data=latest
    )
    return Record("t", 0, 0, "O1", wrapped.to_bytes(), {}, 0)


def test_news_reaches_those_who_watch_that_order(checkout: MakeCheckout) -> None:
    board, waiting, paid = hub(), checkout(), checkout("succeeded", "paid")
    other = checkout()
    other.order.merchant_order_no = "W-2"
    with (
        board.watching(waiting, link="a", address="x") as (room, news),
        board.watching(other, link="b", address="x") as (_, silence),
    ):
        news.clear()
        silence.clear()
        tell(board, record(event(paid)))
        assert (news.is_set(), silence.is_set()) == (True, False)
        assert room.checkout.order.status == "paid"
        assert room.checkout.payments[0].status == "succeeded"
        assert room.checkout.offers == waiting.offers


def test_news_of_another_app_with_the_same_number_is_not_ours(checkout: MakeCheckout) -> None:
    board = hub()
    paid = checkout("succeeded", "paid").model_copy(update={"app_id": "A2"})
    with board.watching(checkout(), link="a", address="x") as (room, _):
        tell(board, record(event(paid)))
        assert room.checkout.order.status == "open"


def test_the_bus_is_read_while_somebody_watches_and_a_while_longer(
    checkout: MakeCheckout,
) -> None:
    later: list[Callable[[], None]] = []
    board = Hub(9, monotonic=Clock(), later=lambda _, call: later.append(call))
    assert not board.watched.is_open
    with board.watching(checkout(), link="a", address="x"):
        assert board.watched.is_open
    assert board.watched.is_open, "the next one comes soon"
    with board.watching(checkout(), link="a", address="x"):
        later.pop()()
        assert board.watched.is_open, "the next one has come"
    later.pop()()
    assert not board.watched.is_open


def test_older_news_changes_nothing(checkout: MakeCheckout) -> None:
    waiting, paid = checkout(), checkout("succeeded", "paid")
    assert applied(waiting, event(paid, sequence=2)) is waiting
    assert applied(waiting, event(paid, sequence=3)).order.status == "paid"


def test_news_between_reading_and_watching_is_not_lost(checkout: MakeCheckout) -> None:
    board, waiting = hub(), checkout()
    tell(board, record(event(checkout("succeeded", "paid"))))
    with board.watching(waiting, link="a", address="x") as (room, _):
        assert room.checkout.order.status == "paid"


def test_what_is_not_watched_is_not_even_parsed() -> None:
    tell(hub(), Record("t", 0, 0, "O1", b"junk", {}, 0))


def test_there_are_limits_of_all_of_a_link_and_of_an_address(checkout: MakeCheckout) -> None:
    board, shown = hub(MAX_PER_LINK + MAX_PER_ADDRESS + 1), checkout()
    with ExitStack() as watching:
        for number in range(MAX_PER_LINK):
            watching.enter_context(board.watching(shown, link="a", address=f"x{number}"))
        with pytest.raises(TooManyStreams), board.watching(shown, link="a", address="y"):
            pass
        for number in range(MAX_PER_ADDRESS):
            watching.enter_context(board.watching(shown, link=f"b{number}", address="y"))
        with pytest.raises(TooManyStreams), board.watching(shown, link="c", address="y"):
            pass
        watching.enter_context(board.watching(shown, link="c", address="z"))
        with pytest.raises(Overloaded), board.watching(shown, link="d", address="w"):
            pass
    with board.watching(shown, link="a", address="y") as (room, _):
        assert len(room.watchers) == 1, "leaving makes room"


def test_what_the_bus_did_not_tell_is_doubted_when_it_is_back(checkout: MakeCheckout) -> None:
    board = hub()
    board.watch_bus(False)
    with board.watching(checkout(), link="a", address="x") as (room, news):
        news.clear()
        board.watch_bus(True)
        assert not room.is_doubtful
        board.watch_bus(False)
        assert room.is_doubtful
        assert news.is_set()


def test_link_that_is_watched_is_known_while_the_bus_tells(checkout: MakeCheckout) -> None:
    board = hub()
    board.watch_bus(False)
    with board.watching(checkout(), link="a", address="x"):
        with board.watching(checkout(), link="b", address="x"):
            tell(board, record(event(checkout("succeeded", "paid"))))
            known = board.find_known("a")
            assert known is not None
            assert known.order.status == "paid"
            assert board.find_known("forged") is None
        assert board.find_known("b") is None, "nobody shows any more that it is ours"
        board.watch_bus(True)
        assert board.find_known("a") is None, "what the bus does not tell is read"
        board.watch_bus(False)
        assert board.find_known("a") is None, "until it was read once"


def test_a_replica_reads_so_often_and_no_more() -> None:
    clock = Clock()
    board = hub(clock=clock)
    first = sum(board.may_read() for _ in range(1_000))
    clock.now = 1.0
    second = sum(board.may_read() for _ in range(1_000))
    assert (first, second) == (40, 40)
