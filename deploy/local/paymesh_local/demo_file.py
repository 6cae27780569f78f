"""`.local/demo.json`: all that a program needs to use the stack that runs here."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from paymesh_local import private_file
from paymesh_local.registration import ADMIN_USER, Credentials, Registration
from paymesh_local.services import SANDBOX, Plan

NAME: Final = "demo.json"

PRIVATE: Final = ("gateway", "trade-core", "merchant-admin", "notifier", "cashier")


@dataclass(frozen=True, slots=True)
class Demo:
    """What was registered, and with which third parties."""

    registration: Registration
    sandbox: Mapping[str, Credentials]


def write(folder: Path, plan: Plan, pids: Mapping[str, int], demo: Demo) -> None:
    """Say that everything is ready, and where it is; again when a pid has changed."""
    content = _content(plan, pids, demo)
    private_file.write(folder / NAME, json.dumps(content, indent=1, ensure_ascii=False))


def remove(folder: Path) -> None:
    (folder / NAME).unlink(missing_ok=True)


def _content(plan: Plan, pids: Mapping[str, int], demo: Demo) -> dict[str, Any]:
    registration = demo.registration
    return {
        "gateway_url": plan.url("gateway"),
        "cashier_url": plan.url("cashier"),
        "admin_url": plan.url("merchant-admin"),
        "sandbox_url": plan.url(SANDBOX),
        "trade_core_url": plan.private_url("trade-core"),
        "notifier_url": plan.private_url("notifier"),
        "private_urls": {name: plan.private_url(name) for name in PRIVATE},
        "admin_user": ADMIN_USER,
        "admin_password": plan.keyring.admin_password,
        "service_token": plan.keyring.service_token,
        "app": asdict(registration.app),
        "merchant_id": registration.merchant_id,
        "payment_ids": registration.payment_ids,
        "database_urls": dict(plan.database_urls),
        "kafka_bootstrap": plan.kafka_bootstrap,
        "pids": dict(pids),
        "sandbox": dict(demo.sandbox),
    }
