"""The reconciliation (对账) of a channel account and day: its statement fetched and compared."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from contracts.events.configuration import ChannelAccountEntity
from contracts.identifiers import is_id, made_at
from contracts.internal import ReconciliationState

BEIJING: Final = timezone(timedelta(hours=8))
"""A channel statement's day is one of Beijing, all year."""

DAY: Final = timedelta(days=1)

READY_AFTER: Final = timedelta(days=1, hours=10, minutes=30)
"""From the beginning of a day until its statement is there: WeChat Pay from ten, Alipay before."""

WINDOW_DAYS: Final = 3
"""So many days are caught up with after the centre was down."""

LEASE: Final = timedelta(minutes=5)
"""A fetch that says nothing for so long is over."""

FIRST_RETRY: Final = timedelta(minutes=10)
LAST_RETRY: Final = timedelta(hours=6)
MAX_DOUBLINGS: Final = 10

OVERDUE: Final = timedelta(hours=24)
GIVE_UP: Final = timedelta(days=30)

SETTLED_INTO_NEXT: Final = timedelta(hours=12)
"""From when a statement can be there: so long, one without rows is doubted also for what we booked
near midnight. Some channels' days end earlier, and then the next statement has it."""

EDGE: Final = timedelta(minutes=75)
"""What we booked so near to midnight may stand in the statement of the day before or after:
UnionPay's day ends at 23:00, by a clock of its own."""

NEIGHBOURS_THERE: Final = timedelta(days=2, hours=12)
"""From the beginning of a day until the statement of the next one is there too."""

RECHECKS: Final = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), DAY)
"""When a statement with differences is compared again; then every day, while its rows are kept."""

ANSWERED_AFTER: Final = timedelta(minutes=1)
"""By then a channel has said what became of a payment that it was asked about."""

ROWS_KEPT: Final = timedelta(days=6)
"""From the beginning of a day."""

MISSED_FOR: Final = timedelta(days=3)
"""From the beginning of a day: so long, what the statement lacks is looked for in those of the
three days before, which are all kept. A refund that took longer than that to settle is not missed:
its channel may have listed it on the day on which it was begun."""

NO_STATEMENTS_FOR_DAYS: Final = 30
"""So long an account is left alone whose channel has no statements."""

OLDEST_DAYS: Final = 90
"""Channels keep their statements about so long."""


# ── days ──────────────────────────────────────────────────────────────────────────────────────


def day_of(moment: datetime) -> date:
    return moment.astimezone(BEIJING).date()


def beginning_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING).astimezone(UTC)


def ready_at(day: date) -> datetime:
    """When the statement of this day can be there."""
    return beginning_of(day) + READY_AFTER


def finished_days(now: datetime) -> list[date]:
    """The latest days whose statements can be there."""
    latest = day_of(now - READY_AFTER)
    return [latest - timedelta(days=back) for back in range(WINDOW_DAYS)]


def first_day_kept(now: datetime) -> date:
    """What was booked of earlier days is not compared any more."""
    return day_of(now - ROWS_KEPT)


def may_have_statement(day: date, now: datetime) -> bool:
    """One of the last ninety days, today included."""
    return 0 <= (day_of(now) - day).days <= OLDEST_DAYS


# ── accounts and their statements ─────────────────────────────────────────────────────────────


