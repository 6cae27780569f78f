"""The draft of the guided way: kept for its user, so that it goes on where it was left."""

from merchant_admin.domain.onboarding import Draft
from merchant_admin.flows.deps import Deps
from merchant_admin.store import drafts


async def read(deps: Deps, username: str) -> Draft:
    """An empty one where there is none."""
    async with deps.db.connection() as tx:
        kept = await drafts.find_draft(tx, username)
    return Draft.read(kept or {})


async def save(deps: Deps, username: str, draft: Draft) -> None:
    async with deps.db.transaction() as tx:
        await drafts.put_draft(tx, username, draft.kept(), deps.clock())


async def drop(deps: Deps, username: str) -> None:
    async with deps.db.transaction() as tx:
        await drafts.delete_draft(tx, username)
