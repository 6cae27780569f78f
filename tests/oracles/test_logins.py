"""Who is logged in to a wallet: the sandbox's OAuth, by a public SDK and by our own plugins."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from alipay import AliPay
from alipay.exceptions import AliPayException

from gateway.calling.enquiries import identify
from gateway.calling.executor import Executor
from gateway.channels.plugin import NotIdentified

from .conftest import RunningSandbox
from .plugin_calls import Open

BACK = "https://cashier.example/pay/payer"
IN_WECHAT = {"User-Agent": "Mozilla/5.0 (iPhone) Mobile/15E148 MicroMessenger/8.0.48"}
Known = dict[str, dict[str, str]]


def _sent_back(sandbox: RunningSandbox, url: str, **headers: str) -> dict[str, str]:
    """What the wallet sends the browser back with."""
    parts = urlsplit(url)
    answer = sandbox.http.get(f"{parts.path}?{parts.query}", headers=headers)
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == BACK
    return dict(parse_qsl(back.query))


@pytest.fixture
def sdk(credentials: Known) -> Any:
    known = credentials["alipay"]
    client = AliPay(
        appid=known["app_id"],
        app_notify_url="",
        app_private_key_string=known["app_private_key_pem"],
        alipay_public_key_string=known["alipay_public_key_pem"],
    )
    client._gateway = known["gateway_url"]
    return client


def _named(sdk: Any, code: str) -> dict[str, str]:
    """The SDK signs, sends and verifies; this method's parameters stand beside the public ones."""
    body = sdk.build_body("alipay.system.oauth.token", {})
    body |= {"grant_type": "authorization_code", "code": code}
    named: dict[str, str] = sdk.verified_sync_response(body, "alipay_system_oauth_token_response")
    return named


def _alipay_page(known: Known) -> str:
    return (
        f"/oauth2/publicAppAuthorize.htm?app_id={known['alipay']['app_id']}"
        f"&scope=auth_base&redirect_uri={BACK}&state=s1"
    )


def test_sdk_exchanges_alipays_code_once(
    sandbox: RunningSandbox, credentials: Known, sdk: Any
) -> None:
    content = _sent_back(sandbox, _alipay_page(credentials))
    assert (content["state"], content["source"]) == ("s1", "alipay_wallet")
    named = _named(sdk, content["auth_code"])
    assert named["open_id"].startswith("o")
    assert "code" not in named
    with pytest.raises(AliPayException, match="code-invalid"):
        _named(sdk, content["auth_code"])


@pytest.mark.parametrize("channel", ["wechat", "alipay"])
async def test_our_plugins_learn_who_pays(
    sandbox: RunningSandbox,
    executor: Executor,
    account: Open,
    channel: str,
) -> None:
    ours = account(channel)
    login = ours.plugin.login
    assert login is not None
    url = login.address(BACK, "s1", ours.opened)
    content = _sent_back(sandbox, url, **IN_WECHAT)
    code = content.get("code") or content["auth_code"]
    assert content["state"] == "s1"
    named = await identify(executor, ours, code)
    assert isinstance(named, str)
    assert len(named) == 28
    with pytest.raises(NotIdentified) as refused:
        await identify(executor, ours, code)
    assert refused.value.is_used_code
    with pytest.raises(NotIdentified):
        await identify(executor, ours, "never given")


async def test_a_copy_of_the_page_names_nobody(
    sandbox: RunningSandbox, executor: Executor, account: Open
) -> None:
    """WeChat shows it to people with an openid that nobody can pay with (快照页)."""
    ours = account("wechat")
    login = ours.plugin.login
    assert login is not None
    sandbox.control("POST", "/settings", {"person": "snapshot of somebody"})
    try:
        content = _sent_back(sandbox, login.address(BACK, "s1", ours.opened), **IN_WECHAT)
    finally:
        sandbox.control("POST", "/settings", {"person": "somebody"})
    with pytest.raises(NotIdentified, match="is_snapshotuser"):
        await identify(executor, ours, content["code"])


def _authorize(known: Known, **changes: str) -> str:
    query = {
        "appid": known["wechat"]["appid"], "redirect_uri": BACK, "response_type": "code",
        "scope": "snsapi_base", "state": "s1",
    }  # fmt: skip
    return f"/connect/oauth2/authorize?{httpx.QueryParams({**query, **changes})}"


@pytest.mark.parametrize(
    ("changes", "agent", "words"),
    [
        ({}, "Mozilla/5.0 (iPhone) Safari/604.1", "请在微信客户端打开链接"),
        ({}, "wxwork/4.1.30 MicroMessenger/7.0.1", "请在微信客户端打开链接"),
        ({"scope": "other"}, "MicroMessenger/8", "10005"),
        ({"state": "a.b"}, "MicroMessenger/8", "state"),
        ({"redirect_uri": ""}, "MicroMessenger/8", "10011"),
        ({"appid": "wx0"}, "MicroMessenger/8", "10012"),
    ],
)
def test_wechat_refuses_what_it_refuses(
    sandbox: RunningSandbox, credentials: Known, changes: dict[str, str], agent: str, words: str
) -> None:
    answer = sandbox.http.get(_authorize(credentials, **changes), headers={"User-Agent": agent})
    assert answer.status_code in (400, 403)
    assert words in answer.text


def test_wechat_knows_the_hosts_that_were_registered(
    sandbox: RunningSandbox, credentials: Known
) -> None:
    sandbox.control("POST", "/settings", {"page_hosts": ["elsewhere.example"]})
    try:
        answer = sandbox.http.get(_authorize(credentials), headers=IN_WECHAT)
        assert "10003" in answer.text
    finally:
        sandbox.control("POST", "/settings", {"page_hosts": []})


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"secret": "wrong"}, 40125),
        ({"appid": "wx0"}, 40013),
        ({"grant_type": "x"}, 40002),
        ({"code": ""}, 41008),
        ({"code": "never"}, 40029),
    ],
)
def test_wechats_errors_are_200(
    sandbox: RunningSandbox, credentials: Known, changes: dict[str, str], errcode: int
) -> None:
    known = credentials["wechat"]
    query = {
        "appid": known["appid"], "secret": known["app_secret"], "code": "c",
        "grant_type": "authorization_code", **changes,
    }  # fmt: skip
    answer = sandbox.http.get("/sns/oauth2/access_token", params=query)
    assert answer.status_code == 200
    assert answer.json()["errcode"] == errcode
