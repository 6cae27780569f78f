"""Moments and days that strangers write: RFC 3339, of an age that every database and every time
zone can tell."""

from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

FIRST_YEAR: Final = 2000
AFTER_YEAR: Final = 2200


def _written(value: Any) -> Any:
    """A bare number would be read as seconds, or milliseconds, since 1970."""
    if isinstance(value, date) or (isinstance(value, str) and "-" in value[1:]):
        return value
    raise ValueError("must be written as in RFC 3339")


def of_this_age(moment: datetime) -> datetime:
    """The moment itself. Raises ValueError."""
    if not FIRST_YEAR <= moment.year < AFTER_YEAR:
        raise ValueError("must be a moment of the years 2000 to 2199")
    return moment


def _day_of_this_age(day: date) -> date:
    if not FIRST_YEAR <= day.year < AFTER_YEAR:
        raise ValueError("must be a day of the years 2000 to 2199")
    return day


Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(of_this_age)]
Day = Annotated[date, BeforeValidator(_written), AfterValidator(_day_of_this_age)]
