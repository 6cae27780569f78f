"""Serials: short numbers, for channels whose form of a number cannot hold ours."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from contracts.internal.message import Message

MAX_NUMBERS = 10


class FindSerials(Message):
    """The serials of these numbers of ours; `draw` names one that gets its serial now, where it
    has none. Asked for before the channel is, so that what was sent is known ever after."""

    numbers: Annotated[list[str], Field(max_length=MAX_NUMBERS)]
    draw: str | None = None


class SerialView(Message):
    """`serial` rises by one with each number that drew one, `drawn_at` says when: both together
    are unique in any shorter form that counts at least as far as can be drawn in a second."""

    number: str
    serial: int
    drawn_at: AwareDatetime


class SerialList(Message):
    """Without those numbers that never drew one."""

    items: list[SerialView]
