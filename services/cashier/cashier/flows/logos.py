"""Logos of merchants, as the gateway keeps them; those shown last are remembered here."""

import base64
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from contracts.events.configuration import LogoFile
from foundation.service_client import Service

MAX_KEPT: Final = 128
"""8 MB at most."""


@dataclass(frozen=True, slots=True)
class Picture:
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Logos:
    """Of one mark there is one picture for ever, so what is remembered stays true."""

    _known: OrderedDict[str, Picture] = field(default_factory=OrderedDict)

    async def get(self, gateway: Service, merchant_id: str, mark: str) -> Picture:
        """Raises Forwarded (not_found), Overloaded."""
        name = f"{merchant_id}/{mark}"
        known = self._known.get(name)
        if known is None:
            file = await gateway.get(LogoFile, f"/internal/logos/{name}")
            known = Picture(file.media_type, base64.b64decode(file.content))
            self._known[name] = known
            if len(self._known) > MAX_KEPT:
                self._known.popitem(last=False)
        return known
