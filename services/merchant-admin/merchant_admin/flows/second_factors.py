"""Second factors: set up with an authenticator app, asked for when logging in, taken away."""

from dataclasses import replace
from enum import Enum, auto
from typing import Final

from chassis.database import Tx
from chassis.problems import FieldError
from merchant_admin.domain import second_factor as rules
from merchant_admin.domain.at_rest import encrypted, find_decrypted
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import NoSuch, TooManyLogins, TotpRequired, Unusable
from merchant_admin.domain.guessing import WINDOW, second_factor_subject
from merchant_admin.domain.second_factor import Enrolment
from merchant_admin.domain.sessions import token_digests
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_action
from merchant_admin.store import guessing, sessions
from merchant_admin.store import second_factors as store
from merchant_admin.store.second_factors import StoredFactor

PAGE: Final = 100


async def begin(deps: Deps, actor: Actor) -> Enrolment:
    """A new secret, which counts when a code of it was given; one from before counts till then."""
    enrolment = Enrolment.of(rules.new_secret(), actor.username)
    sealed = encrypted(deps.session_keys, enrolment.secret, context=actor.username)
    async with deps.db.transaction() as tx:
        await store.set_pending(tx, actor.username, sealed)
        await record_action(
            tx, actor, "totp.begun", at=deps.clock(), entity_id=actor.username, after={}
        )
    return enrolment


async def read_pending(deps: Deps, username: str) -> Enrolment:
    """What is being set up. Raises NoSuch."""
    async with deps.db.connection() as tx:
        factor = await store.find_factor(tx, username)
    if factor is None or factor.pending_sealed is None:
        raise NoSuch("second factor that is being set up")
    secret = find_decrypted(deps.session_keys, factor.pending_sealed, context=username)
    if secret is None:
        raise NoSuch("second factor that is being set up")
    return Enrolment.of(secret, username)


async def confirm(deps: Deps, actor: Actor, token: str, code: str) -> tuple[str, ...]:
    """From now on it is asked for; what is answered are the recovery codes, never shown again.
    Ends all sessions of theirs but this one.

    Raises NoSuch, Unusable for a wrong code, TooManyLogins.
    """
    now, username = deps.clock(), actor.username
    await _count(deps, username)
    codes = rules.new_recovery_codes()
    async with deps.db.transaction() as tx:
        factor = await store.find_factor(tx, username, lock=True)
        if factor is None or factor.pending_sealed is None:
            raise NoSuch("second factor that is being set up")
        step = _find_step(deps, username, factor.pending_sealed, code)
        if step is None or not await store.confirm(
            tx, username, factor.pending_sealed, step=step, at=now
        ):
            raise Unusable(FieldError("/totp", "is not the code of this moment"))
        await _put_codes(tx, username, codes)
        await sessions.end_other_sessions(tx, username, token_digests(deps.session_keys, token))
        await guessing.forget_failures(tx, _subject(deps, username))
        await record_action(tx, actor, "totp.enrolled", at=now, entity_id=username, after={})
    return codes


async def renew_recovery_codes(deps: Deps, actor: Actor) -> tuple[str, ...]:
    """Ten others; those that were left are gone. Raises NoSuch where there is no second factor."""
    codes = rules.new_recovery_codes()
    async with deps.db.transaction() as tx:
        factor = await store.find_factor(tx, actor.username, lock=True)
        if factor is None or factor.secret_sealed is None:
            raise NoSuch("second factor")
        await _put_codes(tx, actor.username, codes)
        await record_action(
            tx, actor, "totp.recovery_codes_renewed", at=deps.clock(),
            entity_id=actor.username, after={},
        )  # fmt: skip
    return codes


async def remove(deps: Deps, actor: Actor, username: str) -> None:
    """Take it away, one's own or, of a lost phone, another's, whose sessions end then.

    Raises NoSuch.
    """
    async with deps.db.transaction() as tx:
        if not await store.remove(tx, username):
            raise NoSuch("second factor")
        if username != actor.username:
            await sessions.end_sessions_of(tx, username)
        await record_action(
            tx, actor, "totp.removed", at=deps.clock(), entity_id=username, after={}
        )


