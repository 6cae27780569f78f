"""The description of the admin API changes on purpose only.

`make golden` writes it anew; the difference is read in review.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from tests.unit.merchant_admin.test_settings import GOOD

from merchant_admin.api import openapi
from merchant_admin.main import build
from merchant_admin.settings import AdminSettings

FILE: Final = Path(__file__).parent / "admin_openapi.json"


@cache
def document() -> dict[str, Any]:
    given = {name.lower(): value for name, value in GOOD.items()}
    return openapi.document(build(AdminSettings.model_validate(given)))


@pytest.fixture
def described() -> dict[str, Any]:
    return document()


def test_the_admin_api_is_what_it_was(described: dict[str, Any]) -> None:
    assert described == json.loads(FILE.read_text())


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    text = json.dumps(described)
    named = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named <= set(schemas)


def test_every_write_with_a_body_describes_it(described: dict[str, Any]) -> None:
    without = {
        f"{method} {path}"
        for path, calls in described["paths"].items()
        for method, call in calls.items()
        if method in ("post", "patch", "put") and "requestBody" not in call
    }
    assert without == {
        "post /api/channel-accounts/{payment_id}/test",
        "post /api/reconciliations/{statement_no}/fetch",
        "post /api/events/{event_id}/redeliver",
        "post /api/callback-addresses/{endpoint_id}/resume",
        "post /api/alerts/test",
        "post /api/exports/alerts",
        "post /api/exports/audit",
        "post /api/exports/callbacks",
        "post /api/exports/dead-letters",
        "post /api/exports/orders",
        "post /api/exports/payments",
        "post /api/exports/reconciliations",
        "post /api/exports/refunds",
        "post /api/exports/splits",
        "post /api/totp",
        "post /api/totp/recovery-codes",
        "post /api/users/{username}/invitation",
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(document(), ensure_ascii=False, indent=1) + "\n")
