"""Credentials that were checked when they were entered: what is slow is not checked again."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationInfo

CHECKED_BEFORE: Final[Mapping[str, Any]] = MappingProxyType({"checked_before": True})
"""The context to validate credentials in that were sealed after they were checked."""


def are_checked(info: ValidationInfo) -> bool:
    """Whether the private key may be taken without proving its primes again (40 ms a key)."""
    return info.context is CHECKED_BEFORE