def days_to_reconcile(account: ChannelAccountEntity, now: datetime) -> list[date]:
    """Not before the account was registered."""
    if not is_id("channel_account", account.payment_id):
        return finished_days(now)
    registered = day_of(made_at(account.payment_id))
    return [day for day in finished_days(now) if day >= registered]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One channel account and day. `round` counts the fetches, the latest began at `asked_at`;
    `rows_round` is the one whose rows are compared (None: there are none); they came at
    `fetched_at`, and are kept until `rows_until` (None: they are deleted). `attempts` and
    `comparisons` are counted since the statement came, or a person asked for it, last; `note` says
    why it did not come. `file_sha256` is the file that a person uploaded as round `file_round`."""

    statement_no: str
    merchant_id: str
    account_id: str
    channel: str
    day: date
    state: ReconciliationState
    attempts: int
    round: int
    rows_round: int | None
    rows_received: int
    rows_until: datetime | None
    comparisons: int
    asked_at: datetime | None
    is_overdue_told: bool
    note: str | None
    fetched_at: datetime | None = None
    file_sha256: str | None = None
    file_round: int | None = None

    @property
    def is_of_whole_day(self) -> bool:
        """Whether the day was over when its statement was asked for."""
        return self.asked_at is not None and self.asked_at >= beginning_of(self.day) + DAY

    @property
    def is_empty_and_differs(self) -> bool:
        """Whether the channel listed nothing, and our books say otherwise."""
        is_fetched = self.rows_round == self.round != self.file_round
        return is_fetched and self.rows_received == 0 and self.state is _DIFFERS

    def is_to_be_fetched(self, now: datetime) -> bool:
        """Or else compared, as long as it has its rows."""
        if self.state in _MISSING or self.is_empty_and_differs:
            return True
        return not self.is_of_whole_day and now >= ready_at(self.day)

    def has_file(self, sha256: str, now: datetime) -> bool:
        """Whether the rows of this very file are compared already."""
        is_whole = self.file_round is not None and self.file_round == self.rows_round
        return is_whole and self.file_sha256 == sha256 and self.has_rows(now)

    def is_uploaded(self, now: datetime) -> bool:
        """Whether a file of the whole day is here."""
        is_whole = self.fetched_at is not None and self.fetched_at >= beginning_of(self.day) + DAY
        return is_whole and self.file_round == self.rows_round and self.has_rows(now)

    def has_rows(self, now: datetime) -> bool:
        """Whether there is anything left to compare."""
        return self.rows_until is not None and now < self.rows_until

    def is_overdue(self, now: datetime) -> bool:
        """Whether people must hear that the statement never came, though it was asked for."""
        is_missing = self.rows_round is None and self.attempts > 1
        return is_missing and not self.is_overdue_told and now >= ready_at(self.day) + OVERDUE


_DIFFERS: Final = ReconciliationState.DIFFERS
_MISSING: Final = frozenset(
    {
        ReconciliationState.AWAITED,
        ReconciliationState.FETCHING,
        ReconciliationState.TO_UPLOAD,
    }
)


def reminded_at(day: date, now: datetime) -> datetime | None:
    """When people hear that nobody uploaded the statement of this day; None: they have heard."""
    overdue = ready_at(day) + OVERDUE
    return overdue if now < overdue else None


def next_try(day: date, attempts: int, now: datetime) -> datetime | None:
    """When to ask again after so many attempts; None: it is not even asked for this time."""
    if attempts > 1 and now >= ready_at(day) + GIVE_UP:
        return None
    doublings = min(max(attempts - 1, 0), MAX_DOUBLINGS)
    gap = min(FIRST_RETRY * (1 << doublings), LAST_RETRY)
    return max(now + gap, ready_at(day))


def kept_until(day: date, now: datetime) -> datetime:
    """How long the rows are compared again; those of an old day, fetched by a person, for a day."""
    return max(beginning_of(day) + ROWS_KEPT, now + DAY)


def next_comparison(
    reconciliation: Reconciliation, now: datetime, *, is_asking: bool, is_differing: bool
) -> datetime | None:
    """When a statement that has just been compared is to be looked at again; None: never.

    A day that was not over is fetched anew when it is; each is compared once more when the
    statement of the day after is there.
    """
    if is_asking:
        return now + ANSWERED_AFTER
    if not reconciliation.is_of_whole_day:
        return ready_at(reconciliation.day)
    if is_differing:
        due_at = now + RECHECKS[min(reconciliation.comparisons, len(RECHECKS) - 1)]
        return due_at if reconciliation.has_rows(due_at) else None
    settled_at = beginning_of(reconciliation.day) + NEIGHBOURS_THERE
    return settled_at if now < settled_at else None


@dataclass(frozen=True, slots=True)
class OurSide:
    """Which of our bookings must stand in the statement: those between two moments, and no refund
    that was begun before `begun_from`; None: none is looked for."""

    booked_from: datetime
    booked_before: datetime
    begun_from: datetime


def our_side(reconciliation: Reconciliation, now: datetime) -> OurSide | None:
    """Of a whole day, while its neighbours are kept; near midnight only when they are there."""
    begins = beginning_of(reconciliation.day)
    if not reconciliation.is_of_whole_day or now >= begins + MISSED_FOR:
        return None
    edge = timedelta(0) if now >= begins + NEIGHBOURS_THERE else EDGE
    return OurSide(begins + edge, begins + DAY - edge, begins + MISSED_FOR - ROWS_KEPT)


def doubted_side(reconciliation: Reconciliation, now: datetime) -> OurSide | None:
    """Which of our bookings say of a statement without rows that it is not there yet; None: it is
    taken as it is. Most channels say the same of a day on which nothing was traded and of one whose
    file is late; what is missing after a day is a difference, for people to see."""
    ready = ready_at(reconciliation.day)
    if not reconciliation.is_of_whole_day or now >= ready + OVERDUE:
        return None
    begins = beginning_of(reconciliation.day)
    edge = EDGE if now >= ready + SETTLED_INTO_NEXT else timedelta(0)
    return OurSide(begins + edge, begins + DAY - edge, begins + MISSED_FOR - ROWS_KEPT)
