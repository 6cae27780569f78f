"""Whatever our descriptions allow, and much that they do not: no 5xx, answers as described.

Schemathesis reads the OpenAPI that the service itself serves, and sends for `FUZZ_SECONDS`
(`make fuzz`: a quarter of an hour) what it makes of it: examples, borders, inventions, and
sequences in which one answer's numbers are the next request's.
"""

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import Final

import pytest
from tests.e2e.admin_person import Person
from tests.e2e.running import RunningStack

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECONDS: Final = int(os.environ.get("FUZZ_SECONDS", "30"))
GRACE_S: Final = 120
"""For what is under way at the end of its time, and to make failures small."""

ROOT: Final = Path(__file__).parents[2]

CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
)

LEFT_OUT: Final = ("/api/session", "/api/password")
"""They end the session that is used here, and shut the address of who guesses at passwords:
`test_guessing.py` and `test_sessions.py` are about them."""


async def test_the_public_api_is_as_it_is_described(stack: RunningStack) -> None:
    app = stack.app
    who = {"FUZZ_APP_ID": app.app_id, "FUZZ_KEY_ID": app.key_id, "FUZZ_SECRET": app.secret}
    await is_as_described(stack, stack.demo["gateway_url"], who)


async def test_the_admin_api_is_as_it_is_described(stack: RunningStack) -> None:
    async with Person.signed_in(stack) as person:
        token = person.http.headers["Authorization"].removeprefix("Bearer ")
        await is_as_described(stack, stack.demo["admin_url"], {"FUZZ_TOKEN": token})


async def is_as_described(stack: RunningStack, url: str, who: dict[str, str]) -> None:
    """Fails with what Schemathesis found, each with the request that shows it."""
    demo = stack.demo
    seconds = SECONDS // 2
    left_out = [word for path in LEFT_OUT for word in ("--exclude-path", path)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--no-color", "run", f"{url}/openapi.json"),
        *("--max-time", str(seconds), "--max-examples", "20", "--checks", ",".join(CHECKS)),
        *("--request-timeout", "40", "--continue-on-failure", "--suppress-health-check", "all"),
        *("--generation-database", "none", "--max-failures", "20", *left_out),
        cwd=stack.folder,
        env={
            **os.environ,
            **who,
            "FUZZ_MERCHANT_ID": demo["merchant_id"],
            "FUZZ_PAYMENT_ID": demo["payment_ids"]["wechat"],
            "FUZZ_CALLBACKS": demo["sandbox_url"],
            "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
            "PYTHONPATH": str(ROOT),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(seconds + GRACE_S):
        output, _ = await process.communicate()
    report = output.decode()
    tried = re.search(r"(\d+) generated", report)
    assert process.returncode == 0, report
    assert tried, report
    assert int(tried[1]) > seconds, report
