"""How much of the gateway one link, or one address, may have at once: what is too much is refused
here and at once, before it waits in a line with everybody else."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

from cashier.domain.allowance import Allowances
from chassis.problems import Problem
from chassis.web import FairGate
from contracts.codes import CODES, Code

MAX_READS: Final = 128
"""Of one link or address half of them. More would wait in trade-core, behind its ten connections,
longer than the page waits here."""

MAX_WORKS: Final = 256
"""Choices and checks wait for channels, up to half a minute; so they have places of their own."""

LINK_PER_S: Final = 2.0
LINK_BURST: Final = 20
"""Ten pages of one link are watched live, and may all connect anew at once, twice."""

ADDRESS_PER_S: Final = 20.0
ADDRESS_BURST: Final = 100
"""Fifty pages of one address are watched live; each that polls asks every five seconds."""


class TooManyReads(Problem):
    """Scripts of one link, or of one address, ask too often how it stands."""

    code = Code.RATE_LIMITED
    status = CODES[Code.RATE_LIMITED].status
    title = CODES[Code.RATE_LIMITED].title
    retryable = True

    def __init__(self) -> None:
        super().__init__("This page is asked too often.", retry_after_s=5)


@dataclass(frozen=True, slots=True)
class Asker:
    """By which link, and from which address."""

    link: str
    address: str

    @property
    def names(self) -> tuple[str, str]:
        return f"link {self.link}", f"address {self.address}"


class Admission:
    """Of this replica. `clock` answers seconds that only rise."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._reads, self._works = FairGate(MAX_READS), FairGate(MAX_WORKS)
        self._links = Allowances(LINK_PER_S, LINK_BURST, clock)
        self._addresses = Allowances(ADDRESS_PER_S, ADDRESS_BURST, clock)

    def reading(self, asker: Asker) -> AbstractContextManager[None]:
        """Around a read; raises Overloaded at once where there is no place."""
        return self._reads.place(*asker.names)

    def working(self, asker: Asker) -> AbstractContextManager[None]:
        """Around what may wait for a channel; raises as `reading` does."""
        return self._works.place(*asker.names)

    def require_rate(self, asker: Asker) -> None:
        """For what scripts ask again and again; raises TooManyReads."""
        may = self._addresses.take(asker.address) and self._links.take(asker.link)
        if not may:
            raise TooManyReads
