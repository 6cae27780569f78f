"""What the refusal of a query for a payment that cannot exist tells of the credentials.

Source: opendocs.alipay.com/common/02km9f (gateway codes and their sub codes)
"""

from collections.abc import Mapping
from typing import Final

from gateway.channels.alipay import wire
from gateway.channels.alipay.credentials import Account
from gateway.channels.plugin import Call, Moment, Reply, Trial
from gateway.channels.reading import text

ABSENT: Final = "TRADE_NOT_EXIST"

BLAMED: Final[Mapping[str, str]] = {
    "isv.invalid-app-id": "app_id",
    "isv.invalid-signature": "app_private_key_pem",
    "isv.missing-signature-key": "app_private_key_pem",
    "isv.missing-app-cert-sn": "app_cert_pem",
    "isv.invalid-app-cert-sn": "app_cert_pem",
    "isv.invalid-alipay-root-cert-sn": "alipay_root_cert_pem",
    "isv.app-auth-token-not-exist": "app_auth_token",
    "isv.invalid-app-auth-token": "app_auth_token",
    "aop.invalid-app-auth-token": "app_auth_token",
    "isv.insufficient-isv-permissions": "app_id",
    "isv.insufficient-user-permissions": "app_id",
}


def read(reply: Reply, asked: Call, account: Account, moment: Moment) -> Trial:
    content = wire.verify(reply, asked, account, moment).content
    code = text(content, "sub_code") or text(content, "code")
    message = text(content, "sub_msg") or text(content, "msg")
    if code.rpartition(".")[2].upper() == ABSENT:
        return Trial(True, code, message)
    return Trial(False, code, message, BLAMED.get(code))


def channel_key(account: Account) -> str:
    return "alipay_cert_pem" if account.alipay_cert_sn else "alipay_public_key_pem"
