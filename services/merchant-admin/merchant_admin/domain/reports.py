"""What a report tells: sums of a period, hour by hour, day by day or month by month, and by whom.

Amounts are of one currency, in minor units; so are counts, but for those of callbacks.
Days, hours and months are Beijing's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from foundation.money_text import BEIJING
from merchant_admin.domain.errors import BadPeriod
from merchant_admin.domain.ratios import Ratio, Seconds, median_s, rate
from merchant_admin.domain.scope import Scope


class Grain(StrEnum):
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


MAX_DAYS: Final = {Grain.HOUR: 7, Grain.DAY: 366, Grain.MONTH: 3660}
"""So that a report has a few hundred rows at most."""


class By(StrEnum):
    MERCHANT = "merchant"
    APP = "app"
    CHANNEL = "channel"
    METHOD = "method"


@dataclass(frozen=True, slots=True)
class Report:
    """What is asked for. `first` and `last`: Beijing days, both within. Raises BadPeriod."""

    scope: Scope
    first: date
    last: date
    grain: Grain
    by: By
    currency: str
    merchant_id: str | None = None
    app_id: str | None = None
    channel: str | None = None
    method: str | None = None

    def __post_init__(self) -> None:
        if not timedelta(0) <= self.last - self.first < timedelta(MAX_DAYS[self.grain]):
            raise BadPeriod(MAX_DAYS[self.grain])

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.first, time(), BEIJING)

    @property
    def ends(self) -> datetime:
        return datetime.combine(self.last + timedelta(1), time(), BEIJING)

    @property
    def periods(self) -> list[datetime]:
        """When each of them begins; the first month is shown from its first day."""
        if self.grain is Grain.MONTH:
            return _months(self.first, self.last)
        step = timedelta(hours=1) if self.grain is Grain.HOUR else timedelta(1)
        return [self.begins + step * n for n in range((self.ends - self.begins) // step)]


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Settled: `delivered`, or given up after all attempts."""

    delivered: int = 0
    exhausted: int = 0
    attempts: int = 0

    @property
    def delivered_rate(self) -> Ratio:
        return rate(self.delivered, self.delivered + self.exhausted)


@dataclass(frozen=True, slots=True)
class Figures:
    """`created`: payments begun, of which `succeeded` and `failed` by now; `paid`: by when they
    were paid, `late` those that had expired before. `fees`: None where no channel statement tells
    them. `callbacks`: None where they are not told apart. `waits`: payments by bucket of time to
    pay."""

    created: int = 0
    succeeded: int = 0
    failed: int = 0
    paid: int = 0
    paid_amount: int = 0
    late: int = 0
    refunds: int = 0
    refunded: int = 0
    fees: int | None = None
    callbacks: Callbacks | None = None
    waits: Mapping[int, int] | None = None

    @property
    def success_rate(self) -> Ratio:
        return rate(self.succeeded, self.created)

    @property
    def net(self) -> int:
        """Less what went back, and the fees as far as they are known."""
        return self.paid_amount - self.refunded - (self.fees or 0)

    @property
    def median_time_to_pay_s(self) -> Seconds:
        return median_s(self.waits or {})


NOTHING: Final = Figures()

MEASURES: Final = (
    "created", "succeeded", "failed", "paid", "paid_amount", "late", "refunds", "refunded",
)  # fmt: skip
"""Those that may be added up."""


@dataclass(frozen=True, slots=True)
class ReportResult:
    """The answer: of the whole, of each period, of each merchant, app, channel or method (those
    with the most money first). `currencies`: all that there is something of in this period."""

    report: Report
    currencies: Sequence[str]
    total: Figures
    periods: Mapping[datetime, Figures]
    groups: Mapping[str, Figures]


def added(figures: Iterable[Figures]) -> Figures:
    """The sums alone: fees, callbacks and times to pay are left out."""
    them = list(figures)
    return Figures(**{name: sum(getattr(it, name) for it in them) for name in MEASURES})


def _months(first: date, last: date) -> list[datetime]:
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [datetime(month // 12, month % 12 + 1, 1, tzinfo=BEIJING) for month in months]
