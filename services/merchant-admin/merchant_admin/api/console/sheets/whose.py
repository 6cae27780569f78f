"""Whose a thing is, which most lists say: by name, and beside it the id."""

from typing import Final

from merchant_admin.domain.sheets import Column, Named, Same

MERCHANT: Final[tuple[Column, ...]] = (
    Named("merchant_id", "merchant"),
    Same("merchant_id", "merchant_id"),
)
MERCHANTS: Final[tuple[Column, ...]] = (
    Named("merchant_ids", "merchants"),
    Same("merchant_ids", "merchant_id"),
)
APP: Final[tuple[Column, ...]] = (Named("app_id", "app"), Same("app_id", "app_id"))
