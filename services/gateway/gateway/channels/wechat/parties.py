"""Whose order it is: a merchant's own, or that of a merchant for whom a provider acts (服务商).

A provider signs with its own key and names itself (`sp_`) and the merchant (`sub_`) in each call;
paths differ, everything else is the same.

Source: pay.weixin.qq.com/doc/v3/partner/4012738519
"""

from collections.abc import Mapping
from typing import Any

from gateway.channels.wechat.credentials import Account


def path(account: Account, tail: str) -> str:
    """The path of an order call, such as `native` or `out-trade-no/…`."""
    kind = "partner/transactions" if account.sub_mchid else "transactions"
    return f"/v3/pay/{kind}/{tail}"


def names(account: Account) -> dict[str, str]:
    """Everybody, with their apps: as orders and their notifications name them."""
    if not account.sub_mchid:
        return {"appid": account.appid, "mchid": account.mchid}
    app = {"sub_appid": account.sub_appid} if account.sub_appid else {}
    return {"sp_appid": account.appid, **merchants(account), **app}


def merchants(account: Account) -> dict[str, str]:
    """Without the apps: as questions and refund notifications name them."""
    if not account.sub_mchid:
        return {"mchid": account.mchid}
    return {"sp_mchid": account.mchid, "sub_mchid": account.sub_mchid}


def sub_merchant(account: Account) -> dict[str, str]:
    """Only the merchant behind a provider; refunds know the provider by the signature."""
    return {"sub_mchid": account.sub_mchid} if account.sub_mchid else {}


def splitter(account: Account) -> dict[str, str]:
    """Who divides an order; the apps, because receivers may be known under them."""
    app = {"sub_appid": account.sub_appid} if account.sub_appid else {}
    return {"appid": account.appid, **sub_merchant(account), **app}


def receiver_type(receiver: str, account: Account) -> str:
    """A merchant by its number, a person by the openid under the app that calls payments."""
    if is_merchant_number(receiver):
        return "MERCHANT_ID"
    return "PERSONAL_SUB_OPENID" if account.sub_appid else "PERSONAL_OPENID"


def is_merchant_number(receiver: str) -> bool:
    return receiver.isascii() and receiver.isdecimal()


def payer(account: Account, openid: str | None) -> dict[str, str | None]:
    """The payer under the app that calls the payment: the merchant's, where it has one."""
    if not account.sub_mchid:
        return {"openid": openid}
    return {"sub_openid" if account.sub_appid else "sp_openid": openid}


def calling_app(account: Account) -> str:
    """The app in which the payment is called."""
    return account.sub_appid or account.appid


def is_named(content: Mapping[str, Any], account: Account) -> bool:
    """Whether nobody else is named; refunds name no apps, their answers nobody."""
    own = names(account)
    return all(content.get(name, value) == value for name, value in own.items())


def is_for(content: Mapping[str, Any], account: Account) -> bool:
    """Whether exactly these merchants are named."""
    own = merchants(account)
    return all(content.get(name) == value for name, value in own.items())
