"""What a payer carries back to the app from our page, and who signs it."""

from typing import Annotated

from pydantic import Field

from contracts.internal.message import Message


class SignWayBack(Message):
    """`timestamp`: Unix seconds."""

    app_id: str
    merchant_order_no: str
    payment_no: str
    status: str
    timestamp: Annotated[int, Field(ge=0)]

    def text(self) -> str:
        """What is signed: four lines, each ending with a line feed."""
        return f"{self.merchant_order_no}\n{self.payment_no}\n{self.status}\n{self.timestamp}\n"


class SignedWayBack(Message):
    """base64 of the HMAC-SHA256 with the bytes behind `whsec_` of the app's newest secret; None:
    the app has none that can be used."""

    signature: str | None
