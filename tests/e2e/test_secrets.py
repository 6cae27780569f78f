"""No secret stands in any log or in any database in the clear."""

from pathlib import Path
from typing import Any

import pytest
from tests.e2e.running import RunningStack

pytestmark = pytest.mark.asyncio(loop_scope="session")


def secrets_of(demo: dict[str, Any]) -> dict[str, str]:
    sandbox = demo["sandbox"]
    return {
        "service token": demo["service_token"],
        "admin password": demo["admin_password"],
        "app secret": demo["app"]["secret"],
        "webhook secret": demo["app"]["webhook_secret"].removeprefix("whsec_"),
        "wechat APIv3 key": sandbox["wechat"]["apiv3_key"],
        "wechat private key": middle_of(sandbox["wechat"]["merchant_private_key_pem"]),
        "alipay private key": middle_of(sandbox["alipay"]["app_private_key_pem"]),
    }


def middle_of(pem: str) -> str:
    return pem.strip().splitlines()[3]


async def test_no_secret_stands_in_a_log(stack: RunningStack) -> None:
    logs = list((stack.folder / "logs").glob("*.log"))
    assert {"gateway.log", "trade-core.log"} <= {log.name for log in logs}
    found = [
        (name, log.name)
        for log in logs
        for name, secret in secrets_of(stack.demo).items()
        if secret in log.read_text(errors="replace")
    ]
    assert found == []


async def test_no_secret_stands_in_the_database_files(stack: RunningStack) -> None:
    files = [path for path in (stack.folder / "postgres").rglob("*") if path.is_file()]
    secrets = {name: secret.encode() for name, secret in secrets_of(stack.demo).items()}
    assert files
    found = [
        (name, str(path.relative_to(stack.folder)))
        for path in files
        for name, secret in secrets.items()
        if secret in contents(path)
    ]
    assert found == []


def contents(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # PostgreSQL removes files while it runs
        return b""
