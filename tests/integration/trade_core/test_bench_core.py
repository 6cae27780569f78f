"""`make bench-core` in short: each of its parts runs, whatever it measures on a busy machine."""

import asyncio
import sys
from typing import Final

from paymesh_local.paths import REPOSITORY

SHORT: Final = ("--old-orders", "400", "--rounds", "1", "--seconds", "1")
PARTS: Final = (
    "results applied", "with 400 old orders", "GET /v1/splits", "others took", "over internal HTTP"
)  # fmt: skip
LIMIT_S: Final = 120


async def test_every_part_is_measured() -> None:
    bench = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.trade_core", *SHORT,
        cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(LIMIT_S):
        printed, errors = await bench.communicate()
    assert [part for part in PARTS if part not in printed.decode()] == [], errors.decode()
