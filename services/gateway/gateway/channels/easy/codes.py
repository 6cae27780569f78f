"""What each return code of 易生 means, operation by operation. What is not listed is Unknown.

`sysRetCode` says whether the call worked: six characters, of which the last two are the code.

Source: apifox.com/apidoc/docs-site/2466304 (doc-2748794)
"""

from dataclasses import replace
from typing import Final

from gateway.channels.formats import text
from gateway.channels.meanings import Table, absent, outcome_of
from gateway.channels.plugin import Answer, Declined, NotSent, Outcome, Unknown

SUCCESS: Final = "00"

_NOBODY_KNOWS: Final[Table] = {
    "XX": Unknown,  # exception inside
    "07": Unknown,  # data exception; also: the order was not found, ask later
    "11": Unknown,  # busy
    "12": Unknown,  # limits: 12 to 16
    "13": Unknown,
    "14": Unknown,
    "15": Unknown,
    "16": Unknown,
    "98": Unknown,
    "99": Unknown,  # processing
}

_REFUSED_BEFORE_ANY_WORK: Final[Table] = {
    "20": NotSent,  # bad sign
    "21": NotSent,  # bad body
    "22": NotSent,  # bad URL
    "24": NotSent,  # unpack error
}

PAY: Final[Table] = {**_NOBODY_KNOWS, **_REFUSED_BEFORE_ANY_WORK, "06": Declined}

REFUND: Final[Table] = PAY

QUERY: Final[Table] = {
    **_NOBODY_KNOWS,
    **dict.fromkeys(_REFUSED_BEFORE_ANY_WORK, Unknown),
    "06": Unknown,
}

QUERY_REFUND: Final[Table] = {
    **QUERY,
    "07": absent,  # 原退款不存在: the same refund is sent again, which moves money once
}


def find_refusal(answer: Answer, table: Table) -> Outcome | None:
    """What a refusal means by this table; None where the answer is no refusal.

    `sysRetCode` stands beside what is signed; a refusal counts as signed where `bizData` says the
    same.
    """
    code = text(answer.content, "sysRetCode")
    if answer.signed and code[-2:] == SUCCESS:
        return None
    if text(answer.content, "bizData", "tradeRetCode") != code[-2:]:
        answer = replace(answer, signed=False)
    return outcome_of(answer, table, code[-2:].upper(), code, text(answer.content, "sysRetMsg"))
