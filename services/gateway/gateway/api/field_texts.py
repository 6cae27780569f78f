"""What each field of the public API means: one name, one meaning, told once.

A model that knows more about a field of its own describes it there; that text then counts.
"""

from typing import Final

from contracts.money import MINOR_DIGITS

READABLE: Final = (
    "Not blank; refused are control characters (line breaks and tabs too), bidi controls, and "
    "characters without width (such as U+200B, and the joiners U+200C and U+200D, also within an "
    "emoji or a word)"
)
CURRENCIES: Final = ", ".join(MINOR_DIGITS)

FIELD_TEXTS: Final[dict[str, str]] = {
    # who and where
    "merchant_id": "The merchant (商户标识) whose money it is, `M…`",
    "payment_id": "The channel account (支付标识) that takes the money, `C…`",
    "channel": "The third party: `alipay`, `wechat`, `easy` …",
    "app_id": "Your app (应用), `A…`",
    "account": "The receiver's account at the channel, as the channel names it; ≤ 64 characters. "
    + READABLE,
    # the numbers
    "merchant_order_no": "Your number of the order: 1 to 64 of `0-9 A-Z a-z _ - . : @`, unique "
    "for an app and a merchant",
    "payment_no": "Our number of this attempt to pay, `P` and 26 characters; channels know it",
    "channel_trade_no": "The channel's number of the trade; null until the channel has told it",
    "merchant_refund_no": "Your number of the refund: 1 to 64 of `0-9 A-Z a-z _ - . : @`, unique "
    "for an app and a merchant; sent again it is the same refund",
    "refund_no": "Our number of the refund, `R` and 26 characters",
    "channel_refund_no": "The channel's number of the refund; null until the channel has told it",
    "merchant_split_no": "Your number of the split: 1 to 64 of `0-9 A-Z a-z _ - . : @`, unique "
    "for an app and a merchant; sent again it is the same split",
    "split_no": "Our number of the split, `S` and 26 characters",
    "channel_split_no": "The channel's number of the split; null until the channel has told it",
    "link_id": "Our number of the payment link, `L…`",
    "event_id": "The `webhook-id` of the callback: the same at every attempt",
    "delivery_id": "Our number of this delivery",
    "endpoint_id": "Our number of the callback address, `L…`",
    "request_id": "Of this answer, also in the header `X-Request-Id`; tell it when you ask us",
    # money
    "amount": "Whole minor units (分) of the currency: 1299 is 12.99 yuan; 1 to 10¹²",
    "currency": f"ISO 4217, one of {CURRENCIES}; the same in each payment of an order",
    "amount_paid": "What of the order is paid, minor units (分)",
    "amount_refunded": "What went back to the payer so far, minor units (分)",
    "amount_returned": "What the receiver gave back for refunds so far, minor units (分)",
    "subject": "What the payer reads; 1 to 127 characters, cut to what the channel takes. "
    + READABLE,
    "description": "What the receiver reads; 1 to 80 characters. " + READABLE,
    "reason": "Why money goes back; 1 to 80 characters, shown to the payer where the channel does. "
    + READABLE,
    # how it stands
    "failure": "Why it failed; null where nothing did",
    "cause": "Who wanted the refund: you, or the rules that protect the payer",
    "created_at": "When it was made here; RFC 3339 in UTC",
    "paid_at": "When the payer paid, by the channel; RFC 3339 in UTC; null until then",
    "expires_at": "The end of paying; RFC 3339 in UTC",
    "refunded_at": "When the money was back, by the channel; RFC 3339 in UTC; null until then",
    "finished_at": "When the last receiver was done; RFC 3339 in UTC; null until then",
    "action": "How to call the payer while the payment is `pending`. Null where the channel did "
    "not say it; `pending` without it: its answer was lost, and the same order may be sent again "
    "after `reinitiate_after_s`",
    "metadata": "Your own values, given back as they were; ≤ 4,096 bytes of JSON. Refused are "
    "whole numbers of more than 64 bits and the character NUL: send such as text",
    "order": "The order of this payment, as it stands",
    "payments": "All attempts to pay this order, the oldest first",
    "refunds": "All refunds of this order, the oldest first",
    "receivers": "Who gets what, 1 to 50, each account once",
    "finish": "Nothing more will be split of the payment: the rest is the merchant's at once",
    # what is asked for
    "method": "How the payer is called (调起方式)",
    "payer": "Who pays, as far as the method must know; see `GET /v1/capabilities`",
    "openid": "The payer's id under the account's appid; ≤ 128 characters",
    "auth_code": "The payer's payment code (付款码) as scanned; 8 to 64 letters and digits",
    "client_ip": "The payer's IP address; WeChat Pay H5 judges by it",
    "notify_url": "Where callbacks about this go, http or https, ≤ 512 characters; absent: to the "
    "app's address",
    "return_url": "Where our page sends the payer back to, http or https, ≤ 512 characters. In its "
    "query our `merchant_order_no`, `payment_no`, `status`, `timestamp`, `signature` replace the "
    "app's own of these names",
    "expires_in_s": "Seconds until nothing can be paid any more",
    "splits": "It will be split later by `POST /v1/splits`. WeChat Pay must know it now: what was "
    "created without it cannot be split, unless its account splits every payment",
    # actions
    "type": "What kind it is; it decides what the other members are",
    "qr_code": "The text to draw as a QR code",
    "url": "The address",
    "fields": "What the form carries, each name once",
    # lists
    "items": "What was found, in the order that was asked for",
    "next_cursor": "Give it as `after` to go on; null at the end",
    # events and callbacks
    "id": "The `webhook-id` of the callback: the same at every attempt",
    "timestamp": "When it became true; RFC 3339 in UTC",
    "data": "The payment, refund or split as it was then",
    "attempts": "Each time that we tried, the oldest first",
    "at": "When; RFC 3339 in UTC",
    "answer": "The beginning of what your server answered; null where it did not",
    "error": "Why it was not taken: what was wrong with the answer, or why none came; null where "
    "it was taken",
    "latency_ms": "How long your server took, milliseconds",
    "next_attempt_at": "When we try again; RFC 3339 in UTC; null where we do not",
    "address": "The callback address",
    "suspended_at": "Since when nothing is sent there; RFC 3339 in UTC; null where it is",
    "suspended_for": "Why: `gone` (it answered 410) or `failing` (for five days)",
    "failing_since": "Since when nothing was taken there; RFC 3339 in UTC",
    "held_until": "Nothing is sent before, to let it recover; RFC 3339 in UTC",
    "pending": "How many callbacks wait for it, counted up to 10,000",
    "oldest_due_at": "Since when the first of them waits; RFC 3339 in UTC",
    # links
    "uses": "1: one order, whoever opens it. Null: an order for each payer",
    # capabilities
    "accounts": "The channel accounts that take money now",
    "cashier": 'Whether `method: "cashier"` works without a `payment_id`',
    "title": "What people call it",
    "currencies": "ISO 4217, what can be asked for",
    "can_split": "Whether its payments can be split (分账)",
    "methods": "The ways to call the payer",
    "needs": "The members of `payer` that the request must have",
    # statements
    "date": "The day in Beijing",
    "kind": "What moved",
    "closing": "`opening + captured - refunded - split - fees`, minor units (分)",
    "lines": "Each movement, in the order of the ledger",
    # problems
    "code": "Of a closed list; what programs decide by",
    "message": "For people; not to be decided by",
    "status": "How it stands",
    "detail": "What was wrong with this very request, for people",
    "errors": "Which fields are wrong; empty where none is",
    "pointer": "JSON pointer (RFC 6901) into the body",
    "state": "How it stands",
    "split": "Whom the centre shall give what as soon as it is paid, ≤ 50; the rest is the "
    "merchant's",
}

