"""An outage is no crash; whatever fails for ever with the database up is one."""

import errno

import asyncpg
import pytest
from prometheus_client import REGISTRY

from chassis.problems import Overloaded
from chassis.restarts import BACKOFF_MAX_S, RETRIED_S, STEADY_S, Restarts

OUTAGES = [
    Overloaded("The database cannot be reached."),
    asyncpg.AdminShutdownError("restart"),
    asyncpg.ReadOnlySQLTransactionError("a standby"),
    ConnectionResetError(),
    OSError(errno.EHOSTUNREACH, "No route to host"),
    ExceptionGroup("several", [TimeoutError(), Overloaded("away")]),
]
OTHERS_FIRST = [
    asyncpg.LockNotAvailableError("lock timeout"),
    asyncpg.QueryCanceledError("statement timeout"),
    asyncpg.DeadlockDetectedError("deadlock"),
]
FAULTS = [
    RuntimeError("no"),
    FileNotFoundError("user.crt"),
    PermissionError("/var/lib/paymesh"),
    asyncpg.UniqueViolationError("twice"),
    asyncpg.UndefinedColumnError("x"),
    asyncpg.UndefinedTableError("x"),
    asyncpg.DiskFullError("full"),
    ExceptionGroup("several", [TimeoutError(), RuntimeError("no")]),
]


class Database:
    """`is_up`, and a clock."""

    def __init__(self) -> None:
        self.answers = True
        self.now = 0.0

    async def is_up(self) -> bool:
        return self.answers

    def restarts(self, loop: str) -> Restarts:
        return Restarts(loop, is_up=self.is_up, now=lambda: self.now)


async def fails(restarts: Restarts, database: Database, error: Exception, for_s: float) -> float:
    """At once, each time it is started, for so long; how long it waits at last."""
    began, wait_s = database.now, 0.0
    while database.now - began <= for_s:
        wait_s = await restarts.after(error)
        database.now += wait_s
    return wait_s


def crashes(loop: str) -> float:
    return REGISTRY.get_sample_value("paymesh_background_crashes_total", {"loop": loop}) or 0


@pytest.mark.parametrize("error", [*OUTAGES, *OTHERS_FIRST], ids=repr)
async def test_while_the_database_is_away_nothing_crashes_however_long(error: Exception) -> None:
    database, loop = Database(), f"away {error!r}"
    restarts = database.restarts(loop)
    database.answers = False
    assert await fails(restarts, database, error, 3_600) == 1.0
    database.answers = True  # between the failure and the look
    assert await restarts.after(error) == 2.0
    assert crashes(loop) == 0


@pytest.mark.parametrize("error", [*OUTAGES, *OTHERS_FIRST], ids=repr)
async def test_what_fails_for_ever_while_the_database_is_up_has_crashed(error: Exception) -> None:
    """A table that somebody locked, a connection that always breaks: people hear of it."""
    database, loop = Database(), f"up {error!r}"
    restarts = database.restarts(loop)
    await fails(restarts, database, error, RETRIED_S / 2)
    assert crashes(loop) == 0
    assert await fails(restarts, database, error, RETRIED_S) == BACKOFF_MAX_S
    assert crashes(loop) > 0


@pytest.mark.parametrize("error", OTHERS_FIRST, ids=repr)
async def test_a_lock_now_and_then_is_nobodys_business(error: Exception) -> None:
    database, loop = Database(), f"lone {error!r}"
    restarts = database.restarts(loop)
    for _ in range(10):
        assert await restarts.after(error) == 1.0
        database.now += STEADY_S + 2
    assert crashes(loop) == 0


@pytest.mark.parametrize("error", OTHERS_FIRST, ids=repr)
async def test_who_worked_between_has_failed_for_the_first_time(error: Exception) -> None:
    """Each second time, in one loop that goes on."""
    database, loop = Database(), f"between {error!r}"
    restarts = database.restarts(loop)
    for _ in range(100):
        assert await restarts.after(error) == 1.0
        restarts.worked()
        database.now += 2
    assert crashes(loop) == 0


@pytest.mark.parametrize("answers", [True, False])
@pytest.mark.parametrize("error", FAULTS, ids=repr)
async def test_anything_else_is_a_crash_at_once(error: Exception, answers: bool) -> None:
    database, loop = Database(), f"fault {answers} {error!r}"
    database.answers = answers
    restarts = database.restarts(loop)
    assert [await restarts.after(error) for _ in range(3)] == [1.0, 2.0, 4.0]
    assert crashes(loop) == 3


async def test_who_has_no_database_has_nothing_that_may_be_away_for_ever() -> None:
    database, loop = Database(), "without a database"
    restarts = Restarts(loop, now=lambda: database.now)
    await fails(restarts, database, Overloaded("trade-core is away"), 2 * RETRIED_S)
    assert crashes(loop) > 0
