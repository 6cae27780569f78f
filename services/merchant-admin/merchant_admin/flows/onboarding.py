"""The draft of the guided way: kept for its user, so that it goes on where it was left."""

from chassis.database import Tx
from merchant_admin.domain.approvals import Approval, ApprovalState
from merchant_admin.domain.onboarding import Draft, Step
from merchant_admin.domain.scope import EVERYTHING
from merchant_admin.flows.deps import Deps
from merchant_admin.store import drafts
from merchant_admin.store.approvals import get_approval


async def read(deps: Deps, username: str) -> Draft:
    """An empty one where there is none; what another person agreed to since is made."""
    async with deps.db.connection() as tx:
        draft = Draft.read(await drafts.find_draft(tx, username) or {})
        for step in (Step.CREDENTIALS, Step.KEYS, Step.CALLBACK):
            asked = await _asked(tx, draft, step)
            if asked and asked.state is ApprovalState.DONE:
                draft = draft.agreed(step, asked.asked.subject)
    return draft


async def find_asked(deps: Deps, draft: Draft, step: Step) -> Approval | None:
    """By which what the step asked for last waits, or ended undone."""
    async with deps.db.connection() as tx:
        return await _asked(tx, draft, step)


async def _asked(tx: Tx, draft: Draft, step: Step) -> Approval | None:
    approval_id = draft.asked(step)
    return None if approval_id is None else await get_approval(tx, approval_id, EVERYTHING)


async def save(deps: Deps, username: str, draft: Draft) -> None:
    async with deps.db.transaction() as tx:
        await drafts.put_draft(tx, username, draft.kept(), deps.clock())


async def drop(deps: Deps, username: str) -> None:
    async with deps.db.transaction() as tx:
        await drafts.delete_draft(tx, username)
