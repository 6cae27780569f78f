"""Why a signed request of an app was refused: the gateway looks, which alone opens secrets."""

from contracts.internal import InspectedSignature, InspectSignature
from merchant_admin.domain.errors import NoSuch
from merchant_admin.domain.scope import Scope
from merchant_admin.flows import apps, keys
from merchant_admin.flows.deps import Deps

LIMIT_S = 10.0


async def inspect(deps: Deps, scope: Scope, asked: InspectSignature) -> InspectedSignature:
    """Raises NoSuch for an app outside the scope, Forwarded, Overloaded."""
    await apps.read(deps, asked.app_id, scope)
    path = "/internal/signatures/inspect"
    return await deps.gateway.post(InspectedSignature, path, body=asked, timeout_s=LIMIT_S)


async def is_disabled(deps: Deps, scope: Scope, app_id: str, key_id: str) -> bool:
    """Whether the gateway does not know the key because it is not in use any more."""
    try:
        await keys.read(deps, app_id, key_id, scope)
    except NoSuch:
        return False
    return True
