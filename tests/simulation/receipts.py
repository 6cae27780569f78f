"""Between a consumer and what applies its records: what was dealt with, so that it shows what was
committed and never was."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from tests.simulation.bus import Bus

from chassis.consumer import DeadRecord, Record

T = TypeVar("T")


class Receipts(Generic[T]):
    """The three callbacks of a group's consumer. A record is dealt with when it has been applied
    or dead-lettered; the program that dies on the way gets it again."""

    def __init__(
        self,
        bus: Bus,
        group: str,
        *,
        decode: Callable[[Record], T],
        apply: Callable[[Sequence[T]], Awaitable[None]],
        dead_letter: Callable[[Sequence[DeadRecord]], Awaitable[None]],
    ) -> None:
        bus.deal_with(group, [])
        self._bus = bus
        self._group = group
        self._decode = decode
        self._apply = apply
        self._dead_letter = dead_letter

    def decode(self, record: Record) -> tuple[Record, T]:
        return record, self._decode(record)

    async def apply(self, batch: Sequence[tuple[Record, T]]) -> None:
        await self._apply([value for _, value in batch])
        self._bus.deal_with(self._group, [record for record, _ in batch])

    async def dead_letter(self, letters: Sequence[DeadRecord]) -> None:
        await self._dead_letter(letters)
        self._bus.deal_with(self._group, [letter.record for letter in letters])
