"""What the flows work with; put together in `main`, given to every flow as its first argument."""

from asyncio import Event
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chassis.database import Database
from notifier.domain.alerts import QuietHours
from notifier.domain.apps import AppBook
from notifier.domain.messages import Messenger
from notifier.domain.schedule import Schedule

LEASE_S = 60.0  # A try takes at most 10 s; the rest is for a database that is slow or away.


@dataclass(frozen=True, slots=True)
class Deps:
    """`replica` numbers this process among its like. `due` is set when there may be something to
    claim; `wake_relay` tells the outbox that events were committed. `messengers`: by whom people
    are told; the others stand in when the first fails."""

    db: Database
    replica: int
    apps: AppBook
    schedule: Schedule
    wake_relay: Callable[[], None]
    lease_s: float = LEASE_S
    quiet_hours: QuietHours | None = None
    messengers: Sequence[Messenger] = ()
    due: Event = field(default_factory=Event)
