"""What somebody asks a list besides money for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from merchant_admin.domain.scope import Scope


@dataclass(frozen=True, slots=True)
class ListQuery:
    """`filters`: by name the texts that must fit, as the list takes them; none fits everything.
    `scope`: whose data the asker sees at all."""

    scope: Scope
    filters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def merchant_id(self) -> str | None:
        return self.filters.get("merchant_id")
