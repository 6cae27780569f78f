"""Internal HTTP between the services: the questions whose answer is needed now.

Never exposed outside the cluster; `Authorization: Bearer <service token>`. Problems come back as
problem+json with the public codes, so that the gateway can hand them through.

trade-core:
    POST /internal/payments                        OpenPayment → OpenedPayment (201, 200)
    GET  /internal/payments/{payment_no}?app_id=          → PaymentOnFile (app_id optional)
    POST /internal/payments/{payment_no}/channel   ChooseChannel → ChosenChannel
    GET  /internal/payments/{payment_no}/checkout         → CheckoutOnFile
    POST /internal/payments/{payment_no}/decision  DecidePayment → PaymentOnFile
    GET  /internal/orders/{merchant_order_no}?app_id=&merchant_id=        → OrderView
    POST /internal/orders/{merchant_order_no}/close CloseOrderFor → OrderView
    POST /internal/refunds                         OpenRefund → OpenedRefund (201, 200)
    GET  /internal/refunds/{refund_no}?app_id=            → RefundOnFile
    GET  /internal/refunds?app_id=&merchant_id=&merchant_refund_no=       → RefundView
    POST /internal/refunds/{refund_no}/decision    DecideRefund → RefundView
    POST /internal/splits                          OpenSplit → OpenedSplit (201, 200)
    GET  /internal/splits/{split_no}?app_id=              → SplitView
    GET  /internal/splits?app_id=&merchant_id=&merchant_split_no=         → SplitView
    GET  /internal/peer                                   → Peer (for the gateway)
    POST /internal/results                         TakeResults → ResultsReceipt (from the gateway)
    POST /internal/lists/payments|orders|refunds|splits    ListQuery → …Page
    GET  /internal/day-statements/{day}?app_id=&merchant_id=&currency=&after=&limit=
                                                          → DayStatement
    POST /internal/serials                         FindSerials → SerialList (from the gateway)
    POST /internal/payment-links                   OpenLink → OpenedLink (201, 200)
    GET  /internal/payment-links/{link_id}?app_id=        → LinkOnFile (app_id optional)
    POST /internal/payment-links/{link_id}/disable?app_id=       → LinkOnFile
    POST /internal/payment-links/{link_id}/payments PayAtLink → OpenedPayment (201, 200)
    POST /internal/counter-codes/{code_id}/payments PayAtCode → OpenedPayment (201)
    GET  /internal/events?app_id=&after=&limit=           → EventPage
    GET  /internal/orders-on-file/{order_id}              → OrderOnFile
    POST /internal/orders-on-file/{order_id}/ask          → OrderOnFile (what is open is asked now)
    POST /internal/orders-on-file/{order_id}/close  CloseOrderById → OrderOnFile
    GET  /internal/ledger/balances?merchant_id=&payment_id=&after=&limit= → LedgerBalances
    GET  /internal/ledger/entries?subject=                → LedgerEntries
    GET  /internal/fees?first=&last=&currency=&by=&by_month=&merchant_id=&app_id=&channel=
         &merchant_ids=                                   → FeeSums
    GET  /internal/event-log?after=&limit=                → EventLogPage (order events of all apps)
    GET  /internal/period-statements?merchant_id=&first=&last=&currency= → PeriodStatement
    GET  /internal/dead-letters?after=&limit=             → DeadLetterPage
    POST /internal/dead-letters/{letter_id}/replay ReplayDeadLetter → DeadLetterView
    POST /internal/statements/{statement_no}/rows  StatementPage → StatementReceipt (by gateway)
    POST /internal/statements/{statement_no}/none  NoStatement → StatementReceipt (by gateway)
    GET  /internal/reconciliations?merchant_id=&payment_id=&state=&from=&to=&after=&limit=
                                                          → ReconciliationPage
    POST /internal/reconciliations                 AskForStatement → ReconciliationView (202)
    POST /internal/reconciliations/uploads         BeginUpload → UploadRound (by gateway)
    GET  /internal/reconciliations/{statement_no}?after=&limit=           → ReconciliationOnFile
    POST /internal/reconciliations/{statement_no}/fetch   → ReconciliationView (202)
    POST /internal/differences/{difference_no}/settle     SettleDifference → DifferenceView
notifier:
    POST /internal/events/{event_id}/redeliver?app_id=    Redeliver? → DeliveryView (202)
    GET  /internal/deliveries?app_id=&event_id=&state=&after=&limit=      → DeliveryPage
    POST /internal/pings                                  Ping → DeliveryView (202)
    GET  /internal/endpoints?app_id=&app_ids=&suspended=&after=&limit=    → EndpointPage
    POST /internal/endpoints/{endpoint_id}/resume?app_id=&signed_as=      → EndpointView
    POST /internal/callback-addresses/check               CheckAddress → 204, 422 with the reason
    GET  /internal/all-deliveries?app_id=&event_id=&type=&state=&created_from=&created_before=
         &merchant_ids=&after=&limit=                                   → FoundDeliveryPage
    POST /internal/replays                                ReplayRequest → ReplayView (202)
    GET  /internal/replays/{replay_id}                    → ReplayView
    POST /internal/alerts                                 TakeAlerts → AlertsTaken (all may call)
    POST /internal/alerts/test?merchant_id=               → AlertTest
    POST /internal/alerts/search                          FindAlerts → AlertPage
    POST /internal/alerts/acknowledge                     AcknowledgeAlert → AlertOnFile
    POST /internal/way-back/sign                          SignWayBack → SignedWayBack
    POST /internal/seal-anew                              SealAnew → SealedAnew (for merchant-admin)
gateway (for merchant-admin):
    GET  /internal/channels                               → ChannelList
    POST /internal/channels/{channel}/credentials         CheckCredentials → CheckedCredentials
    POST /internal/channel-accounts/{payment_id}/test     TryAccount → AccountTrial
                                                          (422 with pointers)
    POST /internal/channel-accounts/{payment_id}/refunds/check    CheckRefund (204; 422 at /amount)
    POST /internal/channel-accounts/{payment_id}/statements UploadStatement → UploadedStatement
                                                          (422 at /content)
    POST /internal/seal-anew                              SealAnew → SealedAnew
    POST /internal/signatures/inspect                     InspectSignature → InspectedSignature
    GET  /internal/counter-codes/{code_id}/address        → PointAddress
gateway (for the cashier):
    GET  /internal/clock                                  → ClockReading
    GET  /internal/logos/{merchant_id}/{mark}             → LogoFile
    GET  /internal/checkouts/{token}                      → Checkout
    POST /internal/checkouts/{token}/channel              ChooseOffer → ChosenPayment
    POST /internal/checkouts/{token}/who                  AskWho → WhoAsked
    POST /internal/checkouts/{token}/check                → Checkout, its channel asked just now
    POST /internal/payers                                 PayerCame → ChosenPayment
    GET  /internal/pay-points/{point_id}                  → PayPoint
    POST /internal/pay-points/{point_id}/payments         PayHere → Begun
"""

