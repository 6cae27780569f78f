"""Who the payer is, on a page inside WeChat: silent OAuth (`snsapi_base`) of the calling app.

Source: developers.weixin.qq.com/doc/service/api/webdev/access (authorize, api_snsaccesstoken)
"""

from typing import Final
from urllib.parse import quote, urlencode

from gateway.channels.formats import json_object, text, whole
from gateway.channels.plugin import Moment, NotIdentified, PayerLogin, Reply, Request, Unverifiable
from gateway.channels.wechat.account import Account
from gateway.channels.wechat.credentials import OWN_URLS

AUTHORIZE_URL: Final = "https://open.weixin.qq.com"
EXCHANGE_URL: Final = "https://api.weixin.qq.com"
USED: Final = 40163
OF_OURS: Final = frozenset({40002, 40013, 40125, 41002, 41004})
"""Wrong or missing appid, secret or grant type."""


def is_possible(account: Account) -> bool:
    return account.app_secret is not None


def address(back: str, state: str, account: Account) -> str:
    """The parameters stand in this order: WeChat matches the address by pattern."""
    query = (
        f"appid={account.calling_app()}&redirect_uri={quote(back, safe='')}"
        f"&response_type=code&scope=snsapi_base&state={state}"
    )
    return f"{_host(account, AUTHORIZE_URL)}/connect/oauth2/authorize?{query}#wechat_redirect"


def request(code: str, account: Account, moment: Moment) -> Request:
    query = urlencode(
        {
            "appid": account.calling_app(),
            "secret": account.app_secret or "",
            "code": code,
            "grant_type": "authorization_code",
        }
    )
    url = f"{_host(account, EXCHANGE_URL)}/sns/oauth2/access_token?{query}"
    return Request("GET", url, {"Accept": "application/json"}, b"")


def payer(reply: Reply, account: Account, moment: Moment) -> str:
    """Errors too are HTTP 200. A snapshot user's openid is virtual: nobody can pay with it."""
    content = json_object(reply.body)
    if fault := whole(content, "errcode"):
        raise NotIdentified(str(fault), is_used_code=fault == USED, is_ours=fault in OF_OURS)
    openid = text(content, "openid")
    if reply.status != 200 or not openid:
        raise Unverifiable("no openid")
    if whole(content, "is_snapshotuser") == 1:
        raise NotIdentified("is_snapshotuser")
    return openid


def _host(account: Account, own: str) -> str:
    """A sandbox has everything at one address; WeChat has three."""
    return own if account.base_url in OWN_URLS else account.base_url


LOGIN: Final = PayerLogin(is_possible, address, request, payer)
