"""What the pages say, in 简体中文 and in English."""

from typing import Final

from merchant_admin.api.console.texts import (
    books,
    callbacks,
    codes,
    failures,
    frame,
    names,
    orders,
    pages,
    people,
    second_factor,
)

TEXTS: Final[dict[str, tuple[str, str]]] = {
    **frame.TEXTS,
    **orders.TEXTS,
    **failures.TEXTS,
    **pages.TEXTS,
    **books.TEXTS,
    **callbacks.TEXTS,
    **people.TEXTS,
    **codes.TEXTS,
    **second_factor.TEXTS,
    **names.TEXTS,
}
