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

from gateway.channels.plugin.checking import CHECKED_BEFORE, are_checked
from gateway.channels.plugin.declarations import (
    HandOver,
    KeyRenewal,
    Notifications,
    Operation,
    PayerDetail,
    Plugin,
    Splits,
    StatementFile,
    Statements,
    Wire,
)
from gateway.channels.plugin.forms import (
    PEM,
    Alternative,
    CredentialForm,
    FormField,
    schema,
)
from gateway.channels.plugin.logins import NotIdentified, PayerLogin
from gateway.channels.plugin.messages import (
    MAX_ANSWER_BYTES,
    Acknowledgement,
    AnotherReceiver,
    Answer,
    Call,
    Moment,
    NotUnderstood,
    RawNotification,
    Reply,
    Request,
    UnknownKey,
    Unverifiable,
)
from gateway.channels.plugin.outcomes import (
    Blame,
    Declined,
    GivenBack,
    Notified,
    NotifiedPayment,
    NotifiedRefund,
    NotSent,
    Outcome,
    Pending,
    Receiver,
    SharedOut,
    Succeeded,
    Trial,
    Understood,
    UnderstoodT,
    Unknown,
    Word,
    dated,
    understood,
)
from gateway.channels.plugin.statements import (
    RowKind,
    RowStatus,
    Statement,
    StatementKind,
    StatementPlace,
    StatementRequest,
    StatementRow,
    UnreadableFile,
)
from gateway.channels.plugin.subjects import (
    PayOrder,
    Refunding,
    Serial,
    Share,
    SplitReturn,
    SplitReturning,
    Splitting,
    Trade,
)

__all__ = [
    "CHECKED_BEFORE",
    "MAX_ANSWER_BYTES",
    "PEM",
    "Acknowledgement",
    "Alternative",
    "AnotherReceiver",
    "Answer",
    "Blame",
    "Call",
    "CredentialForm",
    "Declined",
    "FormField",
    "GivenBack",
    "HandOver",
    "KeyRenewal",
    "Moment",
    "NotIdentified",
    "NotSent",
    "NotUnderstood",
    "Notifications",
    "Notified",
    "NotifiedPayment",
    "NotifiedRefund",
    "Operation",
    "Outcome",
    "PayOrder",
    "PayerDetail",
    "PayerLogin",
    "Pending",
    "Plugin",
    "RawNotification",
    "Receiver",
    "Refunding",
    "Reply",
    "Request",
    "RowKind",
    "RowStatus",
    "Serial",
    "Share",
    "SharedOut",
    "SplitReturn",
    "SplitReturning",
    "Splits",
    "Splitting",
    "Statement",
    "StatementFile",
    "StatementKind",
    "StatementPlace",
    "StatementRequest",
    "StatementRow",
    "Statements",
    "Succeeded",
    "Trade",
    "Trial",
    "Understood",
    "UnderstoodT",
    "Unknown",
    "UnknownKey",
    "UnreadableFile",
    "Unverifiable",
    "Wire",
    "Word",
    "are_checked",
    "dated",
    "schema",
    "understood",
]
