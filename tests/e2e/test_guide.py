"""What the guide and the READMEs show runs as it stands there."""

import asyncio
import os
import shutil
import sys
from pathlib import Path
from typing import Final

import pytest
from tests.contract.guide import GUIDE, REPOSITORY, blocks
from tests.e2e.running import RunningStack

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIMIT_S: Final = 60
PAGES: Final = (*sorted(REPOSITORY.glob("README*.md")), *sorted((GUIDE / "en").glob("*.md")))

SHOWN: Final = REPOSITORY / "examples" / "first-payment"
SIGNER_OF_JAVA: Final = REPOSITORY / "sdk" / "java" / "paymesh" / "Paymesh.java"
FIRST_PAYMENT: Final[dict[str, list[tuple[str, ...]]]] = {
    "node": [("node", f"{SHOWN}/pay.mjs")],
    "php": [("php", f"{SHOWN}/pay.php")],
    "go": [("go", "run", "-C", str(SHOWN), ".", "DEMO")],
    "javac": [
        ("javac", "-d", "FOLDER", str(SIGNER_OF_JAVA), f"{SHOWN}/Pay.java"),
        ("java", "-cp", "FOLDER", "Pay"),
    ],
}
"""By the tool that is needed: the commands of the first lines of each program."""


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.name
)
async def test_the_page_works(page: Path, stack: RunningStack, tmp_path: Path) -> None:
    await output(stack, tmp_path, sys.executable, "-c", "\n".join(blocks(page, "python")))


@pytest.mark.parametrize("tool", [tool for tool in FIRST_PAYMENT if shutil.which(tool)])
async def test_the_first_payment_works_in_other_languages(
    tool: str, stack: RunningStack, tmp_path: Path
) -> None:
    for command in FIRST_PAYMENT[tool]:
        demo = str(stack.folder / "demo.json")
        given = [part.replace("DEMO", demo).replace("FOLDER", str(tmp_path)) for part in command]
        printed = await output(stack, tmp_path, *given)
    assert " succeeded " in printed


async def output(stack: RunningStack, folder: Path, *command: str) -> str:
    """Of a program that runs beside a stack of another folder than `.local`, and ends well."""
    program = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**os.environ, "NO_PROXY": "127.0.0.1", "PAYMESH_LOCAL_DIR": str(stack.folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(LIMIT_S):
        printed, errors = await program.communicate()
    assert program.returncode == 0, errors.decode()
    return printed.decode()
