"""The pages payers see: one look for all channels, everything from outside escaped."""

from collections.abc import Callable
from html import escape
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox import payer
from sandbox.bodies import read_body
from sandbox.clock import now
from sandbox.deps import Deps
from sandbox.money import shown, yuan
from sandbox.truth import Trade

WALLETS = {"WECHAT": "微信支付", "ALIPAY": "支付宝", "UNIONPAY": "云闪付"}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}

WayBack = Callable[[Trade, bool], str]
"""Where the payer goes after paying (True) or leaving (False); empty for nowhere."""

_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>{title}</title>
<style>
body{{margin:0;background:#f4f5f7;color:#1d1f23;font:16px/1.6 system-ui,"PingFang SC",sans-serif}}
main{{max-width:24rem;margin:8vh auto;background:#fff;border-radius:12px;padding:2rem}}
h1{{margin:0;font-size:1rem;color:{colour}}} .amount{{margin:1rem 0 0;font-size:2.4rem}}
dl{{display:grid;grid-template-columns:auto 1fr;gap:.3rem 1rem;color:#5c626b}} dd{{margin:0;
overflow-wrap:anywhere;text-align:right;color:#1d1f23}}
button{{width:100%;padding:.8rem;margin-top:.8rem;border:0;border-radius:8px;font:inherit;
background:{colour};color:#fff;cursor:pointer}} button.leave{{background:#eceef1;color:#1d1f23}}
label{{display:block;padding:.3rem 0}} small{{display:block;margin-top:1.5rem;color:#747b85}}
</style></head><body><main><h1>{title}</h1>{body}
<small>沙箱环境，不会产生真实扣款。<br>Sandbox: no real money moves.</small></main></body></html>"""


async def counter(deps: Deps, request: Request, trade: Trade | None, way_back: WayBack) -> Response:
    """The cashier of one trade: GET shows it, POST carries the payer's decision out."""
    if trade is None:
        return HTMLResponse(_framed("", "", _paragraph("订单不存在")), 404, headers=HEADERS)
    if request.method == "GET":
        return show(deps, trade)
    form = dict(parse_qsl((await read_body(request)).decode(errors="replace")))
    if form.get("decision") != "pay":
        return _leave(deps, trade, way_back(trade, False), "您已离开收银台")
    if trade.state == "created" and not _is_expired(trade):
        wallet = form.get("wallet")
        if wallet in WALLETS:
            trade.details["pay_func"] = wallet
        payer.pay(deps, trade)
    if trade.state != "paid":
        return show(deps, trade)
    return _leave(deps, trade, way_back(trade, True), "支付成功")


def show(deps: Deps, trade: Trade) -> Response:
    """What to pay, with a button to pay and one to leave; or why that is over."""
    if trade.state == "paid":
        return result(deps, trade.channel, "该订单已支付")
    if trade.state == "closed" or _is_expired(trade):
        return result(deps, trade.channel, "订单已关闭或已过期", 410)
    wallets = "".join(
        f'<label><input type="radio" name="wallet" value="{code}"'
        f"{' checked' if code == 'WECHAT' else ''}> {name}</label>"
        for code, name in WALLETS.items()
        if deps.parties[trade.channel].asks_wallet(trade)
    )
    body = (
        f'<p class="amount">{amount(trade)}</p>'
        f"<dl><dt>商品</dt><dd>{escape(trade.subject)}</dd>"
        f"<dt>订单号</dt><dd>{escape(trade.number)}</dd></dl>"
        f'<form method="post">{wallets}'
        '<button name="decision" value="pay">确认支付</button>'
        '<button class="leave" name="decision" value="leave">离开</button></form>'
    )
    return HTMLResponse(page(deps, trade.channel, body), headers=HEADERS)


def amount(trade: Trade) -> str:
    """Yuan, but at channels that know other currencies."""
    currency = trade.details.get("currency", "cny")
    return f"¥{yuan(trade.amount)}" if currency == "cny" else shown(trade.amount, currency)


def result(deps: Deps, channel: str, text: str, status: int = 200) -> Response:
    return HTMLResponse(page(deps, channel, _paragraph(text)), status, headers=HEADERS)


def page(deps: Deps, channel: str, body: str) -> str:
    """`body` is HTML already."""
    party = deps.parties[channel]
    return _framed(f"{party.title} · ", party.colour, body)


def _paragraph(text: str) -> str:
    return f'<p class="amount">{escape(text)}</p>'


def _framed(whose: str, colour: str, body: str) -> str:
    return _PAGE.format(title=f"{whose}沙箱收银台", colour=colour or "inherit", body=body)


def is_web_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _leave(deps: Deps, trade: Trade, url: str, text: str) -> Response:
    if not url:
        return result(deps, trade.channel, text)
    return RedirectResponse(url, 303, headers=HEADERS)


def _is_expired(trade: Trade) -> bool:
    """The page is stricter than the trade: a WeChat order lives on after its time_expire."""
    expires_at = trade.details.get("expires_at") or trade.closes_at
    return now() >= min(expires_at, trade.closes_at)
