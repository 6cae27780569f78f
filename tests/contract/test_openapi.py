"""The description of the public API changes on purpose only.

`python -m tests.contract.test_openapi` writes it anew; the difference is read in review.
"""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import SecretStr
from tests.record_keys import CONFIGURATION_PUBLIC_KEY, RECORD_KEY

from chassis.settings import AcceptedToken
from contracts import sealing
from contracts.codes import CODES
from gateway.api import openapi
from gateway.main import build
from gateway.settings import GatewaySettings

FILE: Final = Path(__file__).parent / "openapi.json"


def document() -> dict[str, Any]:
    settings = GatewaySettings(
        accepted_tokens=(AcceptedToken("cashier", SecretStr("c" * 32)),),
        trade_core_token=SecretStr("t" * 32),
        notifier_token=SecretStr("n" * 32),
        kafka_bootstrap="127.0.0.1:1",
        trade_core_url="http://127.0.0.1:1",
        notifier_url="http://127.0.0.1:1",
        public_url="http://127.0.0.1:1",
        cashier_url="http://127.0.0.1:1",
        record_keys=SecretStr(RECORD_KEY),
        configuration_public_keys=CONFIGURATION_PUBLIC_KEY,
        sealing_key=SecretStr(sealing.generate().private_key),
        checkout_key=(SecretStr("x" * 32),),
    )
    return openapi.document(build(settings))


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document()


def test_the_api_is_what_it_was(described: dict[str, Any]) -> None:
    assert described == json.loads(FILE.read_text())


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    for name in references(described):
        assert name in schemas


def test_every_code_is_told_with_its_status(described: dict[str, Any]) -> None:
    told = {
        (int(status), code)
        for path in described["paths"].values()
        for call in path.values()
        for status, answer in call["responses"].items()
        for code in CODES
        if f"`{code}`" in answer["description"]
    }
    assert all(status == CODES[code].status for status, code in told)
    assert {code for _, code in told} == set(CODES)


def test_only_the_public_api_is_described(described: dict[str, Any]) -> None:
    assert all(path.startswith("/v1/") for path in described["paths"])


def references(node: Any) -> set[str]:
    if isinstance(node, list):
        return {name for item in node for name in references(item)}
    if not isinstance(node, dict):
        return set()
    found = {name for item in node.values() for name in references(item)}
    if isinstance(node.get("$ref"), str):
        found.add(node["$ref"].rsplit("/", 1)[1])
    return found


if __name__ == "__main__":
    FILE.write_text(json.dumps(document(), ensure_ascii=False, indent=1) + "\n")
