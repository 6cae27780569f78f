"""The page an `h5_url` leads to; the merchant may append its own `redirect_url`.

Source: pay.weixin.qq.com/doc/v3/merchant/4012791835
"""

from functools import partial
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.clock import now
from sandbox.deps import Deps
from sandbox.pages import counter, is_web_address, result
from sandbox.truth import Trade
from sandbox.wechat.account import CHANNEL
from sandbox.wechat.orders import H5_PAGE

LINK_LIVES_S = 300


def routes(deps: Deps) -> list[Route]:
    return [Route(H5_PAGE, partial(_page, deps), methods=["GET", "POST"])]


async def _page(deps: Deps, request: Request) -> Response:
    if refusal := _refusal(deps, request):
        return result(deps, CHANNEL, refusal, 403)
    query = request.query_params
    trade = deps.truth.find_trade_by_token(query.get("prepay_id", ""))
    if trade and trade.state == "created" and now() - trade.created_at > LINK_LIVES_S:
        return result(deps, CHANNEL, "支付链接已失效，请返回商户重新发起", 410)
    back = query.get("redirect_url", "")

    def way_back(trade: Trade, is_paid: bool) -> str:
        """WeChat sends the payer back in any case; without an address it stays here."""
        return back if is_web_address(back) else ""

    return await counter(deps, request, trade, way_back)


def _refusal(deps: Deps, request: Request) -> str:
    """What WeChat looks at before it opens the wallet, in its own words; empty: nothing is wrong.
    The buttons of the page itself (POST) are ours."""
    if "MicroMessenger" in request.headers.get("user-agent", ""):
        return "请在微信外打开订单，进行支付"
    hosts = deps.settings.page_hosts
    if request.method == "POST" or not hosts:
        return ""
    came_from = request.headers.get("referer", "")
    if not came_from:
        return "商家参数格式有误，请联系商家解决"
    back = request.query_params.get("redirect_url", came_from)
    if not {urlsplit(came_from).netloc, urlsplit(back).netloc} <= set(hosts):
        return "商家存在未配置的参数，请联系商家解决"
    return ""
