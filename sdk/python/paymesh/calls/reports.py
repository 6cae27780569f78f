"""/v1/capabilities and /v1/statements."""

import datetime

from paymesh import exchange
from paymesh.exchange import Answer, Call, path
from paymesh.models.answers import Capabilities, DayStatement


def capabilities(*, merchant_id: str) -> Call[Capabilities]:
    """The merchant's accounts, their methods, what each needs and how the payer is called."""
    return exchange.get(path("capabilities"), Capabilities, {"merchant_id": merchant_id})


def get(
    date: datetime.date,
    *,
    merchant_id: str,
    currency: str | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> Call[DayStatement]:
    """A Beijing day of the merchant's money; its lines go on behind `next_cursor`."""
    query = {"merchant_id": merchant_id, "currency": currency, "after": after, "limit": limit}
    return exchange.get(path("statements", date.isoformat()), DayStatement, query)


def csv(date: datetime.date, *, merchant_id: str, currency: str | None = None) -> Call[bytes]:
    """The same as a CSV file, whole."""
    query = exchange.given({"merchant_id": merchant_id, "currency": currency})
    target = path("statements", date.isoformat())
    return Call("GET", target, _raw, query, is_repeatable=True, accept="text/csv")


def _raw(answer: Answer) -> bytes:
    return answer.body
