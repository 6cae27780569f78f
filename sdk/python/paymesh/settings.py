"""What an app must know to use the centre, from its environment or from `make run`'s demo.json."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

DEMO: Final = Path(".local/demo.json")

VARIABLES: Final = {
    "app_id": "PAYMESH_APP_ID",
    "key_id": "PAYMESH_KEY_ID",
    "secret": "PAYMESH_SECRET",
    "webhook_secret": "PAYMESH_WEBHOOK_SECRET",
    "merchant_id": "PAYMESH_MERCHANT_ID",
}


def demo_file() -> Path:
    """Of the `make run` of this environment: below PAYMESH_LOCAL_DIR, else .local here."""
    folder = os.environ.get("PAYMESH_LOCAL_DIR")
    return Path(folder) / DEMO.name if folder else DEMO


@dataclass(frozen=True, slots=True)
class Settings:
    """`secret` or `private_key` (PEM). `webhook_secret` verifies callbacks. `sandbox_url`: where
    payers can be played, of `make run` only. `payment_ids`: channel accounts by channel."""

    base_url: str
    app_id: str
    key_id: str
    secret: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    webhook_secret: str | None = field(default=None, repr=False)
    merchant_id: str | None = None
    payment_ids: Mapping[str, str] = field(default_factory=dict)
    sandbox_url: str | None = None

    @classmethod
    def of_environment(cls) -> Self:
        """PAYMESH_URL, PAYMESH_APP_ID, PAYMESH_KEY_ID; PAYMESH_SECRET or
        PAYMESH_PRIVATE_KEY_FILE; PAYMESH_WEBHOOK_SECRET and PAYMESH_MERCHANT_ID if needed.

        Raises:
            KeyError: one of the first three is missing.
        """
        key_file = os.environ.get("PAYMESH_PRIVATE_KEY_FILE")
        return cls(
            base_url=os.environ["PAYMESH_URL"],
            app_id=os.environ["PAYMESH_APP_ID"],
            key_id=os.environ["PAYMESH_KEY_ID"],
            secret=os.environ.get("PAYMESH_SECRET"),
            private_key=Path(key_file).read_text() if key_file else None,
            webhook_secret=os.environ.get("PAYMESH_WEBHOOK_SECRET"),
            merchant_id=os.environ.get("PAYMESH_MERCHANT_ID"),
        )

    def with_environment(self) -> Self:
        """These, but what the variables of `of_environment` say instead, where they are set. The
        accounts by channel are those of one merchant: another one has none of them."""
        given = {name: os.environ.get(variable) for name, variable in VARIABLES.items()}
        changes: dict[str, Any] = {name: value for name, value in given.items() if value}
        key_file = os.environ.get("PAYMESH_PRIVATE_KEY_FILE")
        if key_file or "secret" in changes:
            key = Path(key_file).read_text() if key_file else None
            changes |= {"secret": given["secret"], "private_key": key}
        if changes.get("merchant_id", self.merchant_id) != self.merchant_id:
            changes["payment_ids"] = {}
        return replace(self, **changes)

    @classmethod
    def of_demo(cls, path: Path | str | None = None) -> Self:
        """The demo app of a `make run` that is running; `path` of its demo.json, else that below
        PAYMESH_LOCAL_DIR, else .local/demo.json here.

        Raises:
            FileNotFoundError: nothing runs there.
        """
        demo = json.loads((Path(path) if path else demo_file()).read_text())
        return cls(
            base_url=demo["gateway_url"],
            app_id=demo["app"]["app_id"],
            key_id=demo["app"]["key_id"],
            secret=demo["app"]["secret"],
            webhook_secret=demo["app"]["webhook_secret"],
            merchant_id=demo["merchant_id"],
            payment_ids=demo["payment_ids"],
            sandbox_url=demo["sandbox_url"],
        )
