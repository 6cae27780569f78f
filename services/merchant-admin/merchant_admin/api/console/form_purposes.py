"""What a form is for, told by the address that it is sent to."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from merchant_admin.api.console.navigation import HOME, PAGES, page_of

WITH_PAGE: Final = frozenset(
    {
        "apps",
        "channel-accounts",
        "deliveries",
        "merchants",
        "orders",
        "payments",
        "reconciliations",
        "users",
    }
)
"""Where each thing has a page of its own."""

DOES: Final = {
    "account/password": "save",
    "account/sessions/end": "sessions_end_all",
    "account/sessions/*/end": "session_end",
    "alerts/acknowledge": "alert_take",
    "alerts/test": "alert_test",
    "approvals/*/approve": "approval_approve",
    "approvals/*/reject": "approval_reject",
    "apps": "create",
    "apps/*": "save",
    "apps/*/keys": "key_new",
    "apps/*/keys/*/delete": "key_delete",
    "apps/*/ping": "ping",
    "apps/*/signature": "inspect",
    "apps/*/webhook-secret": "rotate_webhook_secret",
    "channel-accounts/*": "save",
    "channel-accounts/*/credentials": "credentials_change",
    "channel-accounts/*/test": "trial_do",
    "counter-codes": "create",
    "counter-codes/*/change": "save",
    "counter-codes/*/state": "state",
    "dead-letters/*/replay": "letter_replay",
    "deliveries/*/redeliver": "redeliver",
    "endpoints/*/resume": "resume",
    "exports/in-background/*": "export_in_background",
    "exports/*/remove": "export_remove",
    "imports": "import_check",
    "imports/*": "import_apply",
    "merchants": "create",
    "merchants/*": "save",
    "merchants/*/channel-accounts": "account_new",
    "merchants/*/four-eyes": "four_eyes",
    "merchants/*/look": "look",
    "merchants/*/look/accounts/*": "look_account",
    "onboarding/restart": "onboarding_restart",
    "onboarding/*": "next",
    "orders/*/ask": "order_ask",
    "orders/*/callbacks/*": "redeliver",
    "orders/*/close": "order_close",
    "payments/*/decision": "decide",
    "payments/*/refunds": "refund_send",
    "payments/*/refunds/*/decision": "decide",
    "reconciliations": "fetch_bill",
    "reconciliations/uploads": "upload",
    "reconciliations/*/differences/*/settle": "settle",
    "reconciliations/*/fetch": "fetch_again",
    "replays": "replay",
    "second-factor": "second_factor_begin",
    "second-factor/confirm": "confirm",
    "second-factor/recovery-codes": "recovery_codes_renew",
    "second-factor/remove": "second_factor_remove",
    "tokens": "create",
    "tokens/*/revoke": "token_revoke",
    "users": "create",
    "users/*": "save",
    "users/*/invitation": "invite",
    "users/*/second-factor/remove": "second_factor_reset",
    "users/*/sessions/end": "sessions_end_all",
    "users/*/sessions/*/end": "session_end",
}
"""By address below HOME, `*` for a number or name, the text of the button; the first that fits."""

_FORMS: Final = [
    (re.compile(re.escape(address).replace(r"\*", "([^/]+)")), text)
    for address, text in DOES.items()
]


@dataclass(frozen=True, slots=True)
class Purpose:
    """`page`: that of the navigation; `subject`: the number or name of the thing, whose own page is
    at `subject_page`; `does`: the text of the button."""

    page: str | None
    subject: str | None
    subject_page: str | None
    does: str | None


def purpose_of(address: str) -> Purpose:
    path = urlsplit(address).path
    page, below = page_of(path), path.removeprefix(f"{HOME}/")
    found = ((form.fullmatch(below), text) for form, text in _FORMS)
    fits, does = next(((fit, text) for fit, text in found if fit), (None, None))
    subject = fits[1] if fits and fits.groups() else None
    has_page = subject is not None and page in WITH_PAGE
    return Purpose(
        page=page if page in PAGES else None,
        subject=subject and unquote(subject),
        subject_page=f"{HOME}/{page}/{subject}" if has_page else None,
        does=does,
    )
