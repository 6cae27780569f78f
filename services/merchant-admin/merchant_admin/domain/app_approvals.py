"""Callback addresses that wait for a second person."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from merchant_admin.domain.approvals import VERSION, ApprovalKind, Asked
from merchant_admin.domain.entities import App

FIELDS: Final = ("notify_url", "merchant_ids")
"""What says where a merchant's results are sent."""


def moved_merchants(was: App, wanted: App) -> tuple[str, ...]:
    """Whose results would go to another address, or to an address of this app for the first
    time: an address cannot be changed while its merchant is away for a moment."""
    before = {(it, was.terms.notify_url) for it in was.terms.merchant_ids}
    url = wanted.terms.notify_url
    return tuple(it for it in wanted.terms.merchant_ids if (it, url) not in before)


def asked_for(was: App, wanted: App, merchant_ids: Sequence[str]) -> Asked:
    """`merchant_ids`: those that want a second person; whoever agrees must see all of the app's."""
    return Asked(
        kind=ApprovalKind.CALLBACK_ADDRESS,
        merchant_ids=tuple(dict.fromkeys((*was.terms.merchant_ids, *wanted.terms.merchant_ids))),
        subject=was.app_id,
        request={
            "notify_url": wanted.terms.notify_url,
            "merchant_ids": list(wanted.terms.merchant_ids),
        },
        shown={
            "name": was.terms.name,
            "before": was.terms.notify_url,
            "after": wanted.terms.notify_url,
            "merchants": list(merchant_ids),
        },
        seen=seen_of(was),
    )


def seen_of(app: App) -> dict[str, Any]:
    """What an address is asked for on."""
    return {
        VERSION: app.version,
        "name": app.terms.name,
        "state": app.state.value,
        "notify_url": app.terms.notify_url,
        "merchant_ids": list(app.terms.merchant_ids),
    }


def changed(was: App, asked: Asked) -> App:
    request = asked.request
    terms = replace(
        was.terms,
        notify_url=request["notify_url"],
        merchant_ids=tuple(request["merchant_ids"]),
    )
    return replace(was, terms=terms)
