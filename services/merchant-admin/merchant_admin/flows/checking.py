"""Whether a password is right, and what wrong ones lead to.

Right passwords never count, and strangers must not keep their owners out: see `Standing` for who is
looked at, and `Hashing` for the order. What this process remembers only saves the hashing: what is
stored now decides. A name that nobody has is answered without hashing, after
about the time that it would have taken.
"""

from collections.abc import Callable
from functools import partial

import structlog

from chassis.problems import Overloaded
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import TooManyLogins
from merchant_admin.domain.guessing import Guess, Priority, Standing
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.hashing import MAX_REMEMBERED, Patience
from merchant_admin.flows.recording import record_action
from merchant_admin.store import guessing as store

log = structlog.get_logger()


async def find_right_hash(deps: Deps, actor: Actor, password: str) -> str | None:
    """The stored hash that this is the password of; None for a wrong one and for a name that
    nobody has. `actor.username` is the name that was given.

    Raises TooManyLogins for an address that guessed too often, and Overloaded.
    """
    guess = Guess.of(deps.session_keys[0], actor.username, actor.ip)
    _require_open(deps, guess)
    recognised = deps.checks.recognised.find(actor.username, password)
    if recognised is not None and await _find_stored(deps, actor.username) == recognised:
        return recognised
    patience = Patience()
    async with patience.waiting(), deps.checks.guesses, deps.db.connection() as tx:
        stored = await store.find_password_hash(tx, actor.username)
        standing = await store.get_standing(tx, guess, deps.clock())
    priority = standing.priority
    if priority is None:
        raise _too_many(deps, standing)
    if stored is None:
        await deps.checks.hashing.pretend()
    elif await _is_right(
        deps, standing, partial(deps.passwords.is_right, stored, password), priority, patience
    ):
        deps.checks.recognised.remember(actor.username, stored, password)
        return stored
    await _count(deps, actor, standing, is_user=stored is not None)
    if priority is Priority.LAST:
        raise _too_many(deps, standing)
    return None


async def _find_stored(deps: Deps, username: str) -> str | None:
    async with deps.db.connection() as tx:
        return await store.find_password_hash(tx, username)


async def _is_right(
    deps: Deps,
    standing: Standing,
    look: Callable[[], bool],
    priority: Priority,
    patience: Patience,
) -> bool:
    try:
        return await deps.checks.hashing.run(priority, look, patience=patience)
    except Overloaded:
        if priority is Priority.LAST:
            raise _too_many(deps, standing) from None
        raise


def _require_open(deps: Deps, guess: Guess) -> None:
    """What was found shut a moment ago costs nothing more."""
    now = deps.clock().timestamp()
    until = deps.checks.shut.get(guess.address, 0.0)
    if until > now:
        raise TooManyLogins(max(1, round(until - now)))
    deps.checks.shut.pop(guess.address, None)


def _too_many(deps: Deps, standing: Standing) -> TooManyLogins:
    now = deps.clock()
    ends_at = standing.ends_at(now)
    if standing.is_shut:
        shut = deps.checks.shut
        shut[standing.guess.address] = ends_at.timestamp()
        if len(shut) > MAX_REMEMBERED:
            shut.popitem(last=False)
    return TooManyLogins(max(1, round((ends_at - now).total_seconds())))


async def _count(deps: Deps, actor: Actor, standing: Standing, *, is_user: bool) -> None:
    """Also in the audit, by the name of the user that was tried, if there is one."""
    log.warning("login.refused", ip=actor.ip)
    if not standing.is_worth_counting and (standing.priority is Priority.LAST or not is_user):
        return
    stranger = Actor(username="", ip=actor.ip, request_id=actor.request_id)
    now = deps.clock()
    async with deps.checks.guesses, deps.db.transaction() as tx:
        await store.count_failure(tx, standing.guess, now)
        await record_action(
            tx, stranger, "session.refused", at=now,
            entity_id=actor.username if is_user else "", after={},
        )  # fmt: skip
