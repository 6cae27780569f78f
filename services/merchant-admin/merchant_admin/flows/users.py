"""People of the back office: let in, given another role or password, shut out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chassis.database import Tx
from chassis.problems import FieldError
from merchant_admin.domain.api_tokens import MAKERS, ApiToken
from merchant_admin.domain.audit import SYSTEM, Actor
from merchant_admin.domain.errors import NoSuch, Unusable
from merchant_admin.domain.guessing import Priority
from merchant_admin.domain.invitations import GOOD_FOR, Invitation, new_token, token_digest
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.passwords import find_weakness
from merchant_admin.domain.scope import Scope
from merchant_admin.domain.seen import Seen
from merchant_admin.domain.users import Role, User, checked_scope
from merchant_admin.flows.checking import find_right_hash
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_action
from merchant_admin.store import invitations
from merchant_admin.store import users as store
from merchant_admin.store.api_tokens import revoke_tokens_of
from merchant_admin.store.merchants import list_names
from merchant_admin.store.second_factors import remove as remove_factor
from merchant_admin.store.sessions import end_sessions_of


async def ensure_administrator(deps: Deps, username: str, password: str) -> None:
    """Make this the environment's one administrator; whom it named before is shut out.

    A new password ends the sessions made with the old one, and the second factor.
    """
    async with deps.db.connection() as tx:
        known = await store.find_user(tx, username)
    password_hash = await _kept_or_new_hash(deps, known, password)
    now = deps.clock()
    async with deps.db.transaction() as tx:
        found = await store.list_of_appointing_locked(tx, username)
        was = next((user for user in found if user.username == username), None)
        is_without_phone = False
        if was is not None and was.password_hash != password_hash:
            # Whoever sets the environment owns the house, and gets in without the phone.
            is_without_phone = await remove_factor(tx, username)
        saved = [
            await _save(tx, was=user, now=user.appointed(password_hash, now))
            if user is was
            else await _save(tx, was=user, now=user.dismissed(now))
            for user in found
        ]
        if was is None:
            await _add(
                tx, SYSTEM, User(username, Role.ADMINISTRATOR, password_hash, True, None, now, now)
            )
        if is_without_phone:
            await record_action(tx, SYSTEM, "totp.removed", at=now, entity_id=username, after={})
        for change in saved:
            await _record(tx, SYSTEM, change)
    _remember(deps, username, password_hash, password)


@dataclass(frozen=True, slots=True)
class NewUser:
    """`invitation` is there for whoever got no password: this is the only time it is shown."""

    user: User
    invitation: Invitation | None


async def create(
    deps: Deps,
    actor: Actor,
    *,
    username: str,
    password: str | None,
    role: Role,
    merchant_ids: Sequence[str] | None,
) -> NewUser:
    """Let somebody in, with a password, or invite them to set one themselves.

    Raises Unusable where the name is taken, the password is weak, or the merchants are none of
    ours or not for this role.
    """
    scope = checked_scope(role, merchant_ids)
    password_hash = None if password is None else await _hash(deps, username, password)
    now = deps.clock()
    user = User(username, role, password_hash, False, None, now, now, scope)
    async with deps.db.transaction() as tx:
        await _require_merchants(tx, scope)
        if not await _add(tx, actor, user):
            raise Unusable(FieldError("/username", "is taken"))
        invitation = await _invite(tx, actor, username, now) if password is None else None
    _remember(deps, username, password_hash, password)
    return NewUser(user, invitation)


async def invite(deps: Deps, actor: Actor, username: str) -> Invitation:
    """A link with which they set a password, in place of one from before. Raises NoSuch, and
    Unusable for the environment's administrator and who is disabled."""
    async with deps.db.transaction() as tx:
        user = await store.get_user(tx, username, lock=True)
        if user.is_from_environment:
            raise Unusable(FieldError("/username", "is set by the environment of the service"))
        if user.disabled_at is not None:
            raise Unusable(FieldError("/username", "is disabled"))
        return await _invite(tx, actor, username, deps.clock())


async def read_invited(deps: Deps, token: str) -> str:
    """Whose invitation this is. Raises NoSuch for one that is used, expired or none."""
    async with deps.db.connection() as tx:
        username = await invitations.find_invited(tx, token_digest(token), deps.clock())
    if username is None:
        raise NoSuch("invitation")
    return username


async def accept(deps: Deps, actor: Actor, token: str, password: str) -> User:
    """Whoever was invited sets their password, and is logged out everywhere.

    Raises NoSuch for an invitation that is used, expired or none, Unusable for a weak password:
    then it is still open.
    """
    username = await read_invited(deps, token)
    password_hash = await _hash(deps, username, password)
    now = deps.clock()
    async with deps.db.transaction() as tx:
        was = await store.get_user(tx, username, lock=True)
        if was.disabled_at is not None or (
            await invitations.take_invitation(tx, token_digest(token), now) != username
        ):
            raise NoSuch("invitation")
        user = was.changed(
            role=None, password_hash=password_hash, disabled=None, scope=None, at=now
        )
        saved = await _save(tx, was=was, now=user)
        await _record(tx, replace(actor, username=username), saved)
    _remember(deps, username, password_hash, password)
    return user


async def read_open_invitations(deps: Deps, usernames: Sequence[str]) -> dict[str, datetime]:
    """Until when those of them that are invited may come in, by name."""
    async with deps.db.connection() as tx:
        return await invitations.list_open(tx, list(usernames), deps.clock())


