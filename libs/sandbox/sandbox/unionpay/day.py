"""UnionPay's day: it ends an hour before midnight, for undos and for statements alike.

Source: known in the trade; it stands on no page of open.unionpay.com that we have read.
"""

from datetime import date, datetime, timedelta

from sandbox.clock import BEIJING, DAY_S, now
from sandbox.unionpay.wire import BAD_FORM, Asked, Refusal

ENDS_AT = 23
"""In Beijing."""

SENT_WITHIN_S = 3600
"""How far a txnTime may be from now: about an hour in life."""


def clearing_day(at: float) -> date:
    """On which day what was traded at this moment is cleared, and stands in a statement."""
    return (datetime.fromtimestamp(at, BEIJING) + timedelta(hours=24 - ENDS_AT)).date()


def clearing_period(day: date) -> tuple[float, float]:
    """Its first second, and the one after its last."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=BEIJING)
    first = (midnight - timedelta(hours=24 - ENDS_AT)).timestamp()
    return first, first + DAY_S


def settle_date(at: float) -> str:
    """As a message names the day: without its year."""
    return f"{clearing_day(at):%m%d}"


def read_settle_date(text: str) -> date:
    """The latest such day."""
    today = clearing_day(now())
    for year in range(today.year, today.year - 8, -1):
        try:
            found = datetime.strptime(f"{year}{text}", "%Y%m%d").replace(tzinfo=BEIJING).date()
        except ValueError:
            continue
        if found <= today:
            return found
    raise Refusal(BAD_FORM, "报文格式错误[settleDate]")


def moment(asked: Asked, field: str) -> float:
    """Unix seconds of a time as messages have it."""
    try:
        text = asked.text(field, 14)
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=BEIJING).timestamp()
    except ValueError as error:
        raise Refusal(BAD_FORM, f"报文格式错误[{field}]") from error


def check_sent_now(asked: Asked) -> None:
    """What is new is taken only about when it was sent. A query names an old transaction by its
    txnTime, and so does a reversal."""
    if abs(now() - moment(asked, "txnTime")) > SENT_WITHIN_S:
        raise Refusal(BAD_FORM, "报文格式错误[txnTime]")
