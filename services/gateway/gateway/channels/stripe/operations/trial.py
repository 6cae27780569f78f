"""Whether the key is good, and whose it is: the account itself is asked for.

Source: docs.stripe.com/api/accounts/retrieve, docs.stripe.com/keys
"""

from collections.abc import Mapping
from typing import Final

from contracts.words import Words
from gateway.channels.formats import text
from gateway.channels.plugin import Blame, Call, Moment, Reply, Trial
from gateway.channels.stripe import codes
from gateway.channels.stripe.credentials import Account
from gateway.channels.stripe.wire import ACCOUNT, verify

WORKS: Final = Words(
    "连接正常：Stripe 接受了密钥，且它属于所填的账户。",
    "It works: Stripe took the key, and it belongs to this account.",
)
ANOTHERS: Final = Blame(
    "account_id",
    Words(
        "密钥可用，但属于另一个 Stripe 账户：请核对账户 ID。",
        "The key works, but it belongs to another account at Stripe: check the account ID.",
    ),
)
BLAMED: Final[Mapping[str, Blame]] = {
    **dict.fromkeys(
        (codes.REFUSED_KEY, "api_key_expired", "secret_key_required"),
        Blame(
            "secret_key",
            Words(
                "Stripe 不接受这个密钥：可能已作废，或漏了几位。",
                "Stripe refuses this key: it was rolled, perhaps, or some of it is missing.",
            ),
        ),
    ),
    codes.NOT_ALLOWED: Blame(
        "secret_key",
        Words(
            "受限密钥缺少权限：至少还要能读取 Account。",
            "The restricted key lacks rights: it must read the account, too.",
        ),
    ),
}


def call(account: Account) -> Call:
    return Call("GET", ACCOUNT)


def read(reply: Reply, asked: Call, account: Account, moment: Moment) -> Trial:
    answer = verify(reply, asked, account, moment)
    if answer.status == 200:
        number = text(answer.content, "id")
        if number == account.account_id:
            return Trial(True, "ok", "", words=WORKS)
        return Trial.blaming(ANOTHERS, "another_account", number)
    code = codes.row_of(answer)
    return Trial.blaming(BLAMED.get(code), code, text(answer.content, "error", "message"))


def channel_key(account: Account) -> str:
    """An answer that is not Stripe's came from another address."""
    return "base_url"
