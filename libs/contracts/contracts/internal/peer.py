"""What two services compare before they work together."""

from pydantic import AwareDatetime

from contracts.internal.message import Message


class Peer(Message):
    """`now`: the time that counts, the database's. `record_key_ids`: by which keys results and
    commands are believed, the one that proves first."""

    now: AwareDatetime
    record_key_ids: list[str]


class ClockReading(Message):
    """What a replica's clock shows now."""

    now: AwareDatetime
