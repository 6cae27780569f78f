"""What WeChat Pay answers to orders that a wallet completes: a `prepay_id`, and how it is signed.

Source: pay.weixin.qq.com/doc/v3/merchant/4012791898 (JSAPI), 4013070351 (app)
"""

from gateway.channels import rsa
from gateway.channels.formats import text
from gateway.channels.plugin import Answer, Unverifiable
from gateway.channels.wechat.account import Account
from gateway.channels.wechat.wire import MAX_NONCE


def prepay_id_of(answer: Answer) -> str:
    prepay_id = text(answer.content, "prepay_id")
    if not prepay_id:
        raise Unverifiable("no prepay_id")
    return prepay_id


def stamp_of(answer: Answer) -> tuple[str, str]:
    """Time (Unix seconds) and nonce for the wallet's signature."""
    return str(int(answer.moment.now.timestamp())), answer.moment.nonce[:MAX_NONCE]


def sign_lines(account: Account, *lines: str) -> str:
    """Each line ends with a line feed, also the last."""
    return rsa.sign(account.private_key, "".join(f"{line}\n" for line in lines).encode())
