"""Secrets move to a new sealing key: who can open them seals them anew, and shows them nobody."""

from typing import Annotated, Final

from pydantic import Field

from contracts.internal.message import Message

MAX_TEXTS: Final = 16


class SealAnew(Message):
    """Sealed texts of one entity, its id being their `context`.

    `public_key`: the key that the caller seals to. The answer is sealed to the newest key of the
    service that is asked, never to another one: 422 where the two differ.
    """

    public_key: str
    context: str
    texts: Annotated[list[str], Field(max_length=MAX_TEXTS)]


class SealedAnew(Message):
    """In the order of the question; None for a text that does not open with any of the keys."""

    texts: list[str | None]
