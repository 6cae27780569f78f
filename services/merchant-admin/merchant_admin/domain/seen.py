"""A form is saved on what was shown with it (`decide-what-was-seen`)."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Generic, TypeVar

from merchant_admin.domain.errors import ChangedSinceShown

T = TypeVar("T")

DIGEST_CHARS: Final = 16


@dataclass(frozen=True, slots=True)
class Shown(Generic[T]):
    """What a form shows of a thing. Another form of the same thing is not in its way."""

    of: Callable[[T], tuple[object, ...]]

    def version(self, thing: T) -> str:
        """The same as long as nothing changes that the form shows."""
        return sha256(repr(self.of(thing)).encode()).hexdigest()[:DIGEST_CHARS]


@dataclass(frozen=True, slots=True)
class Seen(Generic[T]):
    """What somebody saw of a thing, by its version, when they filled in the form."""

    shown: Shown[T]
    version: str

    def require(self, thing: T) -> None:
        """Raises ChangedSinceShown where the form would show something else now."""
        if self.shown.version(thing) != self.version:
            raise ChangedSinceShown
