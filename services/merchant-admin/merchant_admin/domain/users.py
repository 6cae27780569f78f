"""People of the back office (用户): the role each has (角色), and what a role may."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from chassis.problems import FieldError
from merchant_admin.domain.errors import Unusable
from merchant_admin.domain.scope import EVERYTHING, Scope


class Right(StrEnum):
    """What a route asks of whoever calls it.

    LOOK: read and search. REFUND: give money back. DECIDE: what only people can, of conflicts,
    stuck refunds and differences. OPERATE: send again, resume, fetch, try again. ADMINISTER:
    whatever the centre is configured with, and its users.
    """

    VIEW = "look"
    REFUND = "refund"
    DECIDE = "decide"
    OPERATE = "operate"
    ADMINISTER = "administer"


class Role(StrEnum):
    """Of the group's people, and of a property company's own (`merchant_staff`)."""

    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"
    FINANCE = "finance"
    AUDITOR = "auditor"
    MERCHANT_STAFF = "merchant_staff"

    def may(self, right: Right) -> bool:
        return right in _RIGHTS[self]


_RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.ADMINISTRATOR: frozenset(Right),
    Role.OPERATOR: frozenset({Right.VIEW, Right.REFUND, Right.DECIDE, Right.OPERATE}),
    Role.FINANCE: frozenset({Right.VIEW, Right.REFUND, Right.DECIDE}),
    Role.AUDITOR: frozenset({Right.VIEW}),
    Role.MERCHANT_STAFF: frozenset({Right.VIEW, Right.REFUND}),
}


def checked_scope(role: Role, merchant_ids: Sequence[str] | None) -> Scope:
    """Raises Unusable: who configures the centre sees all of it, a company's own people do not."""
    if role is Role.ADMINISTRATOR and merchant_ids is not None:
        why = "must be null: an administrator has all"
        raise Unusable(FieldError("/merchant_ids", why, "管理员为全部商户，请留空"))
    if role is Role.MERCHANT_STAFF and merchant_ids is None:
        why = "must name the merchants of such people"
        raise Unusable(FieldError("/merchant_ids", why, "商户人员须指定商户"))
    return Scope(None if merchant_ids is None else frozenset(merchant_ids))


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may log in unless disabled; whose `password_hash` is None was invited and has
    set no password yet. The one that `is_from_environment` has their
    password from there, and is an admin whatever others request: nobody can lock the house."""

    username: str
    role: Role
    password_hash: str | None = field(repr=False)
    is_from_environment: bool
    disabled_at: datetime | None
    created_at: datetime
    updated_at: datetime
    scope: Scope = EVERYTHING

    def changed(
        self,
        *,
        role: Role | None,
        password_hash: str | None,
        disabled: bool | None,
        scope: Scope | None,
        at: datetime,
    ) -> "User":
        """With what is not None; itself where nothing differs. Raises Unusable."""
        requests = {
            "role": role,
            "password": password_hash,
            "disabled": disabled,
            "merchant_ids": scope,
        }
        given = [name for name, request in requests.items() if request is not None]
        if self.is_from_environment and given:
            raise Unusable(*(FieldError(f"/{name}", _FROM_ENVIRONMENT) for name in given))
        wanted = replace(
            self,
            role=role or self.role,
            password_hash=password_hash or self.password_hash,
            scope=scope or self.scope,
        )
        checked_scope(wanted.role, wanted.scope.parameter)
        if disabled is not None:
            wanted = replace(wanted, disabled_at=(self.disabled_at or at) if disabled else None)
        return self if wanted == self else replace(wanted, updated_at=at)

    def appointed(self, password_hash: str, at: datetime) -> "User":
        """As the environment's administrator; itself where that is so already."""
        wanted = replace(
            self,
            role=Role.ADMINISTRATOR,
            scope=EVERYTHING,
            password_hash=password_hash,
            is_from_environment=True,
            disabled_at=None,
        )
        return self if wanted == self else replace(wanted, updated_at=at)

    def dismissed(self, at: datetime) -> "User":
        """When the environment names another one: out, until an admin lets them in again."""
        return replace(self, is_from_environment=False, disabled_at=at, updated_at=at)

    def recorded(self) -> dict[str, Any]:
        """As the audit shows it, without the password."""
        return {
            "role": self.role.value,
            "merchant_ids": self.scope.parameter,
            "is_from_environment": self.is_from_environment,
            "disabled": self.disabled_at is not None,
            "invited": self.password_hash is None,
        }


_FROM_ENVIRONMENT: Final = "is set by the environment of the service"
