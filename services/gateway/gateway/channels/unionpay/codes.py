"""What each `respCode` of UnionPay means, operation by operation. What is not listed is Unknown.

Source: open.unionpay.com (应答码说明): 00–09 of UnionPay's system, 10–29 of the message, 30–59 of
the merchant and the business, 60–89 of the card and its issuer; within these, a few are no refusals
"""

from typing import Final

from gateway.channels.formats import text
from gateway.channels.meanings import Table, absent, outcome_of
from gateway.channels.plugin import Answer, Declined, NotSent, Outcome, Pending, Unknown
from gateway.channels.unionpay.wire import SUCCESS


def _from(first: int, last: int) -> tuple[str, ...]:
    return tuple(f"{code:02d}" for code in range(first, last + 1))


UNDER_WAY: Final = ("03", "04", "05", "70", "83")
"""The last two stand among refusals: the payer is still typing, the issuer is still at work."""

NOT_FOUND: Final = "34"

_ASKED_TOO_OFTEN: Final = "37"
"""已超过最大查询次数或操作过于频繁: it tells nothing of a trade."""

_TAKEN_ALL_THE_SAME: Final = frozenset(("42", "74", "75"))
"""扣款成功 (the card was charged), but too late, or not noted: they stand among refusals, and in
none of our tables, so that people hear of the money and the channel is asked again."""


def _taken_before(code: str, message: str) -> Pending:
    """The same refund was sent before: the query tells how it went."""
    return Pending()


_NOBODY_KNOWS: Final[Table] = {
    **dict.fromkeys((*_from(1, 9), *UNDER_WAY, _ASKED_TOO_OFTEN), Unknown),
    "12": Unknown,  # duplicate: the same number was sent before
}
_REFUSED_BEFORE_ANY_WORK: Final[Table] = dict.fromkeys(_from(10, 29), NotSent)
_REFUSED: Final[Table] = {
    code: Declined for code in _from(30, 89) if code not in _TAKEN_ALL_THE_SAME
}

PAY: Final[Table] = {**_REFUSED_BEFORE_ANY_WORK, **_REFUSED, **_NOBODY_KNOWS}

REFUND: Final[Table] = {**PAY, "12": _taken_before}

QUERY: Final[Table] = {
    **dict.fromkeys(PAY, Unknown),  # it says how the query went, and nothing of the trade
    NOT_FOUND: absent,  # the payer has not come to the page yet; the refund was not taken
}

REVERSAL: Final[Table] = dict.fromkeys(PAY, Unknown)
"""It was not taken back, or nobody knows: the query tells how the payment stands."""

STATEMENT: Final[Table] = {
    **dict.fromkeys(PAY, Unknown),
    "98": absent,  # no file: not yet, or nothing was traded on that day
}

SYSTEM_TROUBLE: Final = ("01", "02", *_from(6, 9))
"""Trouble inside UnionPay: nobody knows, until a query says it of the trade itself."""

FAILED: Final = frozenset((*_from(10, 89), *SYSTEM_TROUBLE)).difference(
    UNDER_WAY, _TAKEN_ALL_THE_SAME, (_ASKED_TOO_OFTEN,)
)
"""As `origRespCode`, how the trade that was asked about went: what is neither paid nor under way,
and does not say that the card was charged, has failed."""


def find_refusal(answer: Answer, table: Table) -> Outcome | None:
    """What a refusal means by this table; None where the answer is no refusal."""
    code = text(answer.content, "respCode")
    if answer.signed and code in SUCCESS:
        return None
    return outcome_of(answer, table, code, code, text(answer.content, "respMsg"))
