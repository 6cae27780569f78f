"""The short numbers of ours, at channels that need them: asked of trade-core, which keeps them.

They are durable before the channel hears of them, and never change, so they are remembered here.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, TypeVar

from contracts.internal import FindSerials, SerialList
from gateway.channels.plugin import PayOrder, Refunding, Serial, Trade

MAX_REMEMBERED: Final = 20_000

Find = Callable[[FindSerials], Awaitable[SerialList]]
SubjectT = TypeVar("SubjectT")


class Serials:
    """`find` asks trade-core; whatever it raises goes through."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._known: OrderedDict[str, Serial] = OrderedDict()

    async def given(self, subject: SubjectT, *, draw: bool) -> SubjectT:
        """The subject with the serials of its numbers; `draw`: it is sent now, and gets its own.

        What was sent before there were serials has none.
        """
        numbers = _numbers(subject)
        missing = [number for number in numbers if number not in self._known]
        if missing:
            own = numbers[0] if draw else None
            for item in (await self._find(FindSerials(numbers=missing, draw=own))).items:
                self._known[item.number] = Serial(item.serial, item.drawn_at)
        found = [self._known.get(number) for number in numbers]
        while len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)
        if isinstance(subject, Refunding):
            return replace(subject, serial=found[0], trade=replace(subject.trade, serial=found[1]))
        if isinstance(subject, PayOrder | Trade):
            return replace(subject, serial=found[0])
        return subject


def _numbers(subject: object) -> list[str]:
    """The subject's own first; none of what is neither payment nor refund."""
    match subject:
        case Refunding():
            return [subject.refund_no, subject.trade.payment_no]
        case PayOrder() | Trade():
            return [subject.payment_no]
        case _:
            return []
