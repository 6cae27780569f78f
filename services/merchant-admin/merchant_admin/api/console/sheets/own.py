"""The lists of our own tables."""

from collections.abc import Iterable
from typing import Final

from merchant_admin.api.console.audited import (
    NOTHING,
    action_words,
    actor_words,
    changes_of,
    facts_words,
    texts_in,
    thing_words,
)
from merchant_admin.api.console.sheets.asked import asked_words, outcome_words, state_words
from merchant_admin.api.console.sheets.sentences import sentence
from merchant_admin.api.console.sheets.whose import APP, MERCHANT, MERCHANTS
from merchant_admin.domain.api_tokens import ApiToken
from merchant_admin.domain.audit import AuditEntry
from merchant_admin.domain.entities import ChannelAccount
from merchant_admin.domain.expiring import EndingCertificate, Holder
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.sheets import Described, Same, Sheet, Worded, Wording
from merchant_admin.domain.users import User

CREATED: Final = Same("created_at_beijing", "created_at")
CHANGED: Final = Same("updated_at_beijing", "updated_at")
STATE: Final = Worded("state", "state", "state.")
NAME: Final = Same("name", "name")
ROLE: Final = Worded("role", "role", "role.")


def _scope(it: User | ApiToken, wording: Wording) -> str:
    return scope_words(it.scope, wording)


def scope_words(scope: Scope, wording: Wording) -> str:
    ids = scope.parameter
    return wording.t("scope_all") if ids is None else wording.named(ids)


def _ids_of_scope(it: User | ApiToken) -> Iterable[str]:
    return it.scope.parameter or ()


def _state_of_token(it: ApiToken, wording: Wording) -> str:
    state = "revoked" if it.revoked_at else "active" if it.expires_at > wording.at else "expired"
    return wording.t(f"token_state.{state}")


def _identity(it: ChannelAccount, wording: Wording) -> str:
    return facts_words({"values": dict(it.identity or {})}, wording, it.channel)


def _end(it: EndingCertificate, wording: Wording) -> str:
    if it.ends_at <= wording.at:
        return wording.t("certificate_ended")
    return f"{(it.ends_at - wording.at).days} {wording.t('certificate_days')}"


def _what(it: EndingCertificate, wording: Wording) -> str:
    """A field of the channel's form, or the number of a key."""
    return wording.title(it.what) if it.holder is Holder.ACCOUNT else it.what


def _changes(it: AuditEntry, wording: Wording) -> str:
    return sentence(
        [
            (name, value if was == NOTHING else f"{was} → {value}")
            for name, was, value in changes_of(it, wording)
        ],
        wording,
    )


def _mentions(it: AuditEntry) -> Iterable[str]:
    return texts_in([it.entity_id, it.before, it.after])


SHEETS: Final = (
    Sheet(
        "audit",
        (
            Same("at_beijing", "when"),
            Described("who", lambda it, wording: actor_words(wording.t, it.actor.username)),
            Described("what", lambda it, wording: action_words(wording.t, it.action)),
            Described("number", lambda it, wording: thing_words(wording.t, it.entity_id)),
            Described("alert_detail", _changes),
            Same("ip", "sheet.ip"),
            Same("request_id", "request_id"),
        ),
        needs_forms=True,
        mentions=_mentions,
    ),
    Sheet(
        "approvals",
        (
            Same("requested_at_beijing", "asked_at"),
            Same("approval_id", "sheet.approval_id"),
            Worded("kind", "kind", "approval_kind."),
            Described("state", state_words),
            *MERCHANTS,
            Same("subject", "number"),
            Described("approval_what", asked_words),
            Same("requested_by", "approval_by"),
            Same("decided_by", "approval_decided_by"),
            Same("decided_at_beijing", "sheet.decided_at"),
            Same("reason", "approval_reason"),
            Described("result", outcome_words),
            Same("expires_at_beijing", "expires_at"),
        ),
        needs_forms=True,
    ),
    Sheet(
        "merchants",
        (
            CREATED,
            Same("merchant_id", "merchant_id"),
            NAME,
            Same("display_name", "look_name"),
            STATE,
            CHANGED,
        ),
    ),
    Sheet(
        "channel-accounts",
        (
            CREATED,
            Same("payment_id", "payment_id"),
            *MERCHANT,
            Worded("channel", "channel", "channel."),
            NAME,
            Same("display_name", "look_name"),
            Described("sheet.identity", _identity),
            STATE,
            Same("credentials_changed_at_beijing", "credentials_changed_at"),
            CHANGED,
        ),
        needs_forms=True,
    ),
    Sheet(
        "apps",
        (
            CREATED,
            Same("app_id", "app_id"),
            NAME,
            *MERCHANTS,
            Same("notify_url", "notify_url"),
            Worded("callback_ack", "callback_ack", "ack."),
            Worded("late_payment", "late_payment", "late."),
            Same("ip_allowlist", "ip_allowlist"),
            STATE,
            CHANGED,
        ),
    ),
    Sheet(
        "counter-codes",
        (
            CREATED,
            Same("code_id", "sheet.code_id"),
            Same("name", "code_name"),
            *MERCHANT,
            *APP,
            Same("min_amount", "code_min"),
            Same("max_amount", "code_max"),
            Same("daily_limit", "code_daily"),
            Same("received_today", "code_received"),
            Same("payments_today", "code_paid"),
            STATE,
        ),
    ),
    Sheet(
        "users",
        (
            CREATED,
            Same("username", "username"),
            ROLE,
            Described("scope", _scope),
            STATE,
            CHANGED,
        ),
        mentions=_ids_of_scope,
    ),
    Sheet(
        "tokens",
        (
            CREATED,
            Same("token_id", "sheet.token_id"),
            NAME,
            ROLE,
            Described("scope", _scope),
            Same("created_by", "token_by"),
            Described("state", _state_of_token),
            Same("expires_at_beijing", "expires_at"),
            Same("last_used_at_beijing", "session_seen"),
            Same("revoked_at_beijing", "sheet.revoked_at"),
        ),
        mentions=_ids_of_scope,
    ),
    Sheet(
        "certificates",
        (
            Same("ends_at_beijing", "ends_at"),
            Described("state", _end),
            Same("name", "certificate_of"),
            Same("owner", "number"),
            Worded("holder", "certificate_use", "certificate_holder."),
            Described("approval_what", _what),
            *MERCHANTS,
        ),
        needs_forms=True,
    ),
)
