"""What merchants download from WeChat Pay: platform certificates and statements.

Sources: pay.weixin.qq.com/doc/v3/merchant/4012551764 (certificates), 4013071227 (trades),
4013071235 (fund flow), 4013071238 (download)
"""

import base64
import gzip
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.answering import Call, Done, answer
from sandbox.clock import DAY_S, beijing_rfc3339, now, read_beijing_day
from sandbox.deps import Deps
from sandbox.faults import Hit
from sandbox.transport import HangUp
from sandbox.wechat import statements
from sandbox.wechat.account import CHANNEL, WechatAccount
from sandbox.wechat.certificates import PlatformCertificate, PlatformCertificates
from sandbox.wechat.wire import (
    FAILURES,
    Asked,
    Refusal,
    parameter_error,
    receive,
    refusing,
    respond,
)

STATEMENT_PAGE = "/v3/billdownload/file"
STATEMENT_LIVES_S = 300
STATEMENTS_KEPT_S = 92 * DAY_S

Render = Callable[
    [Deps, WechatAccount, statements.Day, statements.StatementAsked, Hit], bytes | None
]


@refusing
async def certificates(deps: Deps, request: Request) -> Response | HangUp:
    """GET /v3/certificates; from then on this merchant may be answered with them, as here."""
    asked = await receive(deps, request)
    if "wechatpay-serial" not in request.headers:
        asked = replace(asked, signer="certificate")
    deps.own(PlatformCertificates).used_by(asked.account.mchid)
    fields = [_sealed(asked.account, each) for each in deps.own(PlatformCertificates).in_use()]
    return respond(deps, asked, Hit(), {"data": fields})


@refusing
async def trade_statement(deps: Deps, request: Request) -> Response | HangUp:
    """GET /v3/bill/tradebill."""
    return await _statement(
        deps, request, "bill_type", statements.TRADE_KINDS, statements.trade_statement
    )


@refusing
async def fund_flow_statement(deps: Deps, request: Request) -> Response | HangUp:
    """GET /v3/bill/fundflowbill."""
    return await _statement(
        deps, request, "account_type", statements.ACCOUNTS, statements.fund_flow_statement
    )


@refusing
async def statement_file(deps: Deps, request: Request) -> Response | HangUp:
    """GET the download_url: a signed request, an unsigned answer."""
    asked = await receive(deps, request)
    file = deps.shelf.find(request.query_params.get("token", ""))
    if file is None or file.owner != asked.account.mchid:
        raise Refusal(403, "NO_AUTH", "下载地址无效或已过期")
    return Response(file.content, media_type=file.media_type)


async def _statement(
    deps: Deps, request: Request, kind_name: str, kinds: tuple[str, ...], render: Render
) -> Response | HangUp:
    asked = await receive(deps, request)
    query = request.query_params
    day = _day(query.get("bill_date", ""))
    kind, packing = query.get(kind_name, kinds[0]), query.get("tar_type", "")
    if kind not in kinds:
        raise parameter_error(f"/{kind_name}", "取值不正确", "query")
    if packing not in ("", "GZIP"):
        raise parameter_error("/tar_type", "取值不正确", "query")
    call = Call(CHANNEL, "bill", "", FAILURES)
    which = statements.StatementAsked(kind, query.get("sub_mchid"))
    made = partial(render, deps, asked.account, day, which)
    work = partial(_shelve, deps, asked, made, packing)
    return await answer(deps, call, work)


def _shelve(
    deps: Deps, asked: Asked, render: Callable[[Hit], bytes | None], packing: str, hit: Hit
) -> Done:
    content = render(hit)
    if content is None or "not_there_yet" in hit:
        raise Refusal(400, "NO_STATEMENT_EXIST", "账单文件不存在")
    fields: dict[str, Any] = {
        "hash_type": "SHA1",
        "hash_value": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
    }
    packed = gzip.compress(content) if packing else content
    media_type = "application/x-gzip" if packing else "text/plain"
    token = deps.shelf.put(asked.account.mchid, packed, media_type, STATEMENT_LIVES_S)
    fields["download_url"] = f"{deps.public_url}{STATEMENT_PAGE}?token={token}"
    return Done(respond(deps, asked, hit, fields))


def _day(text: str) -> tuple[float, float]:
    """Life has no statement of today yet; the sandbox has, so that a test need not wait."""
    try:
        first, last = read_beijing_day(text)
    except ValueError as error:
        raise parameter_error("/bill_date", "格式为yyyy-MM-DD", "query") from error
    if not now() - STATEMENTS_KEPT_S <= first <= now():
        raise parameter_error("/bill_date", "仅支持三个月内的账单", "query")
    return first, last


def _sealed(account: WechatAccount, certificate: PlatformCertificate) -> dict[str, Any]:
    """A certificate as its merchant alone can read it."""
    nonce = secrets.token_hex(6)
    sealed = account.aes.encrypt(nonce.encode(), certificate.pem.encode(), b"certificate")
    x509 = certificate.certificate
    return {
        "serial_no": certificate.serial_no,
        "effective_time": beijing_rfc3339(x509.not_valid_before_utc.timestamp()),
        "expire_time": beijing_rfc3339(x509.not_valid_after_utc.timestamp()),
        "encrypt_certificate": {
            "algorithm": "AEAD_AES_256_GCM",
            "nonce": nonce,
            "associated_data": "certificate",
            "ciphertext": base64.b64encode(sealed).decode(),
        },
    }
