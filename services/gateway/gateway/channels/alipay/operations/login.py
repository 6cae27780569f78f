"""Who the payer is, on a page inside Alipay: silent OAuth (`auth_base`).

Source: opendocs.alipay.com/open/02xtl7 (`alipay.system.oauth.token`)
"""

from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from gateway.channels.alipay import wire
from gateway.channels.alipay.credentials import OWN_URL, OWN_URLS, Account
from gateway.channels.formats import text, text_or_digits
from gateway.channels.plugin import (
    Call,
    Moment,
    NotIdentified,
    PayerLogin,
    Reply,
    Request,
    Unverifiable,
)

METHOD: Final = "alipay.system.oauth.token"
PATH: Final = "/oauth2/publicAppAuthorize.htm"
AUTHORIZE_URLS: Final = {
    OWN_URL: "https://openauth.alipay.com",
    **dict.fromkeys(OWN_URLS - {OWN_URL}, "https://openauth-sandbox.dl.alipaydev.com"),
}
CODE_INVALID: Final = "isv.code-invalid"


def is_possible(account: Account) -> bool:
    return account.may_login


def address(back: str, state: str, account: Account) -> str:
    query = {"app_id": account.app_id, "scope": "auth_base", "redirect_uri": back, "state": state}
    return f"{_host(account)}{PATH}?{urlencode(query, quote_via=quote)}"


def request(code: str, account: Account, moment: Moment) -> Request:
    """What is asked stands beside the public parameters, and in no biz_content."""
    own = {"grant_type": "authorization_code", "code": code}
    return wire.sign_form(METHOD, own, account, moment)


def payer(reply: Reply, account: Account, moment: Moment) -> str:
    """A success has no code of its own: it is one where it names the payer. Older apps are told
    the user id, newer ones the open id."""
    content = wire.verify(reply, Call("POST", METHOD), account, moment).content
    if text_or_digits(content, "code") not in ("", "10000"):
        sub_code = text(content, "sub_code")
        raise NotIdentified(sub_code, is_used_code=sub_code == CODE_INVALID)
    payer_id = text(content, "open_id") or text(content, "user_id")
    if not payer_id:
        raise Unverifiable("nobody is named")
    return payer_id


def _host(account: Account) -> str:
    parts = urlsplit(account.gateway_url)
    return AUTHORIZE_URLS.get(account.gateway_url) or f"{parts.scheme}://{parts.netloc}"


LOGIN: Final = PayerLogin(is_possible, address, request, payer)
