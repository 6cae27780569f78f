"""What people may see of the credentials of channel accounts, and what came of trying them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import asyncpg

from chassis.database import Tx

PUT_SHOWN: Final = """
insert into account_facts (payment_id, shown) values ($1, $2)
on conflict (payment_id) do update set shown = $2, trial = null, tried_at = null
"""
PUT_TRIAL: Final = """
insert into account_facts (payment_id, shown, trial, tried_at)
select payment_id, '{}', $2, $3 from channel_account where payment_id = $1 and version = $4
   for share
on conflict (payment_id) do update set trial = $2, tried_at = $3
"""
LIST: Final = "select * from account_facts where payment_id = any($1::text[])"


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """`shown`: `values` (what is no secret, by field), `keys` (their fingerprints and times),
    `sealed` (the fields with what is not seen again; absent where that was not noted) and `way`;
    empty for credentials from before this was noted. `trial`: None where they were not
    tried since."""

    shown: Mapping[str, Any] = field(default_factory=dict)
    trial: Mapping[str, Any] | None = None
    tried_at: datetime | None = None


NOTHING: Final = AccountDetails()


async def put_shown(tx: Tx, account_id: str, shown: Mapping[str, Any]) -> None:
    """Of new credentials, which nobody has tried."""
    await tx.execute(PUT_SHOWN, account_id, dict(shown))


async def put_trial(
    tx: Tx, account_id: str, trial: Mapping[str, Any], at: datetime, *, version: int
) -> None:
    """Of this version of the account; of another one by now nothing is known."""
    await tx.execute(PUT_TRIAL, account_id, dict(trial), at, version)


async def list_details(tx: Tx, account_ids: Sequence[str]) -> dict[str, AccountDetails]:
    """By account; one without facts is not in it."""
    rows = await tx.fetch(LIST, list(account_ids))
    return {row["payment_id"]: _details(row) for row in rows}


def _details(row: asyncpg.Record) -> AccountDetails:
    return AccountDetails(row["shown"], row["trial"], row["tried_at"])
