"""What could not be read or applied is kept, looked at by people and, when its reason is gone,
tried again."""

import base64
from collections.abc import Sequence
from typing import Final

import structlog

from chassis.consumer import DeadRecord, Record
from chassis.database import is_passing
from contracts.events.alerts import Alert, record_unproven
from contracts.events.orders import SOURCE
from contracts.events.results import PaymentWord, RefundResult, SplitResult
from contracts.internal import DeadLetterPage, DeadLetterView
from foundation.dead_letters import keep as keep_dead_letters
from foundation.record_proof import is_unproven
from trade_core.domain import operator_alerts
from trade_core.domain.operator_errors import DeadLetterNotFound, VersionChanged
from trade_core.flows.apply_results import (
    Refused,
    apply_payment_results,
    apply_refund_results,
    apply_split_results,
    decode,
)
from trade_core.flows.deps import Deps
from trade_core.store import dead_letters
from trade_core.store.dead_letters import POISON, DeadLetter, Wanted

log = structlog.get_logger()

MAX_BYTES_SHOWN: Final = 4_096
"""Several times what a result takes."""

MAX_ERROR_CHARS: Final = 2_000
NEWEST: Final = 2**63 - 1


async def keep(deps: Deps, records: Sequence[DeadRecord]) -> None:
    """They could not be read or applied: kept as they came, and people hear of it."""
    async with deps.db.transaction() as tx:
        await keep_dead_letters(tx, records, map(_alert, records), source=SOURCE, at=deps.clock())
    deps.wake_relay()


def _alert(dead: DeadRecord) -> Alert:
    """A forger's records are one alert, whatever keys they make up."""
    if is_unproven(dead):
        return record_unproven("trade-core", dead.record.topic, dead.error)
    return operator_alerts.dead_result(dead.record.key or "unknown", dead.error)


async def list_letters(deps: Deps, wanted: Wanted, after: int | None, limit: int) -> DeadLetterPage:
    """The newest first; `after` is the id of the last one that was seen."""
    async with deps.db.connection() as tx:
        found = await dead_letters.list_page(tx, wanted, before=after or NEWEST, limit=limit + 1)
    page = found[:limit]
    return DeadLetterPage(
        items=[_view(letter) for letter in page],
        next_cursor=str(page[-1].id) if len(found) > limit else None,
    )


async def replay(deps: Deps, letter_id: int, version: int) -> DeadLetterView:
    """Read and apply it as if it came now; what still cannot be applied stays, with the new error.

    One that was applied is left alone, also where two people try it at once. `version` is that
    which the person saw. Raises DeadLetterNotFound, VersionChanged.
    """
    letter = await _get(deps, letter_id)
    if letter.replayed_at is not None:
        return _view(letter)
    if letter.tries != version:
        raise VersionChanged(letter.tries)
    error = await _try_again(deps, letter.record)
    async with deps.db.transaction() as tx:
        await dead_letters.note_try(tx, letter_id, error=error, at=deps.clock())
    log.info("dead_letter.replayed", id=letter_id, key=letter.record.key, error=error)
    return _view(await _get(deps, letter_id))


async def _get(deps: Deps, letter_id: int) -> DeadLetter:
    async with deps.db.connection() as tx:
        letter = await dead_letters.find(tx, letter_id)
    if letter is None:
        raise DeadLetterNotFound(letter_id)
    return letter


async def _try_again(deps: Deps, record: Record) -> str | None:
    """Why it still cannot be applied; None: it is applied."""
    try:
        refused = await _apply(deps, record)
    except POISON as error:
        if is_passing(error):
            raise
        return repr(error)[:MAX_ERROR_CHARS]
    return refused[0].error if refused else None


async def _apply(deps: Deps, record: Record) -> Refused:
    received = decode(deps, record)
    match received.event.data:
        case PaymentWord():
            return await apply_payment_results(deps, [received])
        case RefundResult():
            return await apply_refund_results(deps, [received])
        case SplitResult():
            return await apply_split_results(deps, [received])


def _view(letter: DeadLetter) -> DeadLetterView:
    record = letter.record
    return DeadLetterView(
        id=letter.id,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        headers=record.headers,
        value_base64=base64.b64encode(record.value[:MAX_BYTES_SHOWN]).decode(),
        is_cut=len(record.value) > MAX_BYTES_SHOWN,
        error=letter.error,
        parked_at=letter.parked_at,
        tries=letter.tries,
        replayed_at=letter.replayed_at,
        version=letter.tries,
    )
