"""What the refusal of a query for a payment that cannot exist tells of the credentials.

Source: pay.weixin.qq.com/doc/v3/merchant/4012070347 (codes)
"""

from collections.abc import Mapping
from typing import Final

from gateway.channels.plugin import Call, Moment, Reply, Trial
from gateway.channels.reading import json_object, text
from gateway.channels.wechat.credentials import Account, is_public_key_id
from gateway.channels.wechat.wire import check_signature

ABSENT: Final = frozenset({"ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"})

BLAMED: Final[Mapping[str, str]] = {
    "SIGN_ERROR": "merchant_private_key_pem",
    "MCH_NOT_EXISTS": "mchid",
    "APPID_MCHID_NOT_MATCH": "appid",
    "NO_AUTH": "mchid",
}
SERIAL_IS_WRONG: Final = "证书序列号"
"""In the message of a SIGN_ERROR whose key may be right."""


def read(reply: Reply, asked: Call, account: Account, moment: Moment) -> Trial:
    """A refusal is not always signed; where it is, it proves WeChat Pay's key as well."""
    if "wechatpay-signature" in reply.headers:
        check_signature(reply.headers, reply.body, account, moment)
    content = json_object(reply.body) if reply.body else {}
    code = text(content, "code") or f"HTTP_{reply.status}"
    message = text(content, "message")
    if code in ABSENT:
        return Trial(True, code, message)
    blamed = BLAMED.get(code)
    if code == "SIGN_ERROR" and SERIAL_IS_WRONG in message:
        blamed = "merchant_serial_no"
    return Trial(False, code, message, blamed)


def channel_key(account: Account) -> str:
    is_by_key = any(map(is_public_key_id, account.platform_keys))
    return "platform_public_key_pem" if is_by_key else "platform_certificate_pem"
