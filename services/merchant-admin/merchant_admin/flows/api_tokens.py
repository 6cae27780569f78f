"""Tokens of machines: made, known, revoked."""

from collections.abc import Sequence
from datetime import timedelta

from chassis.problems import FieldError
from contracts.identifiers import new_id
from merchant_admin.domain.api_tokens import (
    MAKERS,
    MAX_LIFETIME,
    USED_EVERY,
    ApiToken,
    ShownToken,
    new_secret,
    secret_digest,
)
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import AlreadyMade, NoSuch, Unusable
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.users import Role, checked_scope
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_action
from merchant_admin.store import api_tokens as store
from merchant_admin.store.merchants import list_names


async def create(
    deps: Deps,
    actor: Actor,
    *,
    name: str,
    role: Role,
    merchant_ids: Sequence[str] | None,
    lifetime: timedelta,
    token_id: str | None = None,
) -> ShownToken:
    """`token_id`: the number that a form carries, so that sent twice it makes one.

    Raises Unusable for merchants that are none of ours or not for this role, and for a life
    that is too long, and AlreadyMade.
    """
    scope = checked_scope(role, merchant_ids)
    if lifetime > MAX_LIFETIME:
        raise Unusable(FieldError("/expires_in_days", f"is at most {MAX_LIFETIME.days}"))
    now = deps.clock()
    token = ApiToken(
        token_id or new_id("api_token"), name, role, scope, actor.username, now, now + lifetime
    )
    secret = new_secret()
    async with deps.db.transaction() as tx:
        wanted = scope.parameter or []
        if len(await list_names(tx, wanted)) != len(wanted):
            raise Unusable(FieldError("/merchant_ids", "names a merchant that does not exist"))
        if not await store.add_token(tx, token, secret_digest(secret)):
            raise AlreadyMade
        await record_action(
            tx, actor, "token.created", at=now, entity_id=token.token_id, after=token.recorded()
        )
    return ShownToken(token, secret)


async def find(deps: Deps, secret: str) -> ApiToken | None:
    """Whose it is; None for one that is over, revoked, or none, or for which nobody answers."""
    now = deps.clock()
    async with deps.db.connection() as tx:
        token = await store.find_token(tx, secret_digest(secret), now, makers=MAKERS)
        if token is not None and (
            token.last_used_at is None or token.last_used_at <= now - USED_EVERY
        ):
            await store.use_token(tx, token.token_id, now)
    return token


async def read_page(
    deps: Deps, asked: ListQuery, *, after: str | None, limit: int
) -> list[ApiToken]:
    async with deps.db.connection() as tx:
        return await store.list_tokens(tx, asked, after=after, limit=limit)


async def revoke(deps: Deps, actor: Actor, token_id: str) -> None:
    """From now on it opens nothing. Raises NoSuch, also the second time."""
    now = deps.clock()
    async with deps.db.transaction() as tx:
        token = await store.revoke_token(tx, token_id, now)
        if token is None:
            raise NoSuch("token")
        await record_action(
            tx, actor, "token.revoked", at=now, entity_id=token_id, after=token.recorded()
        )
