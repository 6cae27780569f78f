"""Results of channels that Kafka does not take, handed to trade-core by HTTP instead."""

from typing import Annotated, Final, Literal

from pydantic import Field

from contracts.internal.message import Message

MAX_RESULTS: Final = 100
MAX_RESULTS_BYTES: Final = 1_048_576


class ResultRecord(Message):
    """A record as Kafka would have carried it; `value` is its JSON text."""

    topic: Literal["paymesh.payment-results.v1", "paymesh.refund-results.v1"]
    key: str
    value: str
    headers: dict[str, str]


class TakeResults(Message):
    """In the order in which they were said. The same record may come by Kafka as well."""

    records: Annotated[list[ResultRecord], Field(min_length=1, max_length=MAX_RESULTS)]


class ResultsReceipt(Message):
    """All records are durable: applied, or kept as so many dead letters."""

    dead_letters: int
