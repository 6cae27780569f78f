"""What the refusal of a query for a payment that cannot exist tells of the credentials.

Source: opendocs.alipay.com/common/02km9f (gateway codes and their sub codes)
"""

from collections.abc import Mapping
from typing import Final

from contracts.words import Words
from gateway.channels.alipay import wire
from gateway.channels.alipay.credentials import Account
from gateway.channels.formats import text, text_or_digits
from gateway.channels.plugin import Blame, Call, Moment, Reply, Trial

ABSENT: Final = "TRADE_NOT_EXIST"

APP: Final = Blame(
    "app_id",
    Words(
        "没有这个应用，或应用尚未上线：请核对 APPID 与所用环境（正式或沙箱）。",
        "There is no such app, or it is not online: check the APPID and the environment.",
    ),
)
APP_KEY: Final = Blame(
    "app_private_key_pem",
    Words(
        "支付宝验不过我们的签名：应用私钥与开放平台登记的应用公钥不是一对。"
        "请重新上传应用公钥，或换成对应的私钥。",
        "Alipay refuses our signature: the app's private key is not the other half of the public "
        "key that was uploaded to the open platform.",
    ),
)
CERTIFICATE_MODE: Final = Blame(
    "app_cert_pem",
    Words(
        "这个应用设为证书模式：请改选证书模式并填写三张证书；"
        "已填写的，请核对应用公钥证书是否为最新。",
        "This app is in certificate mode: choose it and enter the three certificates; where they "
        "are, check that the app's certificate is the current one.",
    ),
)
ROOT: Final = Blame(
    "alipay_root_cert_pem",
    Words(
        "支付宝根证书不对：请从开放平台重新下载 alipayRootCert.crt，整个文件填入。",
        "Alipay's root certificates are wrong: download alipayRootCert.crt again, and enter the "
        "whole file.",
    ),
)
TOKEN: Final = Blame(
    "app_auth_token",
    Words(
        "应用授权令牌无效或已过期：请商户重新授权。",
        "The app authorisation is not valid or has ended: have the merchant authorise again.",
    ),
)
PERMISSION: Final = Blame(
    "app_id",
    Words(
        "应用没有这项权限：请在开放平台签约收款产品，并确认应用已上线。",
        "The app has no permission: sign up for the payment product, and see that it is online.",
    ),
)

BLAMED: Final[Mapping[str, Blame]] = {
    "isv.invalid-app-id": APP,
    "isv.invalid-signature": APP_KEY,
    "isv.missing-signature-key": APP_KEY,
    "isv.missing-app-cert-sn": CERTIFICATE_MODE,
    "isv.invalid-app-cert-sn": CERTIFICATE_MODE,
    "isv.invalid-alipay-root-cert-sn": ROOT,
    "isv.app-auth-token-not-exist": TOKEN,
    "isv.invalid-app-auth-token": TOKEN,
    "aop.invalid-app-auth-token": TOKEN,
    "isv.insufficient-isv-permissions": PERMISSION,
    "isv.insufficient-user-permissions": PERMISSION,
}


def read(reply: Reply, asked: Call, account: Account, moment: Moment) -> Trial:
    content = wire.verify(reply, asked, account, moment).content
    code = text(content, "sub_code") or text_or_digits(content, "code")
    message = text(content, "sub_msg") or text(content, "msg")
    if code.rpartition(".")[2].upper() == ABSENT:
        return Trial(True, code, message)
    return Trial.blaming(BLAMED.get(code), code, message)


def channel_key(account: Account) -> str:
    return "alipay_cert_pem" if account.alipay_cert_sn else "alipay_public_key_pem"
