"""How the money of a refund goes back: by the channel's refund, or by its undo where it has one.

An undo that comes to nothing is no end of the refund: the channel's refund follows, by another
number of the channel's, but not before the channel, asked, says that the undo has ended. Nothing is
remembered here of what was sent before, so that is asked first (`refund-reservation`).

A channel that keeps its refusals is asked by the keys that its plugin names (`Plugin.refund_keys`).
The next key is used only where the channel says that it repeats a refusal, for then no call by the
one before, however late it arrives, makes a refund; after any other answer, and after none, it is
the same key again. A channel that knows a refund by its key is asked about each of them before.

Where a channel takes refunds of one payment some time apart, the first sending of one that has
others answers just that: trade-core knows them all, and sends each in its turn.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.channels.plugin import (
    Declined,
    NotSent,
    Operation,
    Outcome,
    Pending,
    Plugin,
    Refunding,
    Undo,
)

Ask = Callable[[str, Operation[Refunding, Any], Refunding], Awaitable[Outcome]]
"""Asks the channel, by a name and an operation, about a refund."""

NOT_NOW: Final = NotSent(
    "between_keys", "in this hour the channel is only asked about it", is_spoken=False
)


@dataclass(frozen=True, slots=True)
class MoneyBack:
    """One refund at its channel."""

    plugin: Plugin[Any]
    refunding: Refunding
    ask: Ask

    async def send(self) -> Outcome:
        """Send it, or what is left to be sent of it; to be repeated until it is known."""
        if self.refunding.has_others and self.plugin.refunds_apart_s is not None:
            return _in_turn(self.plugin.refunds_apart_s)
        undo = self._undo()
        if undo is not None:
            undone = await self._undone(undo)
            if not _came_to_nothing(undone):
                return undone
        return await self._refunded()

    async def query(self) -> Outcome:
        """How it stands, whichever way it went."""
        undo = self._undo()
        if undo is not None:
            undone = await self._ask("query_undo", undo.query)
            if not _came_to_nothing(undone):
                return undone
        return await self._known()

    async def _refunded(self) -> Outcome:
        """Where it may have been sent by another key, it is asked about first."""
        keys = self.plugin.refund_keys(self.refunding) if self.plugin.refund_keys else None
        if keys is None or keys == (self.refunding.refund_no,):
            return await self._ask("refund", self.plugin.refund)
        known = await self._known()
        if not _is_absent(known):
            return known
        outcome: Outcome = NOT_NOW
        for key in keys:
            by_key = replace(self.refunding, key=key)
            outcome = await self.ask("refund", self.plugin.refund, by_key)
            if not (isinstance(outcome, NotSent) and outcome.is_kept):
                break
        return outcome

    async def _known(self) -> Outcome:
        """How the refund stands, by the first of its keys by which the channel knows it."""
        known = await self._ask("query_refund", self.plugin.query_refund)
        for key in self.plugin.later_refund_keys(self.refunding):
            if not _is_absent(known):
                break
            by_key = replace(self.refunding, key=key)
            known = await self.ask("query_refund", self.plugin.query_refund, by_key)
        return known

    async def _ask(self, name: str, operation: Operation[Refunding, Any]) -> Outcome:
        return await self.ask(name, operation, self.refunding)

    async def _undone(self, undo: Undo[Any]) -> Outcome:
        """The undo is sent where the channel knows of none. A refusal may be of a repeat alone, so
        that the channel is asked once more."""
        known = await self._ask("query_undo", undo.query)
        if not _is_absent(known) or not undo.may_begin(self.refunding):
            return known
        sent = await self._ask("undo", undo.send)
        return await self._ask("query_undo", undo.query) if _is_refusal(sent) else sent

    def _undo(self) -> Undo[Any] | None:
        undo = self.plugin.undo
        return undo if undo is not None and undo.is_for(self.refunding) else None


def _in_turn(apart_s: int) -> NotSent:
    words = f"refunds of one payment are sent {apart_s} s apart"
    return NotSent("in_turn", words, is_spoken=False, pause_s=apart_s)


def _is_refusal(outcome: Outcome) -> bool:
    """The channel's own no to this call, to which no repeat will get a yes."""
    is_spoken = isinstance(outcome, NotSent) and outcome.is_spoken and not outcome.is_passing
    return is_spoken or isinstance(outcome, Declined)


def _came_to_nothing(known: Outcome) -> bool:
    """By the answer to a query: no money went back by the undo, and none will."""
    return isinstance(known, Declined) or _is_absent(known)


def _is_absent(known: Outcome) -> bool:
    return isinstance(known, Pending) and not known.found
