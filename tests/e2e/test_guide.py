"""What the guide and the READMEs show in Python runs as it stands there."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

import pytest
from tests.contract.guide import GUIDE, REPOSITORY, blocks
from tests.e2e.running import RunningStack

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIMIT_S: Final = 60
PAGES: Final = (*sorted(REPOSITORY.glob("README*.md")), *sorted((GUIDE / "en").glob("*.md")))


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.name
)
async def test_the_page_works(page: Path, stack: RunningStack, tmp_path: Path) -> None:
    (tmp_path / ".local").symlink_to(stack.folder)
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "\n".join(blocks(page, "python")),
        cwd=tmp_path,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(LIMIT_S):
        _, errors = await program.communicate()
    assert program.returncode == 0, errors.decode()
