"""Credentials that wait for a second person: as they are written down, and as they are made."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from contracts.events.configuration import State
from merchant_admin.domain.approvals import VERSION, ApprovalKind, Asked
from merchant_admin.domain.entities import ChannelAccount

_OF_NEW: Final = {
    "payment_id": "account_id",
    **{each: each for each in ("merchant_id", "channel", "name", "credentials_sealed", "identity")},
}
"""The fields of a new account, by the names by which they are kept."""


@dataclass(frozen=True, slots=True)
class NewCredentials:
    """`shown`: what people may see of them again (`store.account_details`)."""

    sealed: str = field(repr=False)
    identity: Mapping[str, str]
    shown: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CredentialsChange:
    """`new`: in place of those that there are. `withdraw_earlier`: what came before them is
    believed no more."""

    new: NewCredentials | None
    withdraw_earlier: bool

    @property
    def is_any(self) -> bool:
        return self.new is not None or self.withdraw_earlier

    def made(self, account: ChannelAccount, at: datetime) -> ChannelAccount:
        if self.new is not None:
            account = account.with_new_credentials(self.new.sealed, self.new.identity, at)
        return replace(account, earlier_credentials_sealed=()) if self.withdraw_earlier else account


def asked_for_change(
    was: ChannelAccount, facts: Mapping[str, Any], change: CredentialsChange
) -> Asked:
    """`facts`: what people may see of the credentials that there are."""
    new = change.new
    return Asked(
        kind=ApprovalKind.CREDENTIALS,
        merchant_ids=(was.merchant_id,),
        subject=was.account_id,
        request={
            "credentials_sealed": new and new.sealed,
            "identity": None if new is None else dict(new.identity),
            "facts": None if new is None else dict(new.shown),
            "withdraw_earlier": change.withdraw_earlier,
        },
        shown={
            "channel": was.channel,
            "name": was.name,
            "new_credentials": new is not None,
            "withdraw_earlier_credentials": change.withdraw_earlier,
            **({"facts_before": dict(facts), "facts": dict(new.shown)} if new else {}),
        },
        seen=seen_of(was),
    )


def seen_of(account: ChannelAccount) -> dict[str, Any]:
    """What new credentials are asked for on; sealed anew they are the same ones."""
    return {
        VERSION: account.version,
        "name": account.name,
        "state": account.state.value,
        "credentials_changed_at": account.credentials_changed_at.isoformat(),
        "earlier_credentials": len(account.earlier_credentials_sealed),
    }


def change_of(asked: Asked) -> CredentialsChange:
    request = asked.request
    sealed = request["credentials_sealed"]
    new = None
    if sealed is not None:
        new = NewCredentials(sealed, request["identity"], request["facts"])
    return CredentialsChange(new, request["withdraw_earlier"])


def asked_for_new(account: ChannelAccount, facts: Mapping[str, Any]) -> Asked:
    """`facts`: what people may see of its credentials again."""
    return Asked(
        kind=ApprovalKind.CREDENTIALS,
        merchant_ids=(account.merchant_id,),
        subject=account.account_id,
        request={
            "new": {name: _plain(getattr(account, field)) for name, field in _OF_NEW.items()},
            "facts": dict(facts),
        },
        shown={
            "channel": account.channel,
            "name": account.name,
            "new_account": True,
            "facts": dict(facts),
        },
        seen={},
    )


def is_new(asked: Asked) -> bool:
    return "new" in asked.request


def new_account(asked: Asked, at: datetime) -> ChannelAccount:
    return ChannelAccount(
        **{_OF_NEW[name]: value for name, value in asked.request["new"].items()},
        credentials_changed_at=at,
        state=State.ACTIVE,
        version=1,
        created_at=at,
        updated_at=at,
    )


def sealed_of(asked: Asked) -> str | None:
    """The credentials that wait, sealed with the account's number as their context."""
    kept: str | None = asked.request.get("new", asked.request)["credentials_sealed"]
    return kept


def with_sealed(asked: Asked, sealed: str) -> Asked:
    """The same credentials, sealed to another key."""
    request = dict(asked.request)
    if is_new(asked):
        request["new"] = {**request["new"], "credentials_sealed": sealed}
    else:
        request["credentials_sealed"] = sealed
    return replace(asked, request=request)


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value
