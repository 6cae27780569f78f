"""The audit (审计): who did what, when, from where, in which request."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from foundation.pages import language_asked
from merchant_admin.api.access import DepsOf
from merchant_admin.api.console.audited import changes_of, texts_in
from merchant_admin.api.console.filter_fields import LISTS
from merchant_admin.api.console.filters import list_context
from merchant_admin.api.console.rendering import render
from merchant_admin.api.console.visiting import SeenByCentre
from merchant_admin.api.paging import DEFAULT_LIMIT, number_after, page_of
from merchant_admin.domain.audit import AuditEntry
from merchant_admin.domain.sheets import Wording
from merchant_admin.flows import searching
from merchant_admin.flows.wording import forms_of, read_names, words_of

router = APIRouter(include_in_schema=False, prefix="/console/audit")


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """`changes`: what differs, by what it is called; what was and what is."""

    entry: AuditEntry
    changes: list[tuple[str, str, str]]

    @classmethod
    def of(cls, entry: AuditEntry, wording: Wording) -> "ShownEntry":
        return cls(entry, changes_of(entry, wording))


@router.get("")
async def audit_page(request: Request, deps: DepsOf, visitor: SeenByCentre) -> Response:
    """The newest first."""
    filters = LISTS["audit"].of(request)
    found = await searching.read_audit(
        deps,
        LISTS["audit"].query(filters, visitor.scope),
        after=number_after(request.query_params.get("after") or None),
        limit=DEFAULT_LIMIT + 1,
    )
    t = words_of(deps, language_asked(request))
    ids = {each for one in found for each in texts_in([one.entry.before, one.entry.after])}
    names = await read_names(deps, visitor.scope, ids, t)
    wording = Wording(t, deps.clock(), names, forms_of(deps))
    page = page_of(
        found,
        DEFAULT_LIMIT,
        view=lambda one: ShownEntry.of(one.entry, wording),
        place=lambda one: str(one.number),
    )
    context = await list_context(request, deps, visitor.scope, filters, page)
    return render(request, "audit.html", {"visitor": visitor, **context})
