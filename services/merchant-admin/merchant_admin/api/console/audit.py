"""The audit (审计): who did what, when, from where, in which request."""

import json
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from merchant_admin.api.access import Work
from merchant_admin.api.console.filter_fields import LISTS
from merchant_admin.api.console.filters import list_context
from merchant_admin.api.console.rendering import render
from merchant_admin.api.console.visiting import SeenByCentre
from merchant_admin.api.paging import DEFAULT_LIMIT, number_after, page_of
from merchant_admin.domain.audit import AuditEntry
from merchant_admin.flows import searching

router = APIRouter(include_in_schema=False, prefix="/console/audit")


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """`changes`: by name what was and what is, as JSON texts; only what differs."""

    entry: AuditEntry
    changes: list[tuple[str, str, str]]

    @classmethod
    def of(cls, entry: AuditEntry) -> "ShownEntry":
        before, after = entry.before or {}, entry.after or {}
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        return cls(
            entry, [(name, _text(before.get(name)), _text(after.get(name))) for name in names]
        )


@router.get("")
async def audit_page(request: Request, deps: Work, visitor: SeenByCentre) -> Response:
    """The newest first."""
    filters = LISTS["audit"].of(request)
    found = await searching.read_audit(
        deps,
        LISTS["audit"].query(filters, visitor.scope),
        after=number_after(request.query_params.get("after") or None),
        limit=DEFAULT_LIMIT + 1,
    )
    page = page_of(
        found,
        DEFAULT_LIMIT,
        view=lambda one: ShownEntry.of(one.entry),
        place=lambda one: str(one.number),
    )
    context = await list_context(request, deps, visitor.scope, filters, page)
    return render(request, "audit.html", {"visitor": visitor, **context})


def _text(value: Any) -> str:
    return "—" if value is None else json.dumps(value, ensure_ascii=False)
