"""What the person may choose, by environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from paymesh_local.failure import CannotRun
from paymesh_local.paths import REPOSITORY

HIGHEST_BASE: Final = 65_000
TRACING: Final = ("PAYMESH_OTLP_ENDPOINT", "PAYMESH_TRACE_SHARE")
PEOPLE: Final = (
    "PAYMESH_DINGTALK_URL", "PAYMESH_DINGTALK_SECRET", "PAYMESH_WECOM_URL", "PAYMESH_FEISHU_URL",
    "PAYMESH_FEISHU_SECRET", "PAYMESH_ALERT_WEBHOOK_URL", "PAYMESH_ALERT_LANGUAGE",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """`kafka_bootstrap`: a broker that runs already; None starts the embedded one. `tracing`: what
    all services are told of traces, as it stands. `people`: what the notifier is told of those who
    hear of alerts."""

    local_dir: Path
    port_base: int
    show_demo: bool
    kafka_bootstrap: str | None
    tracing: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_environment(cls, variables: Mapping[str, str] = os.environ) -> Self:
        """Read `PAYMESH_LOCAL_DIR`, `PAYMESH_PORT_BASE`, `PAYMESH_DEMO`, `KAFKA_BOOTSTRAP`,
        `TRACING` and `PEOPLE`.

        Raises:
            CannotRun: one of them has no meaning.
        """
        base = variables.get("PAYMESH_PORT_BASE", "8000")
        if not (base.isascii() and base.isdigit() and 1024 <= int(base) <= HIGHEST_BASE):
            raise CannotRun(f"PAYMESH_PORT_BASE is a number of 1024 … {HIGHEST_BASE}, not {base!r}")
        return cls(
            local_dir=(REPOSITORY / variables.get("PAYMESH_LOCAL_DIR", ".local")).absolute(),
            port_base=int(base),
            show_demo=variables.get("PAYMESH_DEMO", "1") != "0",
            kafka_bootstrap=variables.get("KAFKA_BOOTSTRAP") or None,
            tracing={name: variables[name] for name in TRACING if variables.get(name)},
            people={name: variables[name] for name in PEOPLE if variables.get(name)},
        )
