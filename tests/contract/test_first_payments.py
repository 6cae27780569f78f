"""The programs of the first payment in each language, as app teams copy them."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web

from paymesh_local import ports

PROGRAMS: Final = Path(__file__).parents[2] / "examples" / "first-payment"
REPOSITORY: Final = PROGRAMS.parents[1]
START_LIMIT_S: Final = 120
"""Go and Java compile first, on a busy machine."""

OTHER_DIGITS: Final = ("-Duser.language=ar", "-Duser.country=EG")
"""Java formats numbers in the digits of its locale, here ٠١٢٣."""

RUNS: Final = {
    "pay.mjs": ("node", "examples/first-payment/pay.mjs"),
    "pay.go": ("go", "run", "-C", "examples/first-payment", ".", "FOLDER/demo.json"),
    "pay.php": ("php", "examples/first-payment/pay.php"),
    "Pay.java": ("java", *OTHER_DIGITS, "-cp", "FOLDER", "Pay"),
}
JAVAC: Final = (
    "javac", "-d", "FOLDER", "sdk/java/paymesh/Paymesh.java", "examples/first-payment/Pay.java"
)  # fmt: skip

REFUSAL: Final = {
    "type": "about:blank",
    "title": "Invalid request",
    "status": 422,
    "code": "invalid_request",
    "detail": "The body is not valid.",
    "errors": [{"pointer": "/amount", "message": "Input should be greater than 0"}],
    "request_id": "q1",
    "retryable": False,
}
LIMITS: Final = {
    "Pay.java": ".timeout(Duration.ofSeconds(40))",
    "pay.go": "Timeout: 40 * time.Second",
    "pay.mjs": "AbortSignal.timeout(40_000)",
    "pay.php": "$options['timeout'] = 40;",
}


@pytest.mark.parametrize("program", sorted(LIMITS))
def test_no_program_waits_for_ever(program: str) -> None:
    assert LIMITS[program] in (PROGRAMS / program).read_text()


@pytest.fixture
async def refusing(tmp_path: Path) -> AsyncIterator[list[web.Request]]:
    """A centre that refuses everything, whose demo.json is in `tmp_path`; what it was asked."""
    asked: list[web.Request] = []

    async def refuse(request: web.Request) -> web.Response:
        asked.append(request)
        return web.json_response(REFUSAL, status=422, content_type="application/problem+json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", refuse)
    runner = web.AppRunner(app)
    await runner.setup()
    port = ports.free_base()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    url = f"http://127.0.0.1:{port}"
    demo: dict[str, Any] = {
        "gateway_url": url,
        "sandbox_url": url,
        "app": {"app_id": "A1", "key_id": "K1", "secret": "s" * 32},
        "merchant_id": "M1",
        "payment_ids": {"wechat": "C1"},
    }
    (tmp_path / "demo.json").write_text(json.dumps(demo))
    yield asked
    await runner.cleanup()


async def run(folder: Path, *command: str) -> tuple[int | None, str]:
    """How it ended, and all that it wrote."""
    process = await asyncio.create_subprocess_exec(
        *(part.replace("FOLDER", str(folder)) for part in command),
        cwd=REPOSITORY,
        env={**os.environ, "PAYMESH_LOCAL_DIR": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), START_LIMIT_S)
    return process.returncode, out.decode()


@pytest.mark.parametrize("program", [each for each, run in RUNS.items() if shutil.which(run[0])])
async def test_a_refusal_is_told_with_the_field_that_is_wrong(
    program: str, refusing: list[web.Request], tmp_path: Path
) -> None:
    if program == "Pay.java":
        assert await run(tmp_path, *JAVAC) == (0, "")
    ended, output = await run(tmp_path, *RUNS[program])
    assert ended != 0, output
    for part in ("invalid_request", "/amount", "greater than 0", "q1"):
        assert part in output
    assert [each.path for each in refusing] == ["/v1/payments"]
