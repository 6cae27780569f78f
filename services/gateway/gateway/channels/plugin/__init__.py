"""What a channel plugin is: data and pure functions, no IO and no clock.

A payment walks through it like this:

    method.call(order, account)          → Call       what to ask, in the channel's own words
    wire.sign(call, account, moment)     → Request    the exact bytes
    (the executor sends it)              → Reply      the exact bytes that came back
    wire.verify(reply, call, account, moment) → Answer     signature checked, decoded
    method.outcome(answer, order, account)    → Outcome    one of five

A timeout, a broken or unverifiable reply never reaches `outcome`: the executor says Unknown. A
connection that could not be opened is NotSent.
"""

from gateway.channels.plugin.bills import (
    Bill,
    BillKind,
    BillPlace,
    BillRow,
    RowKind,
    RowStatus,
    StatementRequest,
)
from gateway.channels.plugin.checking import CHECKED_BEFORE, are_checked
from gateway.channels.plugin.declarations import (
    Bills,
    HandOver,
    KeyRenewal,
    Notices,
    Operation,
    PayerDetail,
    Plugin,
    Splits,
    Wire,
)
from gateway.channels.plugin.logins import NotIdentified, PayerLogin
from gateway.channels.plugin.messages import (
    MAX_ANSWER_BYTES,
    Acknowledgement,
    Answer,
    Call,
    Moment,
    NotUnderstood,
    RawNotice,
    Reply,
    Request,
    UnknownKey,
    Unverifiable,
)
from gateway.channels.plugin.outcomes import (
    Declined,
    GivenBack,
    Noticed,
    NoticedPayment,
    NoticedRefund,
    NotSent,
    Outcome,
    Pending,
    SharedOut,
    Succeeded,
    Told,
    ToldT,
    Trial,
    Unknown,
    Word,
    dated,
    understood,
)
from gateway.channels.plugin.subjects import (
    CallingBack,
    PayOrder,
    Refunding,
    Serial,
    Share,
    ShareReturn,
    Splitting,
    Trade,
)

__all__ = [
    "CHECKED_BEFORE",
    "MAX_ANSWER_BYTES",
    "Acknowledgement",
    "Answer",
    "Bill",
    "BillKind",
    "BillPlace",
    "BillRow",
    "Bills",
    "Call",
    "CallingBack",
    "Declined",
    "GivenBack",
    "HandOver",
    "KeyRenewal",
    "Moment",
    "NotIdentified",
    "NotSent",
    "NotUnderstood",
    "Noticed",
    "NoticedPayment",
    "NoticedRefund",
    "Notices",
    "Operation",
    "Outcome",
    "PayOrder",
    "PayerDetail",
    "PayerLogin",
    "Pending",
    "Plugin",
    "RawNotice",
    "Refunding",
    "Reply",
    "Request",
    "RowKind",
    "RowStatus",
    "Serial",
    "Share",
    "ShareReturn",
    "SharedOut",
    "Splits",
    "Splitting",
    "StatementRequest",
    "Succeeded",
    "Told",
    "ToldT",
    "Trade",
    "Trial",
    "Unknown",
    "UnknownKey",
    "Unverifiable",
    "Wire",
    "Word",
    "are_checked",
    "dated",
    "understood",
]
