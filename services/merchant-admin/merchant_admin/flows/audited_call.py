"""What other services do for people: asked for, and audited with what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, JsonValue

from chassis.problems import Forwarded
from foundation.service_client import Service
from merchant_admin.domain.audit import Actor
from merchant_admin.flows.deps import Deps
from merchant_admin.flows.recording import record_action

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class AuditedCall:
    """`action` as in the audit, `path` behind `/internal/`. `noted`: what the audit keeps of a body
    that is not kept whole."""

    action: str
    entity_id: str
    path: str
    body: BaseModel | None = None
    timeout_s: float = 10.0
    noted: Mapping[str, JsonValue] | None = None


async def call_audited(
    deps: Deps, service: Service, actor: Actor, answer: type[M], call: AuditedCall
) -> M:
    """The answer. Audited also where the service refused or did not answer. Raises Forwarded."""
    outcome = "unknown"
    try:
        answered = await service.post(
            answer, f"/internal/{call.path}", body=call.body, timeout_s=call.timeout_s
        )
        outcome = "done"
    except Forwarded as problem:
        outcome = problem.code
        raise
    finally:
        asked = call.noted
        if asked is None:
            asked = call.body.model_dump(mode="json") if call.body else {}
        async with deps.db.transaction() as tx:
            await record_action(
                tx,
                actor,
                call.action,
                at=deps.clock(),
                entity_id=call.entity_id,
                after={**asked, "outcome": outcome},
            )
    return answered
