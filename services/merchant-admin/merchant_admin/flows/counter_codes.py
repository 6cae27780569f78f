"""Fixed counter codes (固定收款码): a merchant puts one up, payers begin there by themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from chassis.problems import FieldError
from contracts.api import PaymentView
from contracts.events.configuration import State
from contracts.identifiers import new_id
from contracts.internal import PointAddress
from foundation.money_text import BEIJING
from merchant_admin.domain.audit import Actor
from merchant_admin.domain.entities import CounterCode, ListedCode, Received, advanced
from merchant_admin.domain.errors import MadeOtherwise, NoSuch, Unusable
from merchant_admin.domain.list_query import ListQuery
from merchant_admin.domain.scope import Scope
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_change
from merchant_admin.store import counter_codes as store
from merchant_admin.store.apps import get_app
from merchant_admin.store.merchants import get_merchant

NOTHING: Final = Received(payments=0, amount=0)


@dataclass(frozen=True, slots=True)
class ShownCode:
    """With the address that is printed, and what was paid there today."""

    code: CounterCode
    url: str
    received: Received


@dataclass(frozen=True, slots=True)
class BegunAtCode:
    """`note`: what the payer wrote there."""

    code: CounterCode
    note: str | None


async def create(
    deps: Deps, actor: Actor, terms: Mapping[str, Any], *, code_id: str | None = None
) -> ShownCode:
    """Put one up. `code_id`: the number that a form carries, so that sent twice it makes one.
    Raises Unusable with pointers, MadeOtherwise."""
    now = deps.clock()
    code = CounterCode(
        code_id=code_id or new_id("counter_code"),
        state=State.ACTIVE,
        version=1,
        created_at=now,
        updated_at=now,
        **terms,
    )
    _require_sense(code)
    url = await _url(deps, code.code_id)
    async with deps.db.transaction() as tx:
        try:
            await get_merchant(tx, code.merchant_id)
        except NoSuch as error:
            raise Unusable(FieldError("/merchant_id", "is no merchant")) from error
        try:
            app = await get_app(tx, code.app_id)
        except NoSuch as error:
            raise Unusable(FieldError("/app_id", "is no app")) from error
        if code.merchant_id not in app.terms.merchant_ids:
            raise Unusable(FieldError("/app_id", "does not work for this merchant"))
        if not await store.add_code(tx, code):
            there = await store.get_code(tx, code.code_id)
            if any(getattr(there, name) != value for name, value in terms.items()):
                raise MadeOtherwise
            code = there
        else:
            await record_change(tx, actor, "created", was=None, now=code)
    deps.wake()
    return await _shown(deps, code, url)


async def change(deps: Deps, actor: Actor, code_id: str, changes: Mapping[str, Any]) -> ShownCode:
    """Change these fields; where nothing differs nothing is written. Raises NoSuch, Unusable."""
    url = await _url(deps, code_id)
    async with deps.db.transaction() as tx:
        was = await store.get_code(tx, code_id, lock=True)
        code = advanced(was, replace(was, **changes), deps.clock())
        _require_sense(code)
        if code is not was:
            await store.update_code(tx, code)
            await record_change(tx, actor, "updated", was=was, now=code)
    deps.wake()
    return await _shown(deps, code, url)


async def read(deps: Deps, code_id: str, scope: Scope) -> ShownCode:
    """Raises NoSuch."""
    async with deps.db.connection() as tx:
        code = await store.get_code(tx, code_id)
    scope.require(code.merchant_id, "counter code")
    return await _shown(deps, code, await _url(deps, code_id))


async def find_begun(
    deps: Deps, app_id: str, payments: Sequence[PaymentView]
) -> BegunAtCode | None:
    """The code at which a payer began these, of one order; None for those of an app. An app may
    write into its metadata what it likes: only its own code at the same merchant counts."""
    for payment in payments:
        code_id, note = payment.metadata.get("code_id"), payment.metadata.get("note")
        if not isinstance(code_id, str):
            continue
        async with deps.db.connection() as tx:
            code = await store.find_code_of(
                tx, code_id, merchant_id=payment.merchant_id, app_id=app_id
            )
        if code is not None:
            return BegunAtCode(code, note if isinstance(note, str) else None)
    return None


async def read_codes(
    deps: Deps, asked: ListQuery, *, after: str | None, limit: int
) -> list[CounterCode]:
    async with deps.db.connection() as tx:
        return await store.list_codes(tx, asked, after=after, limit=limit)


async def received_today(deps: Deps, codes: Sequence[CounterCode]) -> dict[str, Received]:
    """By code, since the Beijing day began, as far as the read model knows; codes at which nothing
    was paid are left out."""
    now = deps.clock().astimezone(BEIJING)
    morning = now.replace(hour=0, minute=0, second=0, microsecond=0)
    async with deps.reader.connection() as tx:
        return await store.received_since(tx, [code.code_id for code in codes], morning)


async def read_listed(
    deps: Deps, asked: ListQuery, *, after: str | None, limit: int
) -> list[ListedCode]:
    codes = await read_codes(deps, asked, after=after, limit=limit)
    received = await received_today(deps, codes)
    return [ListedCode(code, received.get(code.code_id, NOTHING)) for code in codes]


async def read_page(
    deps: Deps, asked: ListQuery, *, after: str | None, limit: int
) -> list[ShownCode]:
    """Each as `read` has it; the gateway knows the addresses. Raises Forwarded."""
    codes = await read_codes(deps, asked, after=after, limit=limit)
    if not codes:
        return []
    first = codes[0].code_id
    base = (await _url(deps, first)).removesuffix(first)
    received = await received_today(deps, codes)
    return [
        ShownCode(code, base + code.code_id, received.get(code.code_id, NOTHING)) for code in codes
    ]


async def _shown(deps: Deps, code: CounterCode, url: str) -> ShownCode:
    received = await received_today(deps, [code])
    return ShownCode(code, url, received.get(code.code_id, NOTHING))


async def _url(deps: Deps, code_id: str) -> str:
    """The gateway alone knows where our pages are."""
    path = f"/internal/counter-codes/{code_id}/address"
    return (await deps.gateway.get(PointAddress, path)).url


def _require_sense(code: CounterCode) -> None:
    """Raises Unusable. Between two limits that are the wrong way round is nothing."""
    if code.max_amount < code.min_amount:
        raise Unusable(FieldError("/max_amount", "is less than min_amount"))
    faults = []
    if code.daily_limit < code.max_amount:
        faults.append(FieldError("/daily_limit", "is less than max_amount"))
    for position, amount in enumerate(code.amounts):
        if not code.min_amount <= amount <= code.max_amount:
            faults.append(FieldError(f"/amounts/{position}", "is not between the two amounts"))
    if faults:
        raise Unusable(*faults)
