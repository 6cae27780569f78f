"""What calls a payer lives shorter than its trade: codes to scan, and what wallets are called with.

The same order asked for again gives a fresh one, for the one trade.
"""

from typing import Any

from sandbox.clock import now
from sandbox.deps import Deps
from sandbox.truth import Trade

MADE_AT = "code_made_at"
COUNT = "codes"


def first() -> dict[str, Any]:
    """Of a trade that is opened now, among its details."""
    return {MADE_AT: now(), COUNT: 0}


def is_too_old(deps: Deps, trade: Trade) -> bool:
    """Whether nobody can pay by it any more; what has none that ages never is."""
    made_at = trade.details.get(MADE_AT)
    return made_at is not None and now() - made_at > deps.settings.code_lives_s


def of(deps: Deps, trade: Trade) -> str:
    """The one that is good now, which is made anew where the former is too old."""
    if is_too_old(deps, trade):
        trade.details |= {MADE_AT: now(), COUNT: trade.details[COUNT] + 1}
        deps.truth.save_trade(trade)
    count = trade.details.get(COUNT, 0)
    return f"{trade.token}{count}" if count else str(trade.token)
