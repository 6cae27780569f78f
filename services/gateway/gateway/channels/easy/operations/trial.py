"""What the refusal of a query for a payment that cannot exist tells of the credentials.

Source: apifox.com/apidoc/docs-site/2466304 (doc-2748794)
"""

from collections.abc import Mapping
from typing import Final

from gateway.channels.easy.credentials import Account
from gateway.channels.easy.wire import verify
from gateway.channels.plugin import Call, Moment, Reply, Trial
from gateway.channels.reading import text

ABSENT: Final = "07"
"""Of a query: the original order was not found."""

BLAMED: Final[Mapping[str, str]] = {
    "06": "term_no",
    "20": "org_private_key_pem",
}


def read(reply: Reply, asked: Call, account: Account, moment: Moment) -> Trial:
    content = verify(reply, asked, account, moment).content
    code, message = text(content, "sysRetCode"), text(content, "sysRetMsg")
    kind = code[-2:]
    return Trial(kind == ABSENT, code, message, BLAMED.get(kind))


def channel_key(account: Account) -> str:
    return "easypay_public_key_pem"
