"""What other services do for people: asked for, and audited with what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chassis.problems import Forwarded
from merchant_admin.domain.audit import Actor
from merchant_admin.flows.deps import Deps, Service
from merchant_admin.flows.recording import record_action


@dataclass(frozen=True, slots=True)
class AuditedCall:
    """`action` as in the audit, `path` behind `/internal/`."""

    action: str
    entity_id: str
    path: str
    body: Mapping[str, Any] | None = None
    timeout_s: float = 10.0


async def call_audited(
    deps: Deps, service: Service, actor: Actor, call: AuditedCall
) -> dict[str, Any]:
    """The answer. Audited also where the service refused or did not answer. Raises Forwarded."""
    outcome = "unknown"
    try:
        answer = await service.call(
            "POST", f"/internal/{call.path}", json=call.body, timeout_s=call.timeout_s
        )
        outcome = "done"
    except Forwarded as problem:
        outcome = problem.code
        raise
    finally:
        async with deps.db.transaction() as tx:
            await record_action(
                tx,
                actor,
                call.action,
                at=deps.clock(),
                entity_id=call.entity_id,
                after={**(call.body or {}), "outcome": outcome},
            )
    return answer
