"""What the refusal of a query for a payment that cannot exist tells of the credentials.

Source: apifox.com/apidoc/docs-site/2466304 (doc-2748794)
"""

from collections.abc import Mapping
from typing import Final

from contracts.words import Words
from gateway.channels.easy.credentials import Account
from gateway.channels.easy.wire import verify
from gateway.channels.formats import text
from gateway.channels.plugin import Blame, Call, Moment, Reply, Trial

ABSENT: Final = "07"
"""Of a query: the original order was not found."""

BLAMED: Final[Mapping[str, Blame]] = {
    "06": Blame(
        "term_no",
        Words(
            "终端号与机构号、商户号不相符，请向易生核对三者。",
            "The terminal does not belong to this institution and merchant; ask EasyPay for all "
            "three.",
        ),
    ),
    "20": Blame(
        "org_private_key_pem",
        Words(
            "易生验不过我们的签名：机构私钥与在易生登记的公钥不是一对，或签名范围与约定不同。",
            "EasyPay refuses our signature: the institution's key is not the one whose public half "
            "it has, or signatures are to cover something else.",
        ),
    ),
}


def read(reply: Reply, asked: Call, account: Account, moment: Moment) -> Trial:
    content = verify(reply, asked, account, moment).content
    code, message = text(content, "sysRetCode"), text(content, "sysRetMsg")
    kind = code[-2:]
    if kind == ABSENT:
        return Trial(True, code, message)
    return Trial.blaming(BLAMED.get(kind), code, message)


def channel_key(account: Account) -> str:
    return "easypay_public_key_pem"
