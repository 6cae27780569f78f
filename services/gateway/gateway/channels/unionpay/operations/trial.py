"""What the refusal of a query for a payment that cannot exist tells of the credentials.

Source: open.unionpay.com (应答码说明)
"""

from collections.abc import Mapping
from typing import Final

from contracts.words import Words
from gateway.channels.formats import text
from gateway.channels.plugin import Blame, Call, Moment, Reply, Trial
from gateway.channels.unionpay.codes import NOT_FOUND
from gateway.channels.unionpay.credentials import Account
from gateway.channels.unionpay.wire import verify

BLAMED: Final[Mapping[str, Blame]] = {
    "11": Blame(
        "sign_private_key_pem",
        Words(
            "银联验不过我们的签名：私钥与商户签名证书须来自同一 .pfx，并已在银联启用。",
            "UnionPay refuses our signature: the key and the certificate must be of one .pfx file, "
            "which is active there.",
        ),
    ),
    "31": Blame(
        "mer_id",
        Words(
            "银联不认识这个商户代码，或它与证书不相符。",
            "UnionPay does not know this merchant, or the certificate is another's.",
        ),
    ),
}


def read(reply: Reply, asked: Call, account: Account, moment: Moment) -> Trial:
    content = verify(reply, asked, account, moment).content
    code, message = text(content, "respCode"), text(content, "respMsg")
    if code == NOT_FOUND:
        return Trial(True, code, message)
    return Trial.blaming(BLAMED.get(code), code, message)


def channel_key(account: Account) -> str:
    return "unionpay_middle_cert_pem"
