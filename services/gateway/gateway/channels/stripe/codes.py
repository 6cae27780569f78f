"""What each error of Stripe means, operation by operation. What is not listed is Unknown.

A row is the error's `code`; where it has none, the HTTP status of a refused key, or its `type`.

Source: docs.stripe.com/api/errors, docs.stripe.com/error-codes
"""

from dataclasses import replace
from typing import Final

from gateway.channels.formats import text
from gateway.channels.meanings import Table, limited, outcome_of, passing
from gateway.channels.plugin import Answer, Declined, NotSent, Outcome, Unknown

INVALID: Final = "invalid_request_error"
SENT_EACH_HOUR: Final = (
    "(The refund is sent anew about each hour, and made once the balance is topped up.)"
)
REFUSED_KEY: Final = "401"
NOT_ALLOWED: Final = "403"

_SETTINGS: Final = (
    REFUSED_KEY, NOT_ALLOWED, "api_key_expired", "platform_api_key_expired", "account_invalid",
    "livemode_mismatch", "secret_key_required", "testmode_charges_only", "account_closed",
    "payment_method_unactivated", "invalid_charge_amount",
)  # fmt: skip
"""The account, its key or its rights: nothing was done."""

_MALFORMED: Final = (
    INVALID, "amount_too_large", "amount_too_small", "parameter_invalid_empty",
    "parameter_invalid_integer", "parameter_invalid_string_blank",
    "parameter_invalid_string_empty", "parameter_missing", "parameter_unknown",
    "parameters_exclusive", "url_invalid", "currency_not_supported",
)  # fmt: skip
"""The request: refused before anything was done, and would be again."""

_NOBODY_KNOWS: Final[Table] = {
    # The first call under this key is still under way, or was another one.
    "idempotency_key_in_use": passing,
    "idempotency_error": Unknown,
    "api_error": Unknown,
    "resource_missing": Unknown,  # what Stripe told us of itself is there: the key is another's
    **dict.fromkeys(
        ("card_declined", "expired_card", "incorrect_cvc", "insufficient_funds",
         "processing_error", "authentication_required", "card_error"),
        Unknown,  # this try of the payer's; they may try again
    ),
}  # fmt: skip
_TOO_MANY: Final[Table] = {"rate_limit": limited, "lock_timeout": limited}

PAY: Final[Table] = {
    **dict.fromkeys((*_SETTINGS, *_MALFORMED), NotSent), **_TOO_MANY, **_NOBODY_KNOWS
}  # fmt: skip


def short_of_money(code: str, message: str) -> NotSent:
    """The same refund again. Stripe answers a key for a day at least as it did first, and sees
    money that has come in since only by another (`refund_keys`)."""
    return NotSent(code, f"{message} {SENT_EACH_HOUR}".strip())


REFUND: Final[Table] = {
    **PAY,
    **dict.fromkeys(_MALFORMED, Declined),
    "charge_already_refunded": Declined,
    "charge_disputed": Declined,
    "refund_disputed_payment": Declined,
    "charge_not_refundable": Declined,
    "balance_insufficient": short_of_money,
}

ASK: Final[Table] = dict.fromkeys(REFUND, Unknown)
"""Of queries, statements and closes: how the question went, which says nothing of the trade."""

CLOSE: Final[Table] = {
    **ASK,
    # It was paid, or ended already: the query tells.
    "payment_intent_unexpected_state": Unknown,
}


def find_refusal(answer: Answer, table: Table) -> Outcome | None:
    """What an error means by this table; None where the answer is none."""
    if answer.signed and answer.status == 200:
        return None
    row = row_of(answer)
    outcome = outcome_of(answer, table, row, row, text(answer.content, "error", "message"))
    if isinstance(outcome, NotSent) and answer.is_replayed:
        return replace(outcome, is_kept=True)
    return outcome


def row_of(answer: Answer) -> str:
    code = text(answer.content, "error", "code")
    if code:
        return code
    if str(answer.status) in (REFUSED_KEY, NOT_ALLOWED):
        return str(answer.status)
    return text(answer.content, "error", "type")
