"""What stands in the addresses of lists: texts, moments and days that a database can hold."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from contracts.text import storable

Text = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(storable)]


def _of_this_age(moment: datetime) -> datetime:
    """What a database and every time zone can tell."""
    if not 2000 <= moment.year < 2200:
        raise ValueError("must be a moment of the years 2000 to 2199")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_of_this_age)]


def _day_of_this_age(day: date) -> date:
    if not 2000 <= day.year < 2200:
        raise ValueError("must be a day of the years 2000 to 2199")
    return day


Day = Annotated[date, AfterValidator(_day_of_this_age)]
