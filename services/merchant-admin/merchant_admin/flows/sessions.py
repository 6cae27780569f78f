"""Sessions of people: log in, be known, log out."""

import asyncio

import structlog

from merchant_admin.domain import sessions as rules
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import NotLoggedIn, TooManyLogins
from merchant_admin.domain.sessions import NewSession, Session
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_action
from merchant_admin.store import sessions as store

log = structlog.get_logger()


async def log_in(deps: Deps, actor: Actor, password: str) -> NewSession:
    """A session for the right password; `actor.username` is the name that was given.

    A wrong name takes as long as a wrong password. Raises NotLoggedIn, TooManyLogins, Overloaded.
    """
    now = deps.clock()
    subject = await count_attempt(deps, actor)
    async with deps.db.connection() as tx:
        stored = await store.find_password_hash(tx, actor.username)
    with deps.hashing:
        is_right = await asyncio.to_thread(deps.passwords.is_right, stored, password)
    if stored is None or not is_right:
        raise _refused(actor)
    session = NewSession(actor.username, rules.new_token(), now + rules.LIFETIME)
    digest = rules.token_digest(deps.session_key, session.access_token)
    async with deps.db.transaction() as tx:
        if not await store.add_session(
            tx, digest, session, password_hash=stored, ip=actor.ip, now=now
        ):
            raise _refused(actor)
        await store.forget_failures(tx, subject)
        await record_action(
            tx, actor, "session.created", at=now, entity_id=session.username,
            after={"expires_at": session.expires_at.isoformat()},
        )  # fmt: skip
    return session


async def find(deps: Deps, token: str) -> Session | None:
    digest = rules.token_digest(deps.session_key, token)
    async with deps.db.connection() as tx:
        return await store.find_session(tx, digest, deps.clock())


async def log_out(deps: Deps, actor: Actor, token: str) -> None:
    async with deps.db.transaction() as tx:
        await store.end_session(tx, rules.token_digest(deps.session_key, token))
        await record_action(
            tx, actor, "session.ended", at=deps.clock(), entity_id=actor.username, after={}
        )


async def count_attempt(deps: Deps, actor: Actor) -> bytes:
    """Count that a password is tried, and tell under what. Raises TooManyLogins.

    Before the password is looked at, so that many attempts at once cannot slip through.
    """
    now = deps.clock()
    subject = rules.failure_subject(deps.session_key, actor.username, actor.ip)
    async with deps.db.transaction() as tx:
        attempts = await store.count_attempt(
            tx, subject, now=now, window_start=now - rules.FAILURE_WINDOW
        )
    if attempts.count > rules.MAX_FAILURES:
        left = attempts.first_at + rules.FAILURE_WINDOW - now
        raise TooManyLogins(max(1, round(left.total_seconds())))
    return subject


async def forget_expired(deps: Deps) -> None:
    """Remove sessions and failure counts that mean nothing any more."""
    now = deps.clock()
    async with deps.db.transaction() as tx:
        await store.forget_expired(tx, now=now, window_start=now - rules.FAILURE_WINDOW)


def _refused(actor: Actor) -> NotLoggedIn:
    log.warning("login.refused", ip=actor.ip)
    return NotLoggedIn("The name or the password is wrong.")
