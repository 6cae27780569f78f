"""The lists of our own tables as files: what stands in their columns. Pure."""

from typing import Final

from merchant_admin.domain.api_tokens import ApiToken
from merchant_admin.domain.approvals import Approval
from merchant_admin.domain.audit import AuditEntry
from merchant_admin.domain.entities import App, ChannelAccount, ListedCode, Merchant
from merchant_admin.domain.expiring import EndingCertificate
from merchant_admin.domain.list_columns import Columns, joined, json_text, money, number, text, time
from merchant_admin.domain.users import User

CODE_CURRENCY: Final = "CNY"
"""Counter codes take this one only."""


def _state(user: User) -> str:
    if user.disabled_at is not None:
        return "disabled"
    return "invited" if user.password_hash is None else "active"


AUDIT: Final[Columns[AuditEntry]] = Columns(
    "audit",
    {
        "at_beijing": time(lambda it: it.at),
        "actor": text(lambda it: it.actor.username),
        "action": text(lambda it: it.action),
        "entity_kind": text(lambda it: it.entity_kind),
        "entity_id": text(lambda it: it.entity_id),
        "before": text(lambda it: json_text(it.before)),
        "after": text(lambda it: json_text(it.after)),
        "ip": text(lambda it: it.actor.ip),
        "request_id": text(lambda it: it.actor.request_id),
    },
)

APPROVALS: Final[Columns[Approval]] = Columns(
    "approvals",
    {
        "requested_at_beijing": time(lambda it: it.requested_at),
        "approval_id": text(lambda it: it.approval_id),
        "kind": text(lambda it: it.asked.kind),
        "subject": text(lambda it: it.asked.subject),
        "merchant_ids": text(lambda it: joined(it.asked.merchant_ids)),
        "asked_for": text(lambda it: json_text(dict(it.asked.shown))),
        "requested_by": text(lambda it: it.requested_by),
        "state": text(lambda it: it.state),
        "decided_by": text(lambda it: it.decided_by),
        "decided_at_beijing": time(lambda it: it.decided_at),
        "reason": text(lambda it: it.reason),
        "expires_at_beijing": time(lambda it: it.expires_at),
    },
)

MERCHANTS: Final[Columns[Merchant]] = Columns(
    "merchants",
    {
        "created_at_beijing": time(lambda it: it.created_at),
        "merchant_id": text(lambda it: it.merchant_id),
        "name": text(lambda it: it.name),
        "display_name": text(lambda it: it.display_name),
        "state": text(lambda it: it.state),
        "updated_at_beijing": time(lambda it: it.updated_at),
    },
)

ACCOUNTS: Final[Columns[ChannelAccount]] = Columns(
    "channel-accounts",
    {
        "created_at_beijing": time(lambda it: it.created_at),
        "payment_id": text(lambda it: it.account_id),
        "merchant_id": text(lambda it: it.merchant_id),
        "channel": text(lambda it: it.channel),
        "name": text(lambda it: it.name),
        "display_name": text(lambda it: it.display_name),
        "identity": text(lambda it: json_text(it.identity and dict(it.identity))),
        "state": text(lambda it: it.state),
        "credentials_changed_at_beijing": time(lambda it: it.credentials_changed_at),
        "updated_at_beijing": time(lambda it: it.updated_at),
    },
)

APPS: Final[Columns[App]] = Columns(
    "apps",
    {
        "created_at_beijing": time(lambda it: it.created_at),
        "app_id": text(lambda it: it.app_id),
        "name": text(lambda it: it.terms.name),
        "merchant_ids": text(lambda it: joined(it.terms.merchant_ids)),
        "notify_url": text(lambda it: it.terms.notify_url),
        "callback_ack": text(lambda it: it.terms.callback_ack),
        "late_payment": text(lambda it: it.terms.late_payment),
        "ip_allowlist": text(lambda it: joined(it.terms.ip_allowlist)),
        "state": text(lambda it: it.state),
        "updated_at_beijing": time(lambda it: it.updated_at),
    },
)

CODES: Final[Columns[ListedCode]] = Columns(
    "counter-codes",
    {
        "created_at_beijing": time(lambda it: it.code.created_at),
        "code_id": text(lambda it: it.code.code_id),
        "name": text(lambda it: it.code.name),
        "merchant_id": text(lambda it: it.code.merchant_id),
        "app_id": text(lambda it: it.code.app_id),
        "min_amount": money(lambda it: it.code.min_amount, lambda _: CODE_CURRENCY),
        "max_amount": money(lambda it: it.code.max_amount, lambda _: CODE_CURRENCY),
        "daily_limit": money(lambda it: it.code.daily_limit, lambda _: CODE_CURRENCY),
        "state": text(lambda it: it.code.state),
        "received_today": money(lambda it: it.received.amount, lambda _: CODE_CURRENCY),
        "payments_today": number(lambda it: it.received.payments),
    },
)

USERS: Final[Columns[User]] = Columns(
    "users",
    {
        "created_at_beijing": time(lambda it: it.created_at),
        "username": text(lambda it: it.username),
        "role": text(lambda it: it.role),
        "merchant_ids": text(lambda it: joined(it.scope.parameter or ["*"])),
        "state": text(_state),
        "updated_at_beijing": time(lambda it: it.updated_at),
    },
)

TOKENS: Final[Columns[ApiToken]] = Columns(
    "tokens",
    {
        "created_at_beijing": time(lambda it: it.created_at),
        "token_id": text(lambda it: it.token_id),
        "name": text(lambda it: it.name),
        "role": text(lambda it: it.role),
        "merchant_ids": text(lambda it: joined(it.scope.parameter or ["*"])),
        "created_by": text(lambda it: it.created_by),
        "expires_at_beijing": time(lambda it: it.expires_at),
        "last_used_at_beijing": time(lambda it: it.last_used_at),
        "revoked_at_beijing": time(lambda it: it.revoked_at),
    },
)

CERTIFICATES: Final[Columns[EndingCertificate]] = Columns(
    "certificates",
    {
        "ends_at_beijing": time(lambda it: it.ends_at),
        "holder": text(lambda it: it.holder),
        "owner": text(lambda it: it.owner),
        "name": text(lambda it: it.name),
        "what": text(lambda it: it.what),
        "merchant_ids": text(lambda it: joined(it.merchant_ids)),
    },
)
