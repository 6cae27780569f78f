"""Merchants and channel accounts from a file: everything is looked at first, and nothing is made;
then all of it at once, or nothing.

An import is idempotent by reference and identity: what is there already is left alone.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from chassis.database import Tx
from chassis.problems import Problem
from contracts.identifiers import new_id
from contracts.words import Words
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.errors import ImportIsOld
from merchant_admin.domain.four_eyes import FourEyes
from merchant_admin.domain.import_rows import CHANNEL, NAME, ImportRow, faults_of
from merchant_admin.flows import channel_accounts, channels, merchants, preparing
from merchant_admin.flows.channels import Channel
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.preparing import Prepared
from merchant_admin.flows.recording import record_action
from merchant_admin.store import imports as store
from merchant_admin.store.merchants import list_four_eyes

AT_ONCE: Final = 2
"""Credentials that the gateway checks at a time: each costs it 50 ms."""

KEPT_FOR: Final = timedelta(hours=1)

Identity = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class RowFault:
    number: int
    column: str
    words: Words


@dataclass(frozen=True, slots=True)
class DryRun:
    """`batch_id`: with which it may be applied; None where a row has a fault. `merchants` and
    `accounts` would be made; `there` rows are there already."""

    batch_id: str | None
    rows: int
    merchants: int
    accounts: int
    there: int
    faults: list[RowFault]


@dataclass(frozen=True, slots=True)
class Applied:
    merchants: int
    accounts: int


@dataclass(frozen=True, slots=True)
class _Checked:
    row: ImportRow
    prepared: Prepared | None
    faults: list[RowFault]


async def check(deps: Deps, actor: Actor, rows: Sequence[ImportRow]) -> DryRun:
    """Look at every row, and keep what was found, with credentials sealed. Raises Overloaded."""
    known = await channels.read_all(deps)
    names: dict[str, str] = {}
    for row in rows:
        names.setdefault(row.reference, row.merchant_name)
    places = asyncio.Semaphore(AT_ONCE)

    async def looked_at(row: ImportRow) -> _Checked:
        async with places:
            return await _checked(deps, row, names, known)

    checked = await asyncio.gather(*(looked_at(row) for row in rows))
    async with deps.db.connection() as tx:
        there = await store.list_known(tx, list(names))
        merchant_ids = [each.merchant_id for each in there.values()]
        used = await store.list_identities(tx, merchant_ids)
        four_eyes = await list_four_eyes(tx, merchant_ids)
    fresh = [
        each
        for each in checked
        if each.prepared and not _is_there(each.row, each.prepared, there, used)
    ]
    faults = [fault for each in checked for fault in each.faults]
    faults += _other_names(rows, there) + _doubled(checked) + _waiting(fresh, there, four_eyes)
    batch_id = None if faults else await _keep(deps, actor, rows, fresh)
    new = set(names) - set(there)
    return DryRun(
        batch_id=batch_id,
        rows=len(rows),
        merchants=len(new),
        accounts=len(fresh),
        there=sum(each.prepared is not None for each in checked) - len(fresh),
        faults=sorted(faults, key=lambda fault: fault.number),
    )


async def apply(deps: Deps, actor: Actor, batch_id: str) -> Applied:
    """Make all of it, in one transaction; the second time nothing is made.

    Raises NoSuch for another person's or an old one, ImportIsOld where a merchant or an account
    of it was made by somebody else meanwhile.
    """
    now = deps.clock()
    async with deps.db.transaction() as tx:
        rows, is_applied = await store.get_batch_locked(
            tx, batch_id, actor.username, not_before=now - KEPT_FOR
        )
        if is_applied:
            return Applied(0, 0)
        made = await _made(tx, actor, rows, now)
        await store.set_applied(tx, batch_id, now)
        await record_action(
            tx, actor, "import.applied", at=now, entity_id=batch_id, after=asdict(made)
        )
    deps.wake()
    return made


async def forget_old(deps: Deps) -> None:
    """Drop what nobody applied within the hour; sealed or not, credentials are not kept about."""
    async with deps.db.transaction() as tx:
        await store.forget_batches(tx, deps.clock() - KEPT_FOR)


async def _made(tx: Tx, actor: Actor, rows: Sequence[Any], now: datetime) -> Applied:
    known = await store.list_known(tx, [row["reference"] for row in rows])
    ids = {reference: each.merchant_id for reference, each in known.items()}
    await store.lock_merchants(tx, list(ids.values()))
    used = await store.list_identities(tx, list(ids.values()))
    before, accounts = len(ids), 0
    for row in rows:
        reference = row["reference"]
        if reference not in ids:
            merchant = await merchants.add(tx, actor, row["merchant_name"], at=now)
            if not await store.add_reference(tx, reference, merchant.merchant_id):
                raise ImportIsOld
            ids[reference] = merchant.merchant_id
        elif reference in known and known[reference].name != row["merchant_name"]:
            raise ImportIsOld
        if (kept := row["account"]) is not None:
            prepared = Prepared(**{**kept, "at": now})
            if (ids[reference], prepared.channel, _identity(prepared)) in used:
                raise ImportIsOld
            await channel_accounts.add(
                tx, actor, prepared, merchant_id=ids[reference], name=row["account_name"]
            )
            accounts += 1
    return Applied(len(ids) - before, accounts)


async def _checked(
    deps: Deps, row: ImportRow, names: dict[str, str], known: dict[str, Channel]
) -> _Checked:
    faults = [RowFault(row.number, column, words) for column, words in faults_of(row, names)]
    if not row.channel or faults:
        return _Checked(row, None, faults)
    channel = known.get(row.channel)
    if channel is None:
        words = Words("不是本中心的渠道", "is not a channel of this centre")
        return _Checked(row, None, [RowFault(row.number, CHANNEL, words)])
    if unclear := channel.form.unclear(row.cells):
        words = Words("须为 是 或 否", "must be yes or no")
        return _Checked(row, None, [RowFault(row.number, column, words) for column in unclear])
    try:
        prepared = await preparing.prepare(
            deps, channel=row.channel, credentials=channel.form.typed(row.cells)
        )
    except Problem as refusal:
        if not refusal.errors:
            raise
        return _Checked(row, None, [_fault(row, error) for error in refusal.errors])
    return _Checked(row, prepared, [])


def _fault(row: ImportRow, error: Any) -> RowFault:
    column = error.pointer.removeprefix("/credentials").removeprefix("/")
    return RowFault(row.number, column, Words(error.message_zh or error.message, error.message))


def _other_names(rows: Sequence[ImportRow], there: dict[str, store.Known]) -> list[RowFault]:
    words = Words("此编号已登记为另一个名称的商户", "this reference is a merchant of another name")
    return [
        RowFault(row.number, NAME, words)
        for row in rows
        if row.reference in there and there[row.reference].name != row.merchant_name
    ]


def _doubled(checked: Sequence[_Checked]) -> list[RowFault]:
    """An account that stands in the file twice for one merchant."""
    words = Words("与前面某行是同一个渠道账户", "is the account of an earlier row")
    seen: set[tuple[str, str, Identity]] = set()
    faults = []
    for each in checked:
        if each.prepared is None:
            continue
        account = (each.row.reference, each.row.channel, _identity(each.prepared))
        if account in seen:
            faults.append(RowFault(each.row.number, CHANNEL, words))
        seen.add(account)
    return faults


def _waiting(
    fresh: Sequence[_Checked], there: dict[str, store.Known], four_eyes: Mapping[str, FourEyes]
) -> list[RowFault]:
    """New accounts of merchants whose credentials a second person looks at, one by one."""
    words = Words(
        "该商户的密钥变更须复核，请在渠道账户页单独登记",
        "waits for a second person: register it by itself, on the page of channel accounts",
    )
    held = {merchant_id for merchant_id, wanted in four_eyes.items() if wanted.credentials}
    return [
        RowFault(each.row.number, CHANNEL, words)
        for each in fresh
        if each.row.reference in there and there[each.row.reference].merchant_id in held
    ]


def _is_there(
    row: ImportRow,
    prepared: Prepared,
    there: dict[str, store.Known],
    used: set[tuple[str, str, Identity]],
) -> bool:
    known = there.get(row.reference)
    return known is not None and (known.merchant_id, row.channel, _identity(prepared)) in used


def _identity(prepared: Prepared) -> Identity:
    return frozenset(prepared.identity.items())


async def _keep(
    deps: Deps, actor: Actor, rows: Sequence[ImportRow], fresh: Sequence[_Checked]
) -> str:
    accounts = {each.row.number: each.prepared for each in fresh}
    kept = []
    for row in rows:
        prepared = accounts.get(row.number)
        account = None if prepared is None else {**asdict(prepared), "at": None}
        kept.append(
            {
                "reference": row.reference,
                "merchant_name": row.merchant_name,
                "account_name": row.account_name or row.channel,
                "account": account,
            }
        )
    batch_id, now = new_id("event"), deps.clock()
    async with deps.db.transaction() as tx:
        await store.add_batch(tx, batch_id, actor.username, kept, now)
    return batch_id
