"""Words of channels that trade-core could not apply, for people to look at and to replay."""

from datetime import datetime
from typing import Literal

from contracts.internal.message import Message

DeadLetterState = Literal["open", "applied"]
"""Whether a replay has applied it."""


class DeadLetterView(Message):
    """A record from Kafka as it came. `value_base64` holds its raw bytes, `is_cut` where there are
    more of them than are shown. `error` is that of the last try; `tries` counts the replays;
    `version` rises with each change."""

    id: int
    topic: str
    partition: int
    offset: int
    key: str | None
    headers: dict[str, str]
    value_base64: str
    is_cut: bool
    error: str
    parked_at: datetime
    tries: int
    replayed_at: datetime | None
    version: int


class ReplayDeadLetter(Message):
    """`version` is that of the dead letter as shown; another one now is 409 `version_changed`."""

    version: int


class DeadLetterPage(Message):
    """The newest first; `next_cursor` is null at the end."""

    items: list[DeadLetterView]
    next_cursor: str | None
