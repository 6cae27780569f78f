"""What became true: pulled by `events`, or sent as a callback."""

from datetime import datetime
from typing import Any, Final

from pydantic import JsonValue, TypeAdapter, ValidationError, ValidationInfo, field_validator

from paymesh.models.actions import Answered
from paymesh.models.money import PaymentView, RefundView, SplitView
from paymesh.models.vocabulary import EventType

_DATA: Final[dict[str, TypeAdapter[Any]]] = {
    "payment": TypeAdapter(PaymentView),
    "refund": TypeAdapter(RefundView),
    "split": TypeAdapter(SplitView),
}


class EventItem(Answered):
    """`id` is the callback's `webhook-id`: the same event, however often and wherever it comes.

    `data` is a payment, a refund or a split by the first word of `type`; else, and where a later
    release of the centre says something else of it, as it came.
    """

    id: str
    type: EventType
    timestamp: datetime
    data: PaymentView | RefundView | SplitView | dict[str, JsonValue]

    @field_validator("data", mode="before")
    @classmethod
    def _by_type(cls, data: Any, info: ValidationInfo) -> Any:
        of = _DATA.get(str(info.data.get("type", "")).partition(".")[0])
        if of is None or not isinstance(data, dict):
            return data
        try:
            return of.validate_python(data)
        except ValidationError:
            return data

    @property
    def payment(self) -> PaymentView | None:
        return self.data if isinstance(self.data, PaymentView) else None

    @property
    def refund(self) -> RefundView | None:
        return self.data if isinstance(self.data, RefundView) else None

    @property
    def split(self) -> SplitView | None:
        return self.data if isinstance(self.data, SplitView) else None


Event = EventItem


class EventPage(Answered):
    items: list[EventItem]
    next_cursor: str | None
