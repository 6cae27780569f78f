"""How often a password may be guessed, and who is not shut out by other people's guesses.

Counted are wrong passwords only, after they were looked at: by name and address together, by
address (of IPv6 also its /64), and by name. An address from which somebody logged in before is
known: it is never shut out as a whole.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

WINDOW: Final = timedelta(minutes=5)
MAX_OF_PAIR: Final = 5
"""Of one name from one address: 1,440 guesses a day."""
MAX_OF_ADDRESS: Final = 20
MAX_OF_NETWORK: Final = 60
MAX_OF_NAME: Final = 50

KNOWN_FOR: Final = timedelta(days=90)
"""Since somebody last logged in from an address."""


class Priority(IntEnum):
    """Whose password is looked at first, where more wait than can be looked at."""

    KNOWN = 0
    STRANGER = 1
    LAST = 2
    """Over the limit, from a known address: its owner must not be shut out by a neighbour."""


@dataclass(frozen=True, slots=True)
class Guess:
    """Somebody tries a name from an address, as keyed digests: no name that was tried is stored,
    for people type passwords there."""

    pair: bytes
    name: bytes
    address: bytes
    network: bytes
    """The /64 of an IPv6 address; of an IPv4 address the address itself."""

    @classmethod
    def of(cls, key: bytes, username: str, ip: str) -> "Guess":
        return cls(
            pair=_digest(key, f"pair\n{username}\n{ip}"),
            name=_digest(key, f"name\n{username}"),
            address=_digest(key, f"address\n{ip}"),
            network=_digest(key, f"network\n{_network(ip)}"),
        )

    @property
    def limits(self) -> Mapping[bytes, int]:
        return {
            self.pair: MAX_OF_PAIR,
            self.name: MAX_OF_NAME,
            self.address: MAX_OF_ADDRESS,
            self.network: MAX_OF_NETWORK,
        }


@dataclass(frozen=True, slots=True)
class Failures:
    """How many wrong passwords since the first one in the window."""

    count: int
    first_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a guess before the password is looked at. `failures` by subject, those
    of the window only; `is_known`: somebody logged in from this address before."""

    guess: Guess
    failures: Mapping[bytes, Failures]
    is_known: bool

    @property
    def priority(self) -> Priority | None:
        """None: nothing is looked at."""
        if self.is_known:
            return Priority.LAST if self._is_over(self.guess.pair) else Priority.KNOWN
        return None if any(map(self._is_over, self.guess.limits)) else Priority.STRANGER

    @property
    def is_shut(self) -> bool:
        """Whether the whole address has to wait, whatever it tries."""
        guess = self.guess
        return not self.is_known and (self._is_over(guess.address) or self._is_over(guess.network))

    @property
    def is_worth_counting(self) -> bool:
        """A flood must not fill the database: behind its limits an address adds no more rows."""
        return not self._is_over(self.guess.address)

    def ends_at(self, now: datetime) -> datetime:
        """When the first of its limits that are reached is none any more."""
        over = [self.failures[each] for each in self.guess.limits if self._is_over(each)]
        return max((each.first_at + WINDOW for each in over), default=now)

    def _is_over(self, subject: bytes) -> bool:
        known = self.failures.get(subject)
        return known is not None and known.count >= self.guess.limits[subject]


def second_factor_subject(key: bytes, username: str) -> bytes:
    """Under which wrong codes of a user count, from whatever address."""
    return _digest(key, f"totp\n{username}")


def _network(ip: str) -> str:
    try:
        address = ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, 64), strict=False))
    return str(address)


def _digest(key: bytes, text: str) -> bytes:
    return hmac.digest(key, f"guess\n{text}".encode(), "sha256")
