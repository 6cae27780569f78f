"""What the refusal of a query for a payment that cannot exist tells of the credentials.

Source: pay.weixin.qq.com/doc/v3/merchant/4012070347 (codes)
"""

from collections.abc import Mapping
from typing import Final

from contracts.words import Words
from gateway.channels.formats import json_object, text
from gateway.channels.plugin import Blame, Call, Moment, Reply, Trial
from gateway.channels.wechat.account import Account, is_public_key_id
from gateway.channels.wechat.wire import check_signature

ABSENT: Final = frozenset({"ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"})

NOT_BOUND: Final = Blame(
    "appid",
    Words(
        "AppID 与商户号没有绑定：请在商户平台（产品中心 → AppID 账号管理）绑定，"
        "或换成已绑定的 AppID。",
        "AppID and merchant number are not bound to each other: bind them (Product centre → AppID "
        "accounts), or enter the AppID that is.",
    ),
)
BLAMED: Final[Mapping[str, Blame]] = {
    "SIGN_ERROR": Blame(
        "merchant_private_key_pem",
        Words(
            "微信支付验不过我们的签名：商户 API 私钥与证书序列号不是一对。请使用同一证书压缩包中的 "
            "apiclient_key.pem 与序列号。",
            "WeChat Pay refuses our signature: the merchant's private key does not belong to the "
            "certificate with this serial number. Take both from the same download.",
        ),
    ),
    "MCH_NOT_EXISTS": Blame(
        "mchid", Words("没有这个商户号。", "There is no such merchant number.")
    ),
    "APPID_MCHID_NOT_MATCH": NOT_BOUND,
    "NO_AUTH": Blame(
        "mchid",
        Words(
            "商户号没有这项权限：产品尚未开通，或服务商与子商户没有绑定。",
            "The merchant number has no permission: the product is not active, or provider and "
            "sub-merchant are not bound.",
        ),
    ),
}
WRONG_SERIAL: Final = Blame(
    "merchant_serial_no",
    Words(
        "证书序列号不对：应为商户 API 证书的序列号（不是平台证书的），且与私钥成对；"
        "若刚更换证书，请填新的。商户号不对时微信支付也这样回答。",
        "The serial number is wrong: that of the merchant API certificate (not of a platform "
        "certificate) is needed, of the one that belongs to the private key. WeChat Pay says the "
        "same of a wrong merchant number.",
    ),
)
SERIAL_IS_WRONG: Final = "证书序列号"
"""In the message of a SIGN_ERROR whose key may be right."""

KEY_MODE: Final = Blame(
    "platform_public_key_id",
    Words(
        "这个商户使用的是微信支付公钥模式，而填写的是平台证书："
        "请改选公钥模式，填写公钥 ID 与公钥。",
        "This merchant is in public-key mode and a platform certificate was entered: choose "
        "public-key mode, and enter WeChat Pay's public key with its id.",
    ),
)
CERTIFICATE_MODE: Final = Blame(
    "platform_certificate_pem",
    Words(
        "这个商户仍使用平台证书，而填写的是微信支付公钥：请改选平台证书模式。",
        "This merchant still uses platform certificates and a public key was entered: choose "
        "certificate mode.",
    ),
)
OTHER_KEY: Final = Blame(
    "platform_public_key_id",
    Words(
        "微信支付公钥 ID 与微信支付实际使用的不同，请从商户平台重新复制公钥与 ID。",
        "WeChat Pay signs with another public key than the one whose id was entered: copy key and "
        "id again.",
    ),
)


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
        blamed = WRONG_SERIAL
    return Trial.blaming(blamed, code, message)


def channel_key(account: Account) -> str:
    return "platform_public_key_pem" if _is_by_key(account) else "platform_certificate_pem"


def unknown_key(account: Account, serial: str) -> Blame | None:
    """WeChat Pay signed with a key that was not entered: its mode is perhaps another one."""
    if not is_public_key_id(serial):
        return CERTIFICATE_MODE if serial and _is_by_key(account) else None
    return OTHER_KEY if _is_by_key(account) else KEY_MODE


def _is_by_key(account: Account) -> bool:
    return any(map(is_public_key_id, account.platform_keys))
