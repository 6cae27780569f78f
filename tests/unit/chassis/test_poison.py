"""Which records become dead letters, which are tried again, and when no more are set aside."""

from collections.abc import Sequence

import asyncpg
import pytest

from chassis.consumer import Consumer, DeadRecord, Record
from chassis.consumer import group as consumer_group


class Forged(Exception):
    pass


class Service:
    """Applies numbers, without a broker: a batch is given to the consumer directly."""

    def __init__(self) -> None:
        self.applied: list[int] = []
        self.dead: list[int] = []
        self.poison: set[int] = set()
        self.unknown: set[int] = set()
        self.forged: set[int] = set()
        self.failure: Exception | None = None
        self.consumer = Consumer[int](
            bootstrap="nowhere",
            group="poison",
            topics=["t"],
            decode=self.decode,
            apply=self.apply,
            dead_letter=self.dead_letter,
            healthy=self.healthy,
            hopeless=(Forged,),
        )

    def decode(self, record: Record) -> int:
        number = int(record.value)
        if number in self.forged:
            raise Forged(number)
        if number in self.unknown:
            raise ValueError(f"a word of a newer release: {number}")
        return number

    async def apply(self, numbers: Sequence[int]) -> None:
        if self.failure is not None:
            raise self.failure
        if self.poison & set(numbers):
            raise LookupError(f"cannot apply {self.poison & set(numbers)}")
        self.applied += numbers

    async def dead_letter(self, records: Sequence[DeadRecord]) -> None:
        self.dead += [int(dead.record.value) for dead in records]

    async def healthy(self) -> bool:
        return True

    async def read(self, numbers: range) -> None:
        """A batch that has failed often enough for its records to be suspected."""
        self.consumer._failures = consumer_group.SUSPECT_AFTER
        await self.consumer._process([_record(number) for number in numbers])


def _record(number: int) -> Record:
    return Record("t", 0, number, str(number), str(number).encode(), {}, 0)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setattr(consumer_group, "ALONE_PAUSE_S", 0.0)
    return Service()


@pytest.mark.parametrize(
    "failure",
    [
        asyncpg.LockNotAvailableError("held for 30 s"),
        asyncpg.QueryCanceledError("statement timeout"),
        asyncpg.SerializationError("could not serialize"),
        asyncpg.UndefinedTableError("not migrated yet"),
        ConnectionError("lost"),
        ExceptionGroup("two parts", [ValueError("odd"), asyncpg.DeadlockDetectedError("x")]),
    ],
    ids=lambda failure: type(failure).__name__,
)
async def test_what_passes_by_itself_is_no_poison(shop: Service, failure: Exception) -> None:
    shop.failure = failure
    for _ in range(5):
        with pytest.raises(type(failure)):
            await shop.read(range(4))
    assert shop.dead == []
    shop.failure = None
    await shop.read(range(4))
    assert shop.applied == [0, 1, 2, 3]


async def test_poison_is_set_aside_and_its_neighbours_are_applied(shop: Service) -> None:
    shop.poison = {2, 5}
    await shop.read(range(8))
    assert (shop.dead, shop.applied) == ([2, 5], [0, 1, 3, 4, 6, 7])


async def test_ten_in_a_row_on_a_quiet_bus_block_until_something_can_be_applied(
    shop: Service,
) -> None:
    shop.poison = set(range(11))
    for number in range(10):
        await shop.read(range(number, number + 1))
    for _ in range(2):
        with pytest.raises(consumer_group.EverythingIsPoison):
            await shop.read(range(10, 11))
        assert shop.consumer.blocked == 1
    assert shop.dead == list(range(10))
    await shop.read(range(10, 13))  # A good word has come behind it.
    assert (shop.applied, shop.dead) == ([11, 12], list(range(11)))
    assert shop.consumer.blocked == 0


async def test_when_everything_is_poison_no_more_is_set_aside(shop: Service) -> None:
    shop.poison = set(range(30))
    with pytest.raises(consumer_group.EverythingIsPoison):
        await shop.read(range(30))
    assert (len(shop.dead), shop.consumer.blocked) == (10, 20)
    shop.poison = set()
    await shop.read(range(30))
    assert set(shop.applied) == set(range(30))


async def test_what_a_newer_release_wrote_waits_for_it_beyond_the_limit(shop: Service) -> None:
    shop.unknown = set(range(60))
    for _ in range(2):
        with pytest.raises(consumer_group.EverythingIsPoison):
            await shop.read(range(60))
        assert shop.consumer.blocked == 50
    assert shop.dead == list(range(10))
    shop.unknown = set()
    await shop.read(range(60))
    assert (shop.applied, shop.consumer.blocked) == (list(range(60)), 0)


async def test_what_cannot_be_read_among_what_can_is_set_aside(shop: Service) -> None:
    shop.unknown = set(range(59))
    await shop.read(range(60))
    assert (set(shop.dead), shop.applied) == (shop.unknown, [59])
    assert shop.consumer.blocked == 0


async def test_what_cannot_be_read_is_counted_once_however_often_it_comes(shop: Service) -> None:
    shop.unknown = set(range(4))
    shop.failure = ConnectionError("lost")
    await shop.read(range(4))
    for _ in range(5):
        with pytest.raises(ConnectionError):
            await shop.read(range(5))
    assert shop.dead == list(range(4))


async def test_what_no_release_would_take_is_always_set_aside(shop: Service) -> None:
    shop.forged = set(range(60))
    await shop.read(range(60))
    assert shop.dead == list(range(60))
    assert shop.consumer.blocked == 0
