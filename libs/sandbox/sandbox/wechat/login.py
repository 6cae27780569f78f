"""WeChat's web OAuth: who is logged in, told to the merchant's page (`snsapi_base`, silent).

Source: developers.weixin.qq.com/doc/service/api/webdev/access (authorize, api_snsaccesstoken)
"""

import re
import secrets
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode, urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.answering import Call, Done, FailureForms, answer
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.logins import BadCode
from sandbox.pages import result
from sandbox.transport import HangUp
from sandbox.wechat.account import CHANNEL, KIND

SCOPES = ("snsapi_base", "snsapi_userinfo")
TOKEN_LIVES_S = 7200
SNAPSHOT = "snapshot"  # how a person is called whom WeChat shows a copy of the page (快照页)

_STATE = re.compile(r"[0-9A-Za-z]{0,128}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Wrong(Exception):
    """errcode and errmsg."""

    code: int
    message: str

    def response(self) -> Response:
        fields = {"errcode": self.code, "errmsg": f"{self.message}, rid: {secrets.token_hex(4)}"}
        return _json(fields)


def _json(content: dict[str, object]) -> Response:
    return Response(orjson.dumps(content), media_type="text/plain")


FAILURES = FailureForms(
    broken=Response("Internal Server Error", 500, media_type="text/html"),
    unsure=partial(_Wrong, -1, "system error"),
    limited=partial(_Wrong, 45011, "api minute-quota reach limit, must slower"),
    unsigned=_json({"errcode": 40029, "errmsg": "invalid code"}),
)


def routes(deps: Deps) -> list[Route]:
    return [
        Route("/connect/oauth2/authorize", partial(_authorize, deps), methods=["GET"]),
        Route("/sns/oauth2/access_token", partial(_exchange, deps), methods=["GET"]),
    ]


async def _authorize(deps: Deps, request: Request) -> Response:
    query, agent = request.query_params, request.headers.get("user-agent", "")
    if "MicroMessenger" not in agent or "wxwork" in agent:
        return result(deps, CHANNEL, "请在微信客户端打开链接", 403)
    if refusal := _refusal(deps, query.get("appid", ""), query.get("redirect_uri", ""), request):
        return result(deps, CHANNEL, refusal, 400)
    code = deps.logins.code_for(query["appid"], deps.settings.person)
    back = query["redirect_uri"]
    fields = urlencode({"code": code, "state": query.get("state", "")})
    return RedirectResponse(f"{back}{'&' if urlsplit(back).query else '?'}{fields}", 302)


def _refusal(deps: Deps, appid: str, back: str, request: Request) -> str:
    query, hosts = request.query_params, deps.settings.page_hosts
    if all(account.appid != appid for account in deps.accounts(KIND).all()):
        return "10012 appid 参数错误"
    if query.get("response_type") != "code" or query.get("scope") not in SCOPES:
        return "10005 scope 参数错误或没有 scope 权限"
    if not back or urlsplit(back).scheme not in ("http", "https"):
        return "10011 redirect_uri 参数错误"
    if hosts and urlsplit(back).netloc not in hosts:
        return "10003 redirect_uri 域名与后台配置不一致"
    return "" if _STATE.fullmatch(query.get("state", "")) else "state 参数错误"


async def _exchange(deps: Deps, request: Request) -> Response | HangUp:
    """Errors too are HTTP 200, and nothing is signed."""
    try:
        return await answer(
            deps, Call(CHANNEL, "login", "", FAILURES), partial(_named, deps, request)
        )
    except _Wrong as wrong:
        return wrong.response()


def _named(deps: Deps, request: Request, hit: Hit) -> Done:
    query = request.query_params
    appid = query.get("appid", "")
    account = next((each for each in deps.accounts(KIND).all() if each.appid == appid), None)
    if account is None:
        raise _Wrong(40013, "invalid appid")
    if query.get("secret") != account.app_secret:
        raise _Wrong(40125, "invalid appsecret")
    if query.get("grant_type") != "authorization_code":
        raise _Wrong(40002, "invalid grant_type")
    if not query.get("code"):
        raise _Wrong(41008, "missing code")
    try:
        person = deps.logins.exchange(query["code"], appid)
    except BadCode as bad:
        raise (
            _Wrong(40163, "code been used") if bad.is_used else _Wrong(40029, "invalid code")
        ) from bad
    fields: dict[str, object] = {
        "access_token": secrets.token_urlsafe(32),
        "expires_in": TOKEN_LIVES_S,
        "refresh_token": secrets.token_urlsafe(32),
        "openid": deps.logins.name_of(person, appid),
        "scope": "snsapi_base",
    }
    if person.startswith(SNAPSHOT):
        fields["is_snapshotuser"] = 1  # the openid is virtual
    return Done(_json(fields))
