"""Payment links: an address that an app sends to a payer, who pays there on our page."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field, StrictInt, ValidationInfo, field_validator

from contracts.api.requests import MAX_EXPIRY_S, Amount, ApiRequest, AppNumber, Identifier, Subject

MAX_LINK_EXPIRY_S: Final = 365 * 24 * 3600
"""Of a link for many payers; each of their orders has an end of its own."""


class LinkStatus(StrEnum):
    """`used`: its one order is paid, or closed. The others say why nothing can be begun there."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    DISABLED = "disabled"


class CreatePaymentLink(ApiRequest):
    """`POST /v1/payment-links`.

    `amount` absent: the payer enters it. `uses` 1: one order, whoever opens it; null: a new order
    for each payer. `merchant_order_no`: of that one order; made by us (`Q…`) where it is absent.
    """

    merchant_id: Identifier
    amount: Amount | None = None
    subject: Subject
    uses: Annotated[int, Field(strict=True, ge=1, le=1)] | None = 1
    expires_in_s: Annotated[int, Field(ge=1, le=MAX_LINK_EXPIRY_S)] = MAX_EXPIRY_S
    merchant_order_no: AppNumber | None = None

    @field_validator("expires_in_s")
    @classmethod
    def _order_lives_as_long(cls, expires_in_s: int, info: ValidationInfo) -> int:
        if info.data.get("uses") == 1 and expires_in_s > MAX_EXPIRY_S:
            raise ValueError(f"is at most {MAX_EXPIRY_S} for a link of one use, as for its order")
        return expires_in_s

    @field_validator("merchant_order_no")
    @classmethod
    def _number_of_one_order(cls, number: str | None, info: ValidationInfo) -> str | None:
        if number is not None and info.data.get("uses", 1) is None:
            raise ValueError("can only be given to a link of one use")
        return number


class PaymentLinkView(BaseModel):
    """`merchant_order_no` of a link of one use; as soon as that order is there its `payment_no`,
    amount and subject."""

    link_id: str
    url: str
    state: LinkStatus
    merchant_id: str
    amount: StrictInt | None
    currency: str
    subject: str
    uses: Literal[1] | None
    merchant_order_no: str | None
    payment_no: str | None
    created_at: datetime
    expires_at: datetime
