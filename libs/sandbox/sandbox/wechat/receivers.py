"""Who may receive a share of WeChat Pay payments (分账接收方).

Sources: pay.weixin.qq.com/doc/v3/merchant/4012528995 (add), 4012529010 (delete)
"""

from typing import Any, Literal

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from sandbox.deps import Deps
from sandbox.faults import UNHARMED
from sandbox.transport import HangUp
from sandbox.wechat.account import CHANNEL
from sandbox.wechat.requests import Short
from sandbox.wechat.splits import Account
from sandbox.wechat.wire import parse, receive, refusing, respond

MAX_RATIO = 10_000  # hundredths of a percent: everything may be split


class ReceiverRequest(BaseModel):
    appid: Short
    type: Literal["MERCHANT_ID", "PERSONAL_OPENID", "PERSONAL_SUB_OPENID"]
    account: Account
    sub_mchid: Short | None = None
    sub_appid: Short | None = None


class NewReceiverRequest(ReceiverRequest):
    relation_type: Short
    name: str | None = None
    custom_relation: str | None = None


@refusing
async def add(deps: Deps, request: Request) -> Response | HangUp:
    """POST /v3/profitsharing/receivers/add; repeatable."""
    return await _change(deps, request, NewReceiverRequest, is_registered=True)


@refusing
async def delete(deps: Deps, request: Request) -> Response | HangUp:
    """POST /v3/profitsharing/receivers/delete."""
    return await _change(deps, request, ReceiverRequest, is_registered=False)


@refusing
async def ratio(deps: Deps, request: Request) -> Response | HangUp:
    """GET /v3/profitsharing/merchant-configs/{sub_mchid}."""
    asked = await receive(deps, request)
    content = {"sub_mchid": request.path_params["sub_mchid"], "max_ratio": MAX_RATIO}
    return respond(deps, asked, UNHARMED, content)


async def _change(
    deps: Deps, request: Request, model: type[ReceiverRequest], *, is_registered: bool
) -> Response:
    asked = await receive(deps, request)
    requested = parse(model, asked)
    deps.truth.register(CHANNEL, asked.account.mchid, requested.account, is_registered)
    content: dict[str, Any] = requested.model_dump(
        exclude_none=True, exclude={"appid", "sub_appid"}
    )
    return respond(deps, asked, UNHARMED, content)
