"""Alipay's OAuth: who is logged in, told to the merchant's page (`auth_base`, silent).

Source: opendocs.alipay.com/open/02xtl7 (alipay.system.oauth.token)
"""

import secrets
from functools import partial
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.alipay.account import CHANNEL, KIND
from sandbox.alipay.wire import Asked, Refusal, respond
from sandbox.answering import Done
from sandbox.clock import beijing_text, now
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.logins import BadCode
from sandbox.pages import result

METHOD = "alipay.system.oauth.token"
PAGE = "/oauth2/publicAppAuthorize.htm"
MAX_STATE = 100


def routes(deps: Deps) -> list[Route]:
    return [Route(PAGE, partial(_authorize, deps), methods=["GET"])]


async def _authorize(deps: Deps, request: Request) -> Response:
    query = request.query_params
    app_id, back = query.get("app_id", ""), query.get("redirect_uri", "")
    if deps.accounts(KIND).find(app_id) is None or query.get("scope") != "auth_base":
        return result(deps, CHANNEL, "参数错误：app_id 或 scope", 400)
    if urlsplit(back).scheme not in ("http", "https"):
        return result(deps, CHANNEL, "参数错误：redirect_uri", 400)
    hosts, state = deps.settings.page_hosts, query.get("state", "")
    if (hosts and urlsplit(back).netloc not in hosts) or len(state) > MAX_STATE:
        return result(deps, CHANNEL, "授权回跳地址与系统商配置回跳地址不一致", 400)
    content = {
        "app_id": app_id,
        "source": "alipay_wallet",
        "scope": "auth_base",
        "auth_code": deps.logins.code_for(app_id, deps.settings.person),
        "state": state,
    }
    return RedirectResponse(
        f"{back}{'&' if urlsplit(back).query else '?'}{urlencode(content)}", 302
    )


def exchange(deps: Deps, asked: Asked, hit: Hit) -> Done:
    """alipay.system.oauth.token; what is asked stands beside the public parameters, and a success
    has no code."""
    if asked.params.get("grant_type") != "authorization_code":
        return _refused(asked, "40001", "isv.missing-grant-type", "缺少授权类型")
    app_id = asked.account.app_id
    try:
        person = deps.logins.exchange(asked.params.get("code", ""), app_id)
    except BadCode:
        return _refused(asked, "40002", "isv.code-invalid", "授权码code无效")
    node = {
        "access_token": f"authbaseB{secrets.token_hex(16)}",
        "auth_start": beijing_text(now()),
        "expires_in": "1296000",
        "re_expires_in": "2592000",
        "refresh_token": f"authbaseB{secrets.token_hex(16)}",
        "open_id": deps.logins.name_of(person, app_id),
    }
    return Done(respond(asked, node, hit, is_bare=True))


def _refused(asked: Asked, code: str, sub_code: str, sub_msg: str) -> Done:
    node = Refusal(code, sub_code, sub_msg).node
    return Done(respond(asked, node, Hit(), name="error_response"))
