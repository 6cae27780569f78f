"""Sessions of people: log in, be known, log out."""

from typing import Final

from merchant_admin.domain import guessing
from merchant_admin.domain import sessions as rules
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import NoSuch, NotLoggedIn
from merchant_admin.domain.guessing import Guess
from merchant_admin.domain.sessions import NewSession, OpenSession, Session
from merchant_admin.flows import second_factors
from merchant_admin.flows.checking import find_right_hash
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_action
from merchant_admin.store import guessing as guesses
from merchant_admin.store import invitations
from merchant_admin.store import sessions as store

MAX_LISTED: Final = 100
"""More than anybody has open; the newest are shown."""


async def log_in(
    deps: Deps, actor: Actor, password: str, totp: str | None = None, *, is_browser: bool = False
) -> NewSession:
    """A session for the right password and, of whoever has a second factor, its code;
    `actor.username` is the name that was given. `is_browser`: its token is good as a cookie only.

    Raises NotLoggedIn, TotpRequired, TooManyLogins, Overloaded.
    """
    stored = await find_right_hash(deps, actor, password)
    if stored is None:
        raise _refused()
    await second_factors.require(deps, actor, totp)
    return await _begin(deps, actor, stored, is_browser=is_browser)


async def check_password(deps: Deps, actor: Actor, password: str) -> str:
    """A ticket for `log_in_with_ticket`. Raises NotLoggedIn, TooManyLogins, Overloaded."""
    stored = await find_right_hash(deps, actor, password)
    if stored is None:
        raise _refused()
    until = deps.clock() + rules.TICKET_GOOD_FOR
    return rules.new_ticket(deps.session_keys[0], actor.username, stored, until)


async def log_in_with_ticket(deps: Deps, actor: Actor, ticket: str, totp: str | None) -> NewSession:
    """As `log_in` of a browser, for whoever gave the right password a moment ago."""
    async with deps.db.connection() as tx:
        stored = await guesses.find_password_hash(tx, actor.username)
    known = stored is not None and rules.is_ticket(
        deps.session_keys, actor.username, stored, ticket, deps.clock()
    )
    if stored is None or not known:
        raise _refused()
    await second_factors.require(deps, actor, totp)
    return await _begin(deps, actor, stored, is_browser=True)


async def reauthenticate(
    deps: Deps, actor: Actor, token: str, password: str, totp: str | None
) -> None:
    """They prove again who they are. Raises as `log_in` does."""
    if await find_right_hash(deps, actor, password) is None:
        raise _refused()
    await second_factors.require(deps, actor, totp)
    now = deps.clock()
    async with deps.db.transaction() as tx:
        await store.authenticate_session(tx, rules.token_digests(deps.session_keys, token), now)
        await record_action(
            tx, actor, "session.reauthenticated", at=now, entity_id=actor.username, after={}
        )


async def find(deps: Deps, token: str) -> Session | None:
    """Whose session it is; used now, it goes on for another while."""
    now = deps.clock()
    digests = rules.token_digests(deps.session_keys, token)
    async with deps.db.connection() as tx:
        session = await store.find_session(
            tx, digests, now=now, idle_since=now - deps.sessions.idle_limit
        )
        if session is not None and session.seen_at <= now - rules.SEEN_EVERY:
            await store.see_session(tx, digests, now)
    return session


async def log_out(deps: Deps, actor: Actor, token: str) -> None:
    async with deps.db.transaction() as tx:
        await store.end_session(tx, rules.token_digests(deps.session_keys, token))
        await record_action(
            tx, actor, "session.ended", at=deps.clock(), entity_id=actor.username, after={}
        )


async def read_open(deps: Deps, username: str) -> list[OpenSession]:
    """The sessions of this user, the newest first."""
    now = deps.clock()
    async with deps.db.connection() as tx:
        return await store.list_sessions(
            tx, username, now=now, idle_since=now - deps.sessions.idle_limit, limit=MAX_LISTED
        )


async def end(deps: Deps, actor: Actor, username: str, session_id: str) -> None:
    """End one session of this user. Raises NoSuch."""
    async with deps.db.transaction() as tx:
        if not await store.end_session_by_id(tx, username, session_id):
            raise NoSuch("session")
        await record_action(
            tx, actor, "session.ended", at=deps.clock(), entity_id=username,
            after={"session_id": session_id},
        )  # fmt: skip


async def end_all(deps: Deps, actor: Actor, username: str) -> None:
    """Log this user out everywhere."""
    async with deps.db.transaction() as tx:
        await store.end_sessions_of(tx, username)
        await record_action(
            tx, actor, "session.ended", at=deps.clock(), entity_id=username, after={"all": True}
        )


async def forget_expired(deps: Deps) -> None:
    """Remove sessions, invitations, wrong passwords and addresses that mean nothing any more."""
    now = deps.clock()
    async with deps.db.transaction() as tx:
        await store.forget_ended(tx, now=now, idle_since=now - deps.sessions.idle_limit)
        await invitations.forget_expired(tx, now)
        await guesses.forget_old(
            tx,
            failures_before=now - guessing.WINDOW,
            addresses_before=now - guessing.KNOWN_FOR,
        )


async def _begin(deps: Deps, actor: Actor, password_hash: str, *, is_browser: bool) -> NewSession:
    now = deps.clock()
    token = rules.new_token(is_browser=is_browser)
    session = NewSession(actor.username, token, now + deps.sessions.lifetime)
    digest, *_ = rules.token_digests(deps.session_keys, session.access_token)
    async with deps.db.transaction() as tx:
        if not await store.add_session(
            tx, digest, session, password_hash=password_hash, ip=actor.ip, now=now,
            user_agent=actor.user_agent,
        ):  # fmt: skip
            raise _refused()
        guess = Guess.of(deps.session_keys[0], actor.username, actor.ip)
        await guesses.know_address(tx, guess, now)
        await record_action(
            tx, actor, "session.created", at=now, entity_id=session.username,
            after={"expires_at": session.expires_at.isoformat()},
        )  # fmt: skip
    return session


def _refused() -> NotLoggedIn:
    return NotLoggedIn("The name or the password is wrong.")
