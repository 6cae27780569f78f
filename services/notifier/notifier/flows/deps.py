"""What the flows work with; put together in `main`, given to every flow as its first argument."""

from asyncio import Event
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chassis.database import Database
from chassis.replica import Reader
from chassis.tracing import Remembered
from contracts.events.configuration import AlertRoute
from contracts.sealing import Opener
from notifier.domain.apps import AppBook
from notifier.domain.incidents import QuietHours
from notifier.domain.messages import Language, Messenger
from notifier.domain.routes import RouteBook
from notifier.domain.schedule import Schedule
from notifier.domain.slots import Slots
from notifier.sending.guard import Guard

LEASE_S = 60.0  # A try takes at most 10 s; the rest is for a database that is slow or away.


@dataclass(frozen=True, slots=True)
class Deps:
    """`reader`: where lists of deliveries are read. `replica` numbers this process among its like;
    `opener` holds the keys of what is sealed. `wake_up` is set when something may be due;
    `wake_relay` tells the outbox that events were committed. `messengers`: by whom people are told,
    in which `language`; the others stand in when the first fails.
    `traces`: the one that each event came by, by the event's id.
    `routes` and `reach`: by whom a merchant's own people are told of what names their merchant."""

    db: Database
    reader: Reader
    replica: int
    apps: AppBook
    schedule: Schedule
    wake_relay: Callable[[], None]
    opener: Opener = field(repr=False)
    lease_s: float = LEASE_S
    guard: Guard = field(default_factory=Guard)
    quiet_hours: QuietHours | None = None
    messengers: Sequence[Messenger] = ()
    language: Language = "en"
    routes: RouteBook = field(default_factory=RouteBook)
    reach: Callable[[AlertRoute], Sequence[Messenger]] = lambda _: ()
    wake_up: Event = field(default_factory=Event)
    slots: Slots = field(default_factory=Slots)
    traces: Remembered = field(default_factory=Remembered)
