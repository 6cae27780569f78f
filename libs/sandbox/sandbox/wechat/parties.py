"""Whose order it is: a merchant's own, or a sub-merchant's of a service provider (服务商模式).

The sandbox keeps no register of sub-merchants: any sub_mchid is this provider's.
Source: pay.weixin.qq.com/doc/v3/partner/4012738519
"""

from pydantic import BaseModel
from starlette.requests import Request

from sandbox.truth import Trade
from sandbox.wechat.account import WechatAccount
from sandbox.wechat.requests import Short
from sandbox.wechat.wire import Asked, Refusal, parameter_error, parse


class _Direct(BaseModel):
    appid: Short
    mchid: Short


class _Partner(BaseModel):
    sp_appid: Short
    sp_mchid: Short
    sub_mchid: Short
    sub_appid: Short | None = None


class _DirectMerchant(BaseModel):
    mchid: Short


class _PartnerMerchants(BaseModel):
    sp_mchid: Short
    sub_mchid: Short


def is_partner(request: Request) -> bool:
    return request.url.path.startswith("/v3/pay/partner/")


def of_order(request: Request, asked: Asked) -> dict[str, str]:
    """What an order, its query and its notifications name; raises Refusal for others' names."""
    model = _Partner if is_partner(request) else _Direct
    parties: dict[str, str] = parse(model, asked).model_dump(exclude_none=True)
    _check_signer(asked.account, parties)
    if parties.get("sp_appid", parties.get("appid")) != asked.account.appid:
        raise Refusal(400, "APPID_MCHID_NOT_MATCH", "appid与mchid不匹配")
    return parties


def of_body(request: Request, asked: Asked) -> dict[str, str]:
    """Who closes an order."""
    model = _PartnerMerchants if is_partner(request) else _DirectMerchant
    named: dict[str, str] = parse(model, asked).model_dump()
    _check_signer(asked.account, named)
    return named


def of_query(request: Request, asked: Asked) -> dict[str, str]:
    """Who asks for an order."""
    names = ("sp_mchid", "sub_mchid") if is_partner(request) else ("mchid",)
    named = {name: request.query_params.get(name, "") for name in names}
    _check_signer(asked.account, named)
    return named


def merchants_of(trade: Trade) -> dict[str, str]:
    """Without the appids: as refund notifications name them."""
    parties: dict[str, str] = trade.details["parties"]
    return {name: value for name, value in parties.items() if name.endswith("mchid")}


def is_of(trade: Trade, named: dict[str, str]) -> bool:
    """Whether these merchants may ask about this trade."""
    return merchants_of(trade) == named


def _check_signer(account: WechatAccount, named: dict[str, str]) -> None:
    field = "sp_mchid" if "sp_mchid" in named else "mchid"
    if named[field] != account.mchid:
        raise parameter_error(f"/{field}", "与签名中的商户号不一致")
