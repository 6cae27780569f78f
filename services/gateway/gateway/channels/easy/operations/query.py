"""What became of a payment, asked by its trace and day. There is no close: time ends a payment.

Source: apifox.com/apidoc/docs-site/2466304 (api-75895603)
"""

from dataclasses import replace

from gateway.channels.easy import codes, trade
from gateway.channels.easy.credentials import Account
from gateway.channels.easy.traces import date_of, trace_of
from gateway.channels.easy.wire import QUERY_PATH
from gateway.channels.formats import text
from gateway.channels.plugin import Answer, Call, Declined, Outcome, Trade, Unverifiable


def call(asked: Trade, account: Account) -> Call:
    number = trace_of(account.org_id, asked)
    body = {"oriOrgTrace": number, "oriBizDate": date_of(number)}
    return Call("POST", QUERY_PATH, body=body)


def outcome(answer: Answer, asked: Trade, account: Account) -> Outcome:
    """Failed means: it was not paid in its time."""
    if refusal := codes.find_refusal(answer, codes.QUERY):
        return refusal
    if text(answer.content, "bizData", "oriOrgTrace") != trace_of(account.org_id, asked):
        raise Unverifiable("the answer speaks of another payment")
    if text(answer.content, "orgInfo") not in ("", asked.payment_no):
        # The trace alone is not proof: those from before there were serials may collide.
        raise Unverifiable("the answer speaks of another payment under the same trace")
    stated = trade.read(answer.content["bizData"])
    return replace(stated, closed=True) if isinstance(stated, Declined) else stated
