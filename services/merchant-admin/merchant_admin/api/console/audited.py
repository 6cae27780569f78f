"""What the audit has, in words: what was done to what, and what has changed by it. Pure."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from chassis.web import Translation
from contracts.alert_titles import kind_of
from foundation.money_text import moment, money, plain_amount
from merchant_admin.api.console.filters import FINEST
from merchant_admin.domain.audit import SYSTEM, AuditEntry
from merchant_admin.domain.sheets import SEVERAL, Wording

NOTHING: Final = "—"

LABELS: Final[Mapping[str, str]] = {
    "access": "approval_what",
    "action": "what",
    "actor": "who",
    "after": "approval_after",
    "amount_from": "amount_min",
    "amount_to": "amount_max",
    "amounts": "code_fixed",
    "app_id": "app",
    "app_ids": "apps",
    "before": "approval_before",
    "by": "who",
    "callback_addresses": "four_eyes_callback_addresses",
    "closed_by": "who",
    "code": "failure",
    "code_id": "counter_code",
    "credentials": "four_eyes_credentials",
    "credentials_sealed": "four_eyes_credentials",
    "currency": "statement_currency",
    "daily_limit": "code_daily",
    "decided_by": "approval_decided_by",
    "detail": "alert_detail",
    "disabled": "state.disabled",
    "display_name": "look_name",
    "earlier_credentials_sealed": "earlier_credentials",
    "ends_before": "created_before",
    "ends_from": "from_day",
    "entity_id": "number",
    "facts": "approval_after",
    "facts_before": "approval_before",
    "file_name": "statement_file",
    "first": "from_day",
    "first_at": "sheet.first_at",
    "from": "from_day",
    "holder": "certificate_use",
    "invited": "state.invited",
    "kept_before": "created_before",
    "kept_from": "from_day",
    "key": "alert_what",
    "last": "to_day",
    "list": "export_list",
    "logo": "look_logo",
    "colour": "look_colour",
    "max_amount": "code_max",
    "merchant_id": "merchant",
    "merchant_ids": "merchants",
    "min_amount": "code_min",
    "new_account": "approval_new_account",
    "new_credentials": "approval_new_credentials",
    "ok": "trial",
    "outcome": "result",
    "public_key_pem": "key_pem",
    "query_changed": "approval_query_changed",
    "raised_from": "from_day",
    "raised_before": "created_before",
    "reason": "approval_reason",
    "refunds_from": "four_eyes_refunds_from",
    "requested_by": "approval_by",
    "rows": "export_rows",
    "secret_sealed": "key_secret",
    "sha256": "file_sha256",
    "shown": "approval_what",
    "status": "state",
    "text": "filter_text",
    "to": "to_day",
    "type": "event_type",
    "url": "address",
    "webhook_secrets_sealed": "webhook_secret",
    "withdraw_earlier_credentials": "approval_withdraw",
}
"""The texts of what is not called by its own name (`audited.<name>`, `<name>`, `fact.<name>`)."""

_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "access": ("approval_access.",),
    "callback_ack": ("ack.",),
    "callback_signature": ("audited.callback_signature.",),
    "cause": ("cause.",),
    "channel": ("channel.",),
    "code": ("failure.",),
    "decision": ("decision.",),
    "ending": ("ending.",),
    "format": ("audited.format.",),
    "holder": ("certificate_holder.",),
    "kind": ("approval_kind.", "alert_kind.", "audited_call."),
    "late_payment": ("late.",),
    "list": ("export_of.", ""),
    "method": ("method.",),
    "outcome": ("audited.outcome.", "failure."),
    "password": ("audited.",),
    "published": ("audited.published.",),
    "refund_splits": ("audited.refund_splits.",),
    "role": ("role.",),
    "second_factor": ("audited.",),
    "severity": ("severity.",),
    "state": (
        "state.",
        "delivery.",
        "statement.",
        "approval_state.",
        "alert_state.",
        "letter_state.",
        "token_state.",
    ),
    "status": ("state.",),
    "suspended": ("suspended.",),
    "type": ("event.",),
}
"""How the texts of their values begin."""

_AMOUNTS: Final = frozenset(
    {"amount", "amount_paid", "amount_left", "amount_refunded", "refunds_from", "min_amount",
     "max_amount", "daily_limit", "amounts"}
)  # fmt: skip
_OF_ANY_CURRENCY: Final = frozenset({"amount_from", "amount_to"})
"""Filters of lists, in thousandths."""

_USUAL: Final = "CNY"
_SWITCHES: Final = frozenset({"credentials", "callback_addresses"})
_TRUE_IF_NAMED: Final = frozenset(
    {"new_account", "new_credentials", "query_changed", "withdraw_earlier_credentials"}
)
_LATER: Final = frozenset({"after", "facts"})
"""They stand behind what was before them."""

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*")
_MARK: Final = re.compile(r"(?:sealed|picture):([0-9a-f]{12})[0-9a-f]*")


def action_words(t: Translation, action: str) -> str:
    """`merchant.created`: 商户 · 新建."""
    if f"audit.{action}" in t:
        return t(f"audit.{action}")
    kind, _, verb = action.partition(".")
    thing = f"audited_call.{kind}" if f"audited_call.{kind}" in t else "audit.other"
    done = f"done.{verb}" if f"done.{verb}" in t else "done.other"
    return f"{t(thing)}{SEVERAL}{t(done)}"


def actor_words(t: Translation, username: str) -> str:
    """A person by their name; who is none by what it is."""
    kind, _, token_id = username.partition(":")
    if token_id:
        return f"{t(f'audited_call.{kind}')} {token_id}"
    return t("audited.system") if username == SYSTEM.username else username


def thing_words(t: Translation, entity_id: str) -> str:
    """What it was done to: its number or name, or the words of what has neither."""
    if entity_id in t:
        return t(entity_id)
    kind = kind_of(entity_id)
    if kind is None:
        return entity_id
    return f"{t(f'alert_kind.{kind}')} {entity_id.removeprefix(kind)}".strip()


def changes_of(entry: AuditEntry, wording: Wording) -> list[tuple[str, str, str]]:
    """What differs: what it is called, what was and what is."""
    before, after = _facts_of(entry, entry.before), _facts_of(entry, entry.after)
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return [
        (
            _label(name, wording),
            _value(name, before, wording),
            _value(name, after, wording),
        )
        for name in names
    ]


def facts_words(shown: Mapping[str, Any], wording: Wording, channel: str | None) -> str:
    """What people may see of the credentials of a channel: what is no secret, and the
    fingerprints."""
    lines = []
    for name, value in shown.get("values", {}).items():
        chosen = "✓" if value == "on" else wording.choice(name, value, channel)
        lines.append(f"{_field(name, wording, channel)} {chosen}")
    lines += [
        f"{_field(key['field'], wording, channel)} {_key(key, wording)}"
        for key in shown.get("keys", [])
    ]
    return SEVERAL.join(lines) or NOTHING


def _field(name: str, wording: Wording, channel: str | None) -> str:
    """The field that says which of the ways it is has no title but theirs."""
    legend = f"ways_legend.{name}"
    return wording.t(legend) if legend in wording.t else wording.title(name, channel)


def _key(key: Mapping[str, Any], wording: Wording) -> str:
    parts = ["SHA-256", key["fingerprint"]]
    if serial := key.get("serial"):
        parts += [wording.t("serial"), serial]
    if until := key.get("valid_until"):
        parts += [wording.t("valid"), key["valid_from"][:10], "–", until[:10]]
    return " ".join(parts)


def texts_in(value: Any) -> Iterator[str]:
    """All that may be the id of something."""
    match value:
        case str():
            yield value
        case Mapping():
            for each in value.values():
                yield from texts_in(each)
        case list() | tuple():
            for each in value:
                yield from texts_in(each)


def _facts_of(entry: AuditEntry, facts: Mapping[str, Any] | None) -> dict[str, Any]:
    """The number of what an approval is about is no subject of goods."""
    if entry.entity_kind != "approval":
        return dict(facts or {})
    return {"number" if name == "subject" else name: it for name, it in (facts or {}).items()}


def _label(name: str, wording: Wording) -> str:
    key = LABELS.get(name, name)
    found = [each for each in (f"audited.{name}", key, f"fact.{key}") if each in wording.t]
    return wording.t(found[0]) if found else wording.title(name)


def _value(name: str, facts: Mapping[str, Any], wording: Wording) -> str:
    if name not in facts:
        return NOTHING
    match facts[name]:
        case None:
            return wording.t("scope_all") if name == "merchant_ids" else NOTHING
        case Mapping() as inner if "values" in inner or "keys" in inner:
            return facts_words(inner, wording, facts.get("channel"))
        case Mapping() as inner:
            return SEVERAL.join(_parts(inner, wording)) or NOTHING
        case list() as several:
            texts = [_text(name, each, facts, wording) for each in several]
            return SEVERAL.join(texts) or NOTHING
        case value:
            return _text(name, value, facts, wording)


def _parts(facts: Mapping[str, Any], wording: Wording) -> Iterator[str]:
    for name in sorted(facts, key=_LATER.__contains__):
        label = _label(name, wording)
        if name not in _TRUE_IF_NAMED:
            yield f"{label} {_value(name, facts, wording)}"
        elif facts[name]:
            yield label


def _text(name: str, value: Any, facts: Mapping[str, Any], wording: Wording) -> str:
    t = wording.t
    match value:
        case bool() if name in _SWITCHES:
            return t("approval_on" if value else "approval_off")
        case bool():
            return t("audited.yes" if value else "audited.no")
        case int() if name in _AMOUNTS:
            return money(value, facts.get("currency") or _USUAL)
        case int() if name in _OF_ANY_CURRENCY:
            return plain_amount(value, FINEST).rstrip("0").rstrip(".")
        case str():
            return _worded(name, value, wording)
        case _:
            return str(value)


def _worded(name: str, value: str, wording: Wording) -> str:
    t = wording.t
    for begin in _WORDS.get(name, ()):
        if f"{begin}{value}" in t:
            return t(f"{begin}{value}")
    if _MOMENT.fullmatch(value):
        return moment(datetime.fromisoformat(value))
    if mark := _MARK.fullmatch(value):
        return f"{t('key_sealed' if value.startswith('sealed') else 'look_logo')} {mark[1]}"
    if name == "key":
        return thing_words(t, value)
    if name == "action":
        return action_words(t, value)
    if name == "field":
        return _field(value, wording, None)
    return wording.name(value)