async def change(
    deps: Deps,
    actor: Actor,
    username: str,
    *,
    role: Role | None = None,
    password: str | None = None,
    disabled: bool | None = None,
    scope: Scope | None = None,
    given_hash: str | None = None,
    seen: Seen[User] | None = None,
) -> User:
    """Change what is not None. Who is disabled or gets a password is logged out everywhere at
    once; a role holds from the next request on. Tokens of who administers no more are revoked.
    `given_hash`: of the password that was asked for first, which must still be theirs.

    Raises NoSuch, ChangedSinceShown where what was `seen` of them is different by now, and
    Unusable for a weak password and the environment's administrator.
    """
    password_hash = None if password is None else await _hash(deps, username, password)
    async with deps.db.transaction() as tx:
        was = await store.get_user(tx, username, lock=True)
        if given_hash is not None and was.password_hash != given_hash:
            raise _wrong_password()
        user = was.changed(
            role=role,
            password_hash=password_hash,
            disabled=disabled,
            scope=scope,
            at=deps.clock(),
        )
        if seen is not None:
            seen.require(was)
        await _require_merchants(tx, user.scope)
        await _record(tx, actor, await _save(tx, was=was, now=user))
    _remember(deps, username, password_hash, password)
    return user


async def change_own_password(
    deps: Deps, actor: Actor, *, password: str, new_password: str
) -> None:
    """Whoever knows the password sets another one, and is logged out everywhere.

    Raises TooManyLogins, and Unusable for a wrong password, a weak new one and the environment's
    administrator.
    """
    given = await find_right_hash(deps, actor, password)
    if given is None:
        raise _wrong_password()
    if weakness := find_weakness(new_password, actor.username):
        raise Unusable(FieldError("/new_password", weakness))
    await change(deps, actor, actor.username, password=new_password, given_hash=given)


async def read(deps: Deps, username: str) -> User:
    async with deps.db.connection() as tx:
        return await store.get_user(tx, username)


async def read_page(deps: Deps, asked: ListQuery, *, after: str | None, limit: int) -> list[User]:
    async with deps.db.connection() as tx:
        return await store.list_users(tx, asked, after=after, limit=limit)


async def _require_merchants(tx: Tx, scope: Scope) -> None:
    wanted = scope.parameter or []
    if len(await list_names(tx, wanted)) != len(wanted):
        why = "names a merchant that does not exist"
        raise Unusable(FieldError("/merchant_ids", why, "其中有商户不存在"))


async def _invite(tx: Tx, actor: Actor, username: str, now: datetime) -> Invitation:
    invitation = Invitation(username, new_token(), now + GOOD_FOR)
    await invitations.put_invitation(
        tx, username, token_digest(invitation.token), now=now, expires_at=invitation.expires_at
    )
    await record_action(
        tx, actor, "user.invited", at=now, entity_id=username,
        after={"expires_at": invitation.expires_at.isoformat()},
    )  # fmt: skip
    return invitation


async def _add(tx: Tx, actor: Actor, user: User) -> bool:
    """Whether nobody had the name."""
    is_new = await store.add_user(tx, user)
    if is_new:
        await record_action(
            tx, actor, "user.created", at=user.created_at, entity_id=user.username,
            after=user.recorded(),
        )  # fmt: skip
    return is_new


@dataclass(frozen=True, slots=True)
class _Saved:
    """`revoked`: tokens of theirs, for which nobody answers any more."""

    was: User
    now: User
    revoked: Sequence[ApiToken] = ()


async def _save(tx: Tx, *, was: User, now: User) -> _Saved:
    """Of a user that the caller has locked, and records then."""
    if now is was:
        return _Saved(was, now)
    await store.update_user(tx, now)
    if now.password_hash != was.password_hash or now.disabled_at is not None:
        await end_sessions_of(tx, now.username)
        await invitations.withdraw_invitation(tx, now.username)
    if now.disabled_at is None and now.role in MAKERS:
        return _Saved(was, now)
    return _Saved(was, now, await revoke_tokens_of(tx, now.username, now.updated_at))


async def _record(tx: Tx, actor: Actor, saved: _Saved) -> None:
    was, now = saved.was, saved.now
    if now is was:
        return
    for token in saved.revoked:
        await record_action(
            tx, actor, "token.revoked", at=now.updated_at, entity_id=token.token_id,
            after=token.recorded(),
        )  # fmt: skip
    has_new_password = now.password_hash != was.password_hash
    after = now.recorded() | ({"password": "changed"} if has_new_password else {})
    await record_action(
        tx, actor, "user.updated", at=now.updated_at, entity_id=now.username,
        before=was.recorded(), after=after,
    )  # fmt: skip


async def _hash(deps: Deps, username: str, password: str) -> str:
    """Raises Unusable for a weak one."""
    if weakness := find_weakness(password, username):
        raise Unusable(FieldError("/password", weakness))
    return await _new_hash(deps, password)


async def _new_hash(deps: Deps, password: str) -> str:
    return await deps.checks.hashing.run(Priority.KNOWN, deps.passwords.hash, password)


async def _kept_or_new_hash(deps: Deps, known: User | None, password: str) -> str:
    """The stored one where it is of this very password and made with today's parameters."""
    stored = known.password_hash if known else None
    if stored is not None and deps.passwords.is_current(stored):
        run = deps.checks.hashing.run
        if await run(Priority.KNOWN, deps.passwords.is_right, stored, password):
            return stored
    return await _new_hash(deps, password)


def _remember(deps: Deps, username: str, password_hash: str | None, password: str | None) -> None:
    """Only what is committed: whoever was refused a password must not come in with it."""
    if password_hash is not None and password is not None:
        deps.checks.recognised.remember(username, password_hash, password)


def _wrong_password() -> Unusable:
    return Unusable(FieldError("/password", "is wrong", "原密码不正确"))
