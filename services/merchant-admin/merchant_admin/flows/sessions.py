"""Sessions of people: log in, be known, log out."""

from merchant_admin.domain import guessing
from merchant_admin.domain import sessions as rules
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import NotLoggedIn
from merchant_admin.domain.guessing import Attempt
from merchant_admin.domain.sessions import NewSession, Session
from merchant_admin.flows.checking import find_right_hash
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_action
from merchant_admin.store import guessing as attempts
from merchant_admin.store import sessions as store


async def log_in(deps: Deps, actor: Actor, password: str) -> NewSession:
    """A session for the right password; `actor.username` is the name that was given.

    Raises NotLoggedIn, TooManyLogins, Overloaded.
    """
    stored = await find_right_hash(deps, actor, password)
    if stored is None:
        raise _refused()
    now = deps.clock()
    session = NewSession(actor.username, rules.new_token(), now + deps.sessions.lifetime)
    digest, *_ = rules.token_digests(deps.session_keys, session.access_token)
    async with deps.db.transaction() as tx:
        if not await store.add_session(
            tx, digest, session, password_hash=stored, ip=actor.ip, now=now
        ):
            raise _refused()
        attempt = Attempt.of(deps.session_keys[0], actor.username, actor.ip)
        await attempts.know_address(tx, attempt, now)
        await record_action(
            tx, actor, "session.created", at=now, entity_id=session.username,
            after={"expires_at": session.expires_at.isoformat()},
        )  # fmt: skip
    return session


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


async def forget_expired(deps: Deps) -> None:
    """Remove sessions, wrong passwords and addresses that mean nothing any more."""
    now = deps.clock()
    async with deps.db.transaction() as tx:
        await store.forget_ended(tx, now=now, idle_since=now - deps.sessions.idle_limit)
        await attempts.forget_old(
            tx,
            failures_before=now - guessing.WINDOW,
            addresses_before=now - guessing.KNOWN_FOR,
        )


def _refused() -> NotLoggedIn:
    return NotLoggedIn("The name or the password is wrong.")
