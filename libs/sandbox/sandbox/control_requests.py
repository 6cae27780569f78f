"""What may be asked of the control API, field by field."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox.faults import DEFAULT_DELAY_S, ONLY_AT, Kind, Operation

MAX_DELAY_S = 600
MAX_LATENCY_MS = 60_000
MAX_PAUSE_S = 600
MAX_CODE_LIFE_S = 86_400

Name = Annotated[str, Field(min_length=1, max_length=64)]


class ControlRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class PayRequest(ControlRequest):
    payment_no: Annotated[str, Field(min_length=1)]
    amount: Annotated[int, Field(ge=1)] | None = None
    notify: bool = True


class RefundRequest(ControlRequest):
    refund_no: Annotated[str, Field(min_length=1)]
    state: Literal["succeeded", "failed", "abnormal"]


class ConsoleRefundRequest(ControlRequest):
    payment_no: Annotated[str, Field(min_length=1)]
    amount: Annotated[int, Field(ge=1)]
    notify: bool = True


class BounceRequest(ControlRequest):
    refund_no: Annotated[str, Field(min_length=1)]
    notify: bool = True


class DisputeRequest(ControlRequest):
    payment_no: Annotated[str, Field(min_length=1)]
    amount: Annotated[int, Field(ge=1)]
    notify: bool = True


class WonRequest(ControlRequest):
    payment_no: Annotated[str, Field(min_length=1)]
    notify: bool = True


class FaultRequest(ControlRequest):
    channel: Name
    operation: Operation | Literal["*"]
    fault: Kind
    times: Annotated[int, Field(ge=1)] | None = None
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    delay_s: Annotated[float, Field(ge=0, le=MAX_DELAY_S)] = DEFAULT_DELAY_S
    payment_no: str | None = None

    @model_validator(mode="after")
    def _can_ever_strike(self) -> "FaultRequest":
        only = ONLY_AT.get(self.fault)
        if only and self.operation not in ("*", only):
            raise ValueError(f"{self.fault} acts on operation {only} only")
        return self


class SettingsRequest(ControlRequest):
    latency_ms: Annotated[int, Field(ge=0, le=MAX_LATENCY_MS)] | None = None
    auto_pay: bool | None = None
    person: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    page_hosts: Annotated[list[str], Field(max_length=5)] | None = None
    refund_pause_s: Annotated[float, Field(ge=0, le=MAX_PAUSE_S)] | None = None
    code_lives_s: Annotated[float, Field(ge=0, le=MAX_CODE_LIFE_S)] | None = None


class MerchantRequest(ControlRequest):
    """`channel`: a section of demo.json, such as `easy_direct`, the other product of easy. `sort`:
    what Alipay's app is, `mini_program` or `web`; without it, it is both."""

    channel: Name
    sort: Name | None = None
