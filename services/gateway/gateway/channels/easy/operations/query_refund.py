"""What became of a refund, asked by its trace and day.

Source: apifox.com/apidoc/docs-site/2466304 (api-76872007)
"""

from typing import Final

from gateway.channels.easy import codes, trade
from gateway.channels.easy.credentials import Account
from gateway.channels.easy.traces import date_of, trace_of
from gateway.channels.easy.wire import QUERY_REFUND_PATH
from gateway.channels.formats import text
from gateway.channels.plugin import Answer, Call, Declined, Outcome, Refunding, Unverifiable

EXCEPTION: Final = "XX"
"""The refund was taken and then went wrong inside 易生: only people can find out."""


def call(refunding: Refunding, account: Account) -> Call:
    number = trace_of(account.org_id, refunding)
    body = {"oriOrgTrace": number, "oriBizDate": date_of(number)}
    return Call("POST", QUERY_REFUND_PATH, body=body)


def outcome(answer: Answer, refunding: Refunding, account: Account) -> Outcome:
    if refusal := codes.find_refusal(answer, codes.QUERY_REFUND):
        return refusal
    if text(answer.content, "bizData", "oriOrgTrace") != trace_of(account.org_id, refunding):
        raise Unverifiable("the answer speaks of another refund")
    if text(answer.content, "orgInfo") not in ("", refunding.refund_no):
        raise Unverifiable("the answer speaks of another refund under the same trace")
    biz_data = answer.content["bizData"]
    if text(biz_data, "tradeRetCode") == EXCEPTION:
        return Declined(EXCEPTION, text(biz_data, "tradeRetMsg"), abnormal=True)
    return trade.read(biz_data)
