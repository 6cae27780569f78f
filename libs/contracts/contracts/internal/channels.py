"""What the gateway tells of channels."""

from pydantic import JsonValue

from contracts.api import Method
from contracts.internal.message import Message


class ChannelDescription(Message):
    """What a channel plugin offers, for people and forms. `credentials_schema`: JSON Schema."""

    channel: str
    title: str
    methods: list[Method]
    credentials_schema: dict[str, JsonValue]


class ChannelList(Message):
    items: list[ChannelDescription]


class CheckCredentials(Message):
    """Whether these credentials are complete, parse and belong together; nothing is kept."""

    credentials: dict[str, JsonValue]
