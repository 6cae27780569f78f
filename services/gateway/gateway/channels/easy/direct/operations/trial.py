"""What the refusal of a query for a payment that cannot exist tells of the credentials.

Source: s.apifox.cn/9758ecc8 (响应码)
"""

from typing import Final

from contracts.words import Words
from gateway.channels.easy.credentials import Account
from gateway.channels.easy.direct import codes
from gateway.channels.easy.direct.wire import SUCCESS, verify
from gateway.channels.formats import text
from gateway.channels.plugin import Blame, Call, Moment, Reply, Trial

NOT_TAKEN: Final = Blame(
    "org_private_key_pem",
    Words(
        "易生没有受理这条报文：多半是机构私钥与在易生登记的公钥不是一对，或接入方式与约定不同。",
        "EasyPay did not take the message: probably the institution's key is not the one whose "
        "public half it has, or somebody else is to ask.",
    ),
)
NOT_OURS: Final = Blame(
    "mer_code",
    Words(
        "易生受理了报文，但不接受这个商户：请向易生核对商户号与机构号。",
        "EasyPay took the message, and refuses this merchant: ask EasyPay for merchant and "
        "institution.",
    ),
)


def read(reply: Reply, asked: Call, account: Account, moment: Moment) -> Trial:
    answer = verify(reply, asked, account, moment)
    code, message = codes.code_of(answer)
    if text(answer.content, "rspHeader", "rspCode") != SUCCESS:
        return Trial.blaming(NOT_TAKEN, code, message)
    if answer.signed and codes.row_of(code) == codes.FAMILY:
        return Trial(True, code, message)
    return Trial.blaming(None if codes.row_of(code) in codes.CALL else NOT_OURS, code, message)
