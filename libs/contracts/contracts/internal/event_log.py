"""The events that trade-core keeps, for who has to project them again."""

from pydantic import JsonValue

from contracts.internal.message import Message


class LoggedEvent(Message):
    """`position`: the cursor to go on after. `event`: the CloudEvent as it was published."""

    position: int
    event: dict[str, JsonValue]


class EventLogPage(Message):
    """In the order of the log, none left out between two positions; empty at its end. What is older
    than the first event of the log is not kept any more."""

    items: list[LoggedEvent]
