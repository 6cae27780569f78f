"""What the calls send. Only types are checked here; the centre says what it refuses, and why."""

import json

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from paymesh.models.vocabulary import Method


class Asked(BaseModel):
    """What an app asks for: no unknown member, no coercion; only what was given is sent."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    def json_bytes(self) -> bytes:
        """Raises ValueError where text is not Unicode (half of a surrogate pair)."""
        content = self.model_dump(exclude_unset=True)
        return json.dumps(
            content, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode()


class Payer(Asked):
    """Who pays, as far as the method must know: `openid` in a wallet, `auth_code` for barcode."""

    openid: str | None = None
    auth_code: str | None = None
    client_ip: str | None = None


class SplitReceiver(Asked):
    account: str
    amount: int
    description: str


class CreatePayment(Asked):
    merchant_id: str
    merchant_order_no: str
    amount: int
    currency: str = "CNY"
    subject: str
    method: Method = Field(strict=False)
    payment_id: str | None = None
    payer: Payer | None = None
    notify_url: str | None = None
    return_url: str | None = None
    expires_in_s: int = 7200
    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    split: list[SplitReceiver] = Field(default_factory=list)
    splits: bool = False


class CloseOrder(Asked):
    merchant_id: str


class CreateRefund(Asked):
    merchant_id: str
    payment_id: str
    payment_no: str
    merchant_refund_no: str
    amount: int
    reason: str | None = None
    notify_url: str | None = None


class CreateSplit(Asked):
    merchant_id: str
    payment_no: str
    merchant_split_no: str
    receivers: list[SplitReceiver]
    finish: bool = False


class CreatePaymentLink(Asked):
    merchant_id: str
    amount: int | None = None
    subject: str
    uses: int | None = 1
    expires_in_s: int = 604800
    merchant_order_no: str | None = None
