"""A form is saved on what was shown with it (`decide-what-was-seen`)."""

from typing import TypeVar

from merchant_admin.domain.errors import ChangedSinceShown

V = TypeVar("V", int, str)


def require_seen(version: V, seen: V | None) -> None:
    """`seen`: the version that was shown; None for whoever names only what they change.

    Raises ChangedSinceShown.
    """
    if seen is not None and seen != version:
        raise ChangedSinceShown
