"""What merchants may ask for when they open an order, field by field.

Sources: pay.weixin.qq.com/doc/v3/merchant/4012791856 (JSAPI), 4012791877 (Native),
4012791834 (H5), 4013070347 (App)
"""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, model_validator

from sandbox.clock import DAY_S, now, read_rfc3339

MIN_EXPIRY_S = 58  # "one minute ahead", and two seconds for the way here
MAX_EXPIRY_S = 15 * DAY_S


def _require_plain_url(url: str) -> str:
    """Life demands https; a sandbox beside the merchant's program takes http too."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise ValueError("需为https地址，且不能携带参数")
    return url


def _require_near(text: str) -> str:
    if not MIN_EXPIRY_S <= read_rfc3339(text) - now() <= MAX_EXPIRY_S:
        raise ValueError("需晚于当前时间1分钟，且不超过15天")
    return text


def at_most_bytes(limit: int) -> AfterValidator:
    """WeChat Pay counts the bytes of UTF-8, three for a Chinese character."""

    def check(text: str) -> str:
        if len(text.encode()) > limit:
            raise ValueError(f"长度超过{limit}字节")
        return text

    return AfterValidator(check)


NotifyUrl = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_require_plain_url)]
TradeNumber = Annotated[str, Field(min_length=6, max_length=32, pattern=r"^[0-9A-Za-z_\-|*]+$")]
RefundNumber = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_\-|*@]+$")]
Short = Annotated[str, Field(min_length=1, max_length=32)]
OpenId = Annotated[str, Field(min_length=1, max_length=128)]
Fen = Annotated[int, Field(ge=1, le=10**12)]


class Amount(BaseModel):
    total: Fen
    currency: Literal["CNY"] = "CNY"


class Payer(BaseModel):
    openid: OpenId | None = None
    sp_openid: OpenId | None = None
    sub_openid: OpenId | None = None
    auth_code: Annotated[str, Field(min_length=1, max_length=32)] | None = None

    def ids(self) -> dict[str, str]:
        return self.model_dump(exclude={"auth_code"}, exclude_none=True)


class H5Info(BaseModel):
    type: Literal["Wap", "iOS", "Android"]


class StoreInfo(BaseModel):
    id: Short | None = None
    out_id: Short | None = None


class SceneInfo(BaseModel):
    payer_client_ip: Annotated[str, Field(min_length=1, max_length=45)] | None = None
    device_id: Annotated[str, Field(max_length=32)] | None = None
    device_ip: Annotated[str, Field(max_length=45)] | None = None
    store_info: StoreInfo | None = None
    h5_info: H5Info | None = None


class SettleInfo(BaseModel):
    profit_sharing: bool = False


class OrderRequest(BaseModel):
    """The fields all products share; whose order it is stands in `parties`."""

    description: Annotated[str, Field(min_length=1), at_most_bytes(127)]
    out_trade_no: TradeNumber
    notify_url: NotifyUrl
    amount: Amount
    time_expire: Annotated[str, Field(max_length=64), AfterValidator(_require_near)] | None = None
    attach: Annotated[str, at_most_bytes(128)] | None = None
    payer: Payer | None = None
    scene_info: SceneInfo | None = None
    settle_info: SettleInfo | None = None

    @property
    def expires_at(self) -> float | None:
        return read_rfc3339(self.time_expire) if self.time_expire else None


class JsapiRequest(OrderRequest):
    @model_validator(mode="after")
    def _require_payer(self) -> "JsapiRequest":
        if not (self.payer and self.payer.ids()):
            raise ValueError("payer.openid 必填")
        return self


class H5Request(OrderRequest):
    @model_validator(mode="after")
    def _require_scene(self) -> "H5Request":
        if not (self.scene_info and self.scene_info.payer_client_ip and self.scene_info.h5_info):
            raise ValueError("scene_info.payer_client_ip 与 scene_info.h5_info 必填")
        return self


class CodepayRequest(OrderRequest):
    """付款码: no notification is promised, so no notify_url is asked for."""

    notify_url: NotifyUrl | Literal[""] = ""

    @model_validator(mode="after")
    def _require_code_and_store(self) -> "CodepayRequest":
        if not (self.payer and self.payer.auth_code):
            raise ValueError("payer.auth_code 必填")
        store = self.scene_info.store_info if self.scene_info else None
        if not (store and (store.id or store.out_id)):
            raise ValueError("scene_info.store_info.id 或 out_id 必填")
        return self
