"""What the pages say, in 简体中文 and in English."""

from typing import Final

from merchant_admin.api.console.texts import (
    accounts,
    alerts,
    approvals,
    apps,
    books,
    callbacks,
    codes,
    empty,
    failures,
    filters,
    frame,
    names,
    numbers,
    onboarding,
    orders,
    pages,
    people,
    reports,
    second_factor,
    signature,
)

TEXTS: Final[dict[str, tuple[str, str]]] = {
    **frame.TEXTS,
    **orders.TEXTS,
    **failures.TEXTS,
    **pages.TEXTS,
    **empty.TEXTS,
    **books.TEXTS,
    **callbacks.TEXTS,
    **alerts.TEXTS,
    **people.TEXTS,
    **codes.TEXTS,
    **second_factor.TEXTS,
    **accounts.TEXTS,
    **apps.TEXTS,
    **signature.TEXTS,
    **onboarding.TEXTS,
    **approvals.TEXTS,
    **names.TEXTS,
    **numbers.TEXTS,
    **reports.TEXTS,
    **filters.TEXTS,
}
