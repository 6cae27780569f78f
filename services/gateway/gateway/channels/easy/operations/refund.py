"""Give money back. The refund's own trace makes it happen once; its end is told by the query.

Source: apifox.com/apidoc/docs-site/2466304 (api-76870369)
"""

from gateway.channels.easy import codes
from gateway.channels.easy.credentials import Account
from gateway.channels.easy.traces import date_of, trace_of
from gateway.channels.easy.wire import REFUND_PATH
from gateway.channels.formats import text
from gateway.channels.plugin import Answer, Call, Outcome, Pending, Refunding


def call(refunding: Refunding, account: Account) -> Call:
    original = trace_of(account.org_id, refunding.trade)
    return Call(
        "POST",
        REFUND_PATH,
        query={
            "orgTrace": trace_of(account.org_id, refunding),
            "orgInfo": refunding.refund_no,
        },
        body={
            "oriOrgTrace": original,
            "oriBizDate": date_of(original),
            "transAmt": str(refunding.amount.amount_minor),
        },
    )


def outcome(answer: Answer, refunding: Refunding, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.REFUND):
        return refusal
    return Pending(channel_no=text(answer.content, "bizData", "outTrace") or None)