async def count_recovery_codes(deps: Deps, username: str) -> int | None:
    """How many are left; None where there is no second factor."""
    async with deps.db.connection() as tx:
        factor = await store.find_factor(tx, username)
        if factor is None or factor.secret_sealed is None:
            return None
        return await store.count_codes(tx, username)


async def require(deps: Deps, actor: Actor, code: str | None) -> None:
    """Take the code of the user's authenticator, or a recovery code, if they have such a thing.

    Every code is taken once. Raises TotpRequired, TooManyLogins.
    """
    username = actor.username
    async with deps.db.connection() as tx:
        factor = await store.find_factor(tx, username)
    if factor is None or factor.secret_sealed is None:
        return
    if not code:
        raise TotpRequired
    await _count(deps, username)
    async with deps.db.transaction() as tx:
        taken = await _take(deps, tx, username, factor.secret_sealed, code.strip())
        is_right = taken is not None
        if taken is not None:
            await guessing.forget_failures(tx, _subject(deps, username))
            if taken is _Code.RECOVERY:
                left = await store.count_codes(tx, username)
                await record_action(
                    tx, actor, "totp.recovery_code_used", at=deps.clock(), entity_id=username,
                    after={"left": left},
                )  # fmt: skip
        else:
            stranger = replace(actor, username="")
            await record_action(
                tx, stranger, "session.refused", at=deps.clock(), entity_id=username,
                after={"second_factor": "wrong"},
            )  # fmt: skip
    if not is_right:
        raise TotpRequired(was_wrong=True)


async def encrypt_anew(deps: Deps) -> None:
    """What is encrypted with an older key, with the first: then the older can be withdrawn."""
    if len(deps.session_keys) == 1:
        return
    after = ""
    while True:
        async with deps.db.transaction() as tx:
            page = await store.list_locked(tx, after=after, limit=PAGE)
            for factor in page:
                anew = _anew(deps, factor)
                if anew != factor:
                    await store.replace_sealed(tx, anew)
        if len(page) < PAGE:
            return
        after = page[-1].username


class _Code(Enum):
    AUTHENTICATOR = auto()
    RECOVERY = auto()


async def _take(deps: Deps, tx: Tx, username: str, sealed: bytes, code: str) -> _Code | None:
    """Which kind it was; None for a wrong one."""
    step = _find_step(deps, username, sealed, code)
    if step is not None:
        is_taken = await store.take_step(tx, username, step, sealed)
        return _Code.AUTHENTICATOR if is_taken else None
    is_taken = await store.take_code(tx, username, rules.recovery_digest(username, code))
    return _Code.RECOVERY if is_taken else None


def _find_step(deps: Deps, username: str, sealed: bytes, code: str) -> int | None:
    """None also for a secret whose key is gone: its owner still has the recovery codes."""
    secret = find_decrypted(deps.session_keys, sealed, context=username)
    return None if secret is None else rules.find_step(secret, code, deps.clock())


async def _count(deps: Deps, username: str) -> None:
    """Before the code is looked at, so that many at once are not looked at either."""
    now = deps.clock()
    async with deps.db.transaction() as tx:
        tried = await guessing.count_one(tx, _subject(deps, username), now)
    if tried.count > rules.MAX_GUESSES:
        raise TooManyLogins(max(1, round((tried.first_at + WINDOW - now).total_seconds())))


async def _put_codes(tx: Tx, username: str, codes: tuple[str, ...]) -> None:
    await store.replace_codes(tx, username, [rules.recovery_digest(username, it) for it in codes])


def _anew(deps: Deps, factor: StoredFactor) -> StoredFactor:
    return replace(
        factor,
        secret_sealed=_encrypted_anew(deps, factor.username, factor.secret_sealed),
        pending_sealed=_encrypted_anew(deps, factor.username, factor.pending_sealed),
    )


def _encrypted_anew(deps: Deps, username: str, sealed: bytes | None) -> bytes | None:
    first, *older = deps.session_keys
    if sealed is None or find_decrypted([first], sealed, context=username) is not None:
        return sealed
    secret = find_decrypted(older, sealed, context=username)
    return sealed if secret is None else encrypted([first], secret, context=username)


def _subject(deps: Deps, username: str) -> bytes:
    return second_factor_subject(deps.session_keys[0], username)
