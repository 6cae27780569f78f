"""Credentials that were checked when they were entered: what is slow, or asked for since, is not
checked again."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final

from pydantic import ValidationInfo, ValidatorFunctionWrapHandler, WrapValidator

from contracts.api import HttpUrl

CHECKED_BEFORE: Final[Mapping[str, Any]] = MappingProxyType({"checked_before": True})
"""The context to validate credentials in that were sealed after they were checked."""


def are_checked(info: ValidationInfo) -> bool:
    """Whether the private key may be taken without proving its primes again (40 ms a key)."""
    return info.context is CHECKED_BEFORE


def _as_entered(url: Any, check: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    return url if are_checked(info) else check(url)


Address = Annotated[HttpUrl, WrapValidator(_as_entered)]
"""Of a channel, or of the merchant's own."""
