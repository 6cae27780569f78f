"""The envelope of every record: CloudEvents 1.0 in JSON, structured mode.

Source: github.com/cloudevents/spec (cloudevents/formats/json-format.md)
"""

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

DataT = TypeVar("DataT", bound=BaseModel)


class Data(BaseModel):
    """Base of event data. Readers ignore fields they do not know: change is additive."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class CloudEvent(BaseModel, Generic[DataT]):
    """One event. `id` stays the same however often it is delivered; `time` is when it became true.

    `CloudEvent[OrderEvent].model_validate_json(value)` reads one, `to_bytes()` writes one.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: Annotated[
        str | None,
        Field(
            description="W3C Trace Context of what caused it; null where nobody asked, as of what "
            "a clock began. Commands and delivery events, whose cause lies further back, have it "
            "where traces are recorded, alerts where they are stored with a change"
        ),
    ] = None
    data: DataT

    def to_bytes(self) -> bytes:
        # As `model_dump_json`, without the way through a text.
        return self.__pydantic_serializer__.to_json(self)

    def headers(self) -> dict[str, str]:
        """Kafka headers, so that consumers can route without parsing."""
        return {"ce_id": self.id, "ce_type": self.type}