OF_ONE_MODEL: Final[dict[tuple[str, str], str]] = {
    (
        "EventPage",
        "next_cursor",
    ): "Give it as `after` to go on, and keep it. Null: nothing new; ask "
    "again with the cursor that you had, for without one the list begins anew",
    **{
        (model, "payment_id"): "The channel account (支付标识) that takes the money, `C…`; null as "
        "long as the payer has not chosen one on our page"
        for model in ("PaymentView", "PaymentWithOrder")
    },
    **{
        (
            model,
            "channel",
        ): "The third party: `alipay`, `wechat`, `easy` …; null as long as none is chosen"
        for model in ("PaymentView", "PaymentWithOrder")
    },
    (
        "CreatePayment",
        "payment_id",
    ): "The channel account (支付标识) that takes the money, `C…`; may "
    'be absent only with `method: "cashier"`: the payer chooses on our page',
    (
        "CreateRefund",
        "payment_id",
    ): "The channel account (支付标识) that took the money, `C…`: that of the payment",
    ("RefundView", "merchant_refund_no"): "Your number of the refund; null for refunds that we "
    "opened",
    ("AttemptView", "status"): "The HTTP status that your server answered; null for none",
    ("Problem", "status"): "The HTTP status of this answer",
    ("Problem", "title"): "What the code means, for people",
    ("Problem", "type"): "Always `about:blank`: the code says more",
    ("Failure", "code"): "The channel's own code where it spoke, else one of ours",
    ("ChannelWords", "code"): "The channel's own code",
    ("FormAction", "method"): "With which HTTP method the form is submitted",
    ("JsapiAction", "params"): "Unchanged for the wallet's bridge or mini program. WeChat Pay: "
    "`appId`, `timeStamp`, `nonceStr`, `package`, `signType`, `paySign`; Alipay: `trade_no`",
    ("AppAction", "params"): "Unchanged for the wallet's SDK. WeChat Pay: `appid`, `partnerid`, "
    "`prepayid`, `package`, `noncestr`, `timestamp`, `sign`; Alipay: `order_string`; UnionPay: "
    "`tn`; Stripe: `client_secret`, `payment_intent`, and `publishable_key` where the account has "
    "one",
    ("MethodCapability", "action"): "The type of the action that comes back",
    ("RedirectAction", "url"): "Where to send the payer's browser",
    ("FormAction", "url"): "Where the payer's browser submits the form",
    ("PaymentLinkView", "url"): "What to send to the payer",
    ("PaymentLinkView", "amount"): "Whole minor units (分); null: the payer enters it",
    ("CreatePaymentLink", "amount"): "Whole minor units (分); absent: the payer enters it",
    ("PaymentLinkView", "payment_no"): "The payment that its one order has now; null before",
    ("DeliveryView", "url"): "Where it goes; empty: neither the call nor the app named an address, "
    "and it waits until the app has one",
    ("DeliveryView", "type"): "What happened, e.g. `payment.succeeded`",
    ("EventItem", "type"): "What happened",
    ("DeliveryView", "state"): "`pending` (we try again), `delivered` or `exhausted` (given up)",
    ("DeliveryView", "merchant_id"): "The merchant whom it is about; null for a ping",
    ("RefundView", "amount"): "What goes back; whole minor units (分)",
}
