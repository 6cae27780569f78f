"""What every internal route shares: who may call, what is open, and limits."""

from typing import Annotated, Final, cast

from fastapi import Depends, Query, Request
from pydantic import Field

from chassis.web import CalledBy
from trade_core.flows.deps import Deps


async def deps_of(request: Request) -> Deps:
    return cast(Deps, request.app.state.deps)


DepsOf = Annotated[Deps, Depends(deps_of)]
MAX_REQUEST_BYTES: Final = 131_072
"""An app's request has at most half of it; the gateway writes it anew."""

Limit = Annotated[int, Query(ge=1, le=100)]
LetterId = Annotated[int, Field(ge=1, lt=2**63)]

BY_GATEWAY: Final = [Depends(CalledBy("gateway"))]
BY_ADMIN: Final = [Depends(CalledBy("merchant-admin"))]
BY_BOTH: Final = [Depends(CalledBy("gateway", "merchant-admin"))]