from contracts.internal.alerts import (
    MAX_ALERTS,
    MAX_ALERTS_BYTES,
    AcknowledgeAlert,
    AlertOnFile,
    AlertPage,
    AlertScope,
    AlertsTaken,
    AlertState,
    FindAlerts,
    TakeAlerts,
)
from contracts.internal.callbacks import (
    AlertTest,
    AttemptError,
    AttemptView,
    CheckAddress,
    DeliveryPage,
    DeliveryState,
    DeliveryView,
    EndpointPage,
    EndpointView,
    FoundDelivery,
    FoundDeliveryPage,
    Ping,
    Redeliver,
    ReplayRequest,
    ReplayView,
    Telling,
)
from contracts.internal.channels import (
    AccountTrial,
    ChannelDescription,
    ChannelList,
    CheckCredentials,
    CheckedCredentials,
    CheckRefund,
    ShownKey,
    TryAccount,
)
from contracts.internal.checkout import (
    AskWho,
    Bridge,
    Browser,
    ChannelLook,
    Checkout,
    CheckoutOnFile,
    ChooseOffer,
    ChosenPayment,
    Look,
    Offer,
    PayerCame,
    Wallet,
    WhoAsked,
)
from contracts.internal.dead_letters import (
    DeadLetterPage,
    DeadLetterState,
    DeadLetterView,
    ReplayDeadLetter,
)
from contracts.internal.decisions import (
    ClaimSeen,
    ClaimView,
    DecidePayment,
    DecideRefund,
    PaymentDecision,
    RefundDecision,
    RefundOnFile,
)
from contracts.internal.event_log import EventLogPage, LoggedEvent
from contracts.internal.figures import FeeSum, FeeSums, Movement, Opening, PeriodStatement
from contracts.internal.inspection import InspectedSignature, InspectSignature, LineDifference
from contracts.internal.ledger import (
    LedgerBalance,
    LedgerBalances,
    LedgerEntries,
    LedgerEntry,
    LedgerPosting,
)
from contracts.internal.lists import MAX_ITEMS, ListQuery
from contracts.internal.orders_on_file import (
    CallOnFile,
    CloseOrderById,
    DecisionOnFile,
    OrderOnFile,
    PaymentInBooks,
)
from contracts.internal.pay_points import (
    Begun,
    LinkOnFile,
    OpenedLink,
    OpenLink,
    PayAtCode,
    PayAtLink,
    PayHere,
    PayPoint,
    PointAddress,
    PointState,
)
from contracts.internal.peer import ClockReading, Peer
from contracts.internal.reconciliation import (
    MAX_PAGE_ROWS,
    MAX_RAW_CHARS,
    MAX_UPLOAD_BYTES,
    MAX_UPLOAD_ROWS,
    AskForStatement,
    BeginUpload,
    DifferenceKind,
    DifferencePage,
    DifferenceState,
    DifferenceView,
    NoStatement,
    ReconciliationOnFile,
    ReconciliationPage,
    ReconciliationState,
    ReconciliationView,
    SettleDifference,
    StatementPage,
    StatementReceipt,
    StatementRow,
    StatementTotal,
    UploadedStatement,
    UploadRound,
    UploadStatement,
)
from contracts.internal.results import (
    MAX_RESULTS,
    MAX_RESULTS_BYTES,
    ResultRecord,
    ResultsReceipt,
    TakeResults,
)
from contracts.internal.seal_anew import SealAnew, SealedAnew
from contracts.internal.serials import FindSerials, SerialList, SerialView
from contracts.internal.signatures import (
    ExplainSignature,
    FaultPlace,
    SignatureExplained,
    SignatureFault,
)
from contracts.internal.trade import (
    ChooseChannel,
    ChosenChannel,
    CloseOrderFor,
    OpenedPayment,
    OpenedRefund,
    OpenedSplit,
    OpenPayment,
    OpenRefund,
    OpenSplit,
    PaymentOnFile,
)
from contracts.internal.way_back import SignedWayBack, SignWayBack

__all__ = [
    "MAX_ALERTS",
    "MAX_ALERTS_BYTES",
    "MAX_ITEMS",
    "MAX_PAGE_ROWS",
    "MAX_RAW_CHARS",
    "MAX_RESULTS",
    "MAX_RESULTS_BYTES",
    "MAX_UPLOAD_BYTES",
    "MAX_UPLOAD_ROWS",
    "AccountTrial",
    "AcknowledgeAlert",
    "AlertOnFile",
    "AlertPage",
    "AlertScope",
    "AlertState",
    "AlertTest",
    "AlertsTaken",
    "AskForStatement",
    "AskWho",
    "AttemptError",
    "AttemptView",
    "BeginUpload",
    "Begun",
    "Bridge",
    "Browser",
    "CallOnFile",
    "ChannelDescription",
    "ChannelList",
    "ChannelLook",
    "CheckAddress",
    "CheckCredentials",
    "CheckRefund",
    "CheckedCredentials",
    "Checkout",
    "CheckoutOnFile",
    "ChooseChannel",
    "ChooseOffer",
    "ChosenChannel",
    "ChosenPayment",
    "ClaimSeen",
    "ClaimView",
    "ClockReading",
    "CloseOrderById",
    "CloseOrderFor",
    "DeadLetterPage",
    "DeadLetterState",
    "DeadLetterView",
    "DecidePayment",
    "DecideRefund",
    "DecisionOnFile",
    "DeliveryPage",
    "DeliveryState",
    "DeliveryView",
    "DifferenceKind",
    "DifferencePage",
    "DifferenceState",
    "DifferenceView",
    "EndpointPage",
    "EndpointView",
    "EventLogPage",
    "ExplainSignature",
    "FaultPlace",
    "FeeSum",
    "FeeSums",
    "FindAlerts",
    "FindSerials",
    "FoundDelivery",
    "FoundDeliveryPage",
    "InspectSignature",
    "InspectedSignature",
    "LedgerBalance",
    "LedgerBalances",
    "LedgerEntries",
    "LedgerEntry",
    "LedgerPosting",
    "LineDifference",
    "LinkOnFile",
    "ListQuery",
    "LoggedEvent",
    "Look",
    "Movement",
    "NoStatement",
    "Offer",
    "OpenLink",
    "OpenPayment",
    "OpenRefund",
    "OpenSplit",
    "OpenedLink",
    "OpenedPayment",
    "OpenedRefund",
    "OpenedSplit",
    "Opening",
    "OrderOnFile",
    "PayAtCode",
    "PayAtLink",
    "PayHere",
    "PayPoint",
    "PayerCame",
    "PaymentDecision",
    "PaymentInBooks",
    "PaymentOnFile",
    "Peer",
    "PeriodStatement",
    "Ping",
    "PointAddress",
    "PointState",
    "ReconciliationOnFile",
    "ReconciliationPage",
    "ReconciliationState",
    "ReconciliationView",
    "Redeliver",
    "RefundDecision",
    "RefundOnFile",
    "ReplayDeadLetter",
    "ReplayRequest",
    "ReplayView",
    "ResultRecord",
    "ResultsReceipt",
    "SealAnew",
    "SealedAnew",
    "SerialList",
    "SerialView",
    "SettleDifference",
    "ShownKey",
    "SignWayBack",
    "SignatureExplained",
    "SignatureFault",
    "SignedWayBack",
    "StatementPage",
    "StatementReceipt",
    "StatementRow",
    "StatementTotal",
    "TakeAlerts",
    "TakeResults",
    "Telling",
    "TryAccount",
    "UploadRound",
    "UploadStatement",
    "UploadedStatement",
    "Wallet",
    "WhoAsked",
]
