"""The receivers that are shown, in each language there is here, take ours and no other's.

What they answer is what every app is acknowledged by, also one that is set to the word `success`.
"""

import asyncio
import base64
import hmac
import json
import os
import re
import shutil
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from contracts import webhooks
from contracts.events.configuration import CallbackAck
from notifier.domain.answers import Answer, AttemptResult, FailureKind, classify
from paymesh.callbacks import sign
from paymesh_local import ports

REPOSITORY: Final = Path(__file__).parents[2]
SHOWN: Final = REPOSITORY / "examples" / "callbacks"
SDK: Final = REPOSITORY / "sdk"
README_BLOCK: Final = re.compile(r"```python\n(# callbacks\.py.+?)```", re.DOTALL)
SECRET: Final = "whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="
EVENT_ID: Final = "E01KB5VF8T2C6W9QXH4R7MZNKDA"
BODY: Final = json.dumps(
    {"type": "ping", "timestamp": "2026-11-28T02:00:42Z", "data": {"app_id": "A1"}}
).encode()
LARGEST: Final = (
    BODY[:-2] + b', "more": "' + b"x" * (webhooks.MAX_BODY_BYTES - len(BODY) - 12) + b'"}}'
)
START_LIMIT_S: Final = 120
"""Go and Java compile first, on a busy machine."""
GO_MODULE: Final = (
    f"module receiver\ngo 1.21\nrequire paymesh v0.0.0\nreplace paymesh => {SDK}/go\n"
)


STAY: Final = ("flask_shop.py", "receiver.php")
"""Without their secret they answer 500 to callbacks; the others do not start. The shop does without
callbacks, and PHP begins anew with each."""


def _demo(secret: str) -> dict[str, Any]:
    """Of a centre that is not there: whoever receives a callback need not ask."""
    return {
        "gateway_url": "http://127.0.0.1:9",
        "app": {"app_id": "A1", "key_id": "K1", "secret": "s", "webhook_secret": secret},
        "merchant_id": "M1",
        "payment_ids": {"wechat": "C1"},
        "sandbox_url": None,
    }


@dataclass(frozen=True, slots=True)
class Receiver:
    """`beside`: what is copied into one folder with it; `builds` are run there, then `run`."""

    file: str
    tools: tuple[str, ...]
    run: tuple[str, ...]
    beside: tuple[str, ...] = ()
    builds: tuple[tuple[str, ...], ...] = ()

    def source(self) -> str:
        return (SHOWN / self.file).read_text()

    @property
    def is_possible(self) -> bool:
        return all(shutil.which(tool) for tool in self.tools)


class Shop(Receiver):
    """A whole shop that hears of payments by callbacks, among others."""

    def source(self) -> str:
        return (SHOWN.parent / self.file.replace("_", "-")[:-3] / self.file).read_text()


class OfTheReadme(Receiver):
    """The receiver that the README of the Python SDK shows; it knows the demo app."""

    def source(self) -> str:
        (block,) = README_BLOCK.findall((SDK / "python" / "README.md").read_text())
        return str(block)


RECEIVERS: Final = [
    OfTheReadme(
        "callbacks.py", (), (sys.executable, "-m", "uvicorn", "callbacks:app", "--port", "PORT")
    ),
    Shop(
        "fastapi_shop.py",
        (),
        (sys.executable, "-m", "uvicorn", "fastapi_shop:app", "--port", "PORT"),
    ),
    Shop(
        "flask_shop.py",
        (),
        (sys.executable, "-m", "flask", "--app", "flask_shop", "run", "--port", "PORT"),
    ),
    Receiver(
        "receiver.py", (), (sys.executable, "-m", "uvicorn", "receiver:app", "--port", "PORT")
    ),
    Receiver("receiver.mjs", ("node",), ("node", "receiver.mjs"), ("node/paymesh.mjs",)),
    Receiver(
        "receiver.go", ("go",), ("./receiver",), builds=(("go", "build", "-o", "receiver", "."),)
    ),
    Receiver(
        "receiver.php",
        ("php",),
        ("php", "-S", "127.0.0.1:PORT", "receiver.php"),
        ("php/Paymesh.php",),
    ),
    Receiver(
        "Receiver.java",
        ("java", "javac"),
        ("java", "-cp", ".", "Receiver"),
        builds=(("javac", "-d", ".", f"{SDK}/java/paymesh/Paymesh.java", "Receiver.java"),),
    ),
]


@pytest.mark.parametrize(
    "receiver", [each for each in RECEIVERS if each.is_possible], ids=lambda each: each.file
)
async def test_it_takes_what_is_ours_and_refuses_what_is_not(
    receiver: Receiver, tmp_path: Path
) -> None:
    fresh, old = int(time.time()), int(time.time()) - 3600
    async with running(receiver, tmp_path) as client:
        ours = sign(SECRET, webhook_id=EVENT_ID, timestamp_s=fresh, body=BODY)
        for ack in CallbackAck:
            taken = await client.post("/callbacks", content=BODY, headers=ours)
            assert classified(taken, ack) == (AttemptResult.ACCEPTED, None), (ack, taken.content)
        headers = sign(SECRET, webhook_id=EVENT_ID, timestamp_s=fresh, body=LARGEST)
        taken = await client.post("/callbacks", content=LARGEST, headers=headers)
        assert classified(taken, CallbackAck.SUCCESS) == (AttemptResult.ACCEPTED, None)
        larger = LARGEST[:-3] + b'x"}}'
        headers = sign(SECRET, webhook_id=EVENT_ID, timestamp_s=fresh, body=larger)
        assert (await client.post("/callbacks", content=larger, headers=headers)).status_code == 413
        changed = await client.post("/callbacks", content=BODY + b" ", headers=ours)
        assert changed.status_code == 401
        late = sign(SECRET, webhook_id=EVENT_ID, timestamp_s=old, body=BODY)
        assert (await client.post("/callbacks", content=BODY, headers=late)).status_code == 401
        assert (await client.post("/callbacks", content=BODY)).status_code == 401
    if not isinstance(receiver, Shop):
        assert f"{EVENT_ID} " in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    "receiver", [each for each in RECEIVERS if each.is_possible], ids=lambda each: each.file
)
async def test_strangers_who_go_or_stay_in_the_middle_stop_nothing(
    receiver: Receiver, tmp_path: Path
) -> None:
    begun = b"POST /callbacks HTTP/1.1\r\nhost: shop.example\r\ncontent-length: 100\r\n\r\n{"
    async with running(receiver, tmp_path) as client:
        address = client.base_url.host, client.base_url.port
        for left in (begun, begun[:20]):
            _, gone = await asyncio.open_connection(*address)
            gone.write(left)
            await gone.drain()
            await asyncio.sleep(0.2)  # It reads what was sent before it hears of the end.
            gone.transport.abort()
        staying = [await asyncio.open_connection(*address) for _ in range(3)]
        for (_, stays), sent in zip(staying, (b"", begun[:20], begun), strict=True):
            stays.write(sent)
            await stays.drain()
        ours = sign(SECRET, webhook_id=EVENT_ID, timestamp_s=int(time.time()), body=BODY)
        taken = await client.post("/callbacks", content=BODY, headers=ours)
        assert classified(taken, CallbackAck.SUCCESS) == (AttemptResult.ACCEPTED, None)
        for _, stays in staying:
            stays.close()


@pytest.mark.parametrize(
    "receiver", [each for each in RECEIVERS if each.is_possible], ids=lambda each: each.file
)
async def test_without_its_secret_it_takes_nothing(receiver: Receiver, tmp_path: Path) -> None:
    """With the empty key, anybody could sign that a bill is paid."""
    stamp = str(int(time.time()))
    mac = hmac.digest(b"", f"{EVENT_ID}.{stamp}.".encode() + BODY, "sha256")
    signature = f"v1,{base64.b64encode(mac).decode()}"
    headers = {
        "webhook-id": EVENT_ID,
        "webhook-timestamp": stamp,
        "webhook-signature": signature,
    }
    try:
        async with running(receiver, tmp_path, secret="") as client:
            refused = await client.post("/callbacks", content=BODY, headers=headers)
    except Ended:
        assert receiver.file not in STAY
    else:
        assert receiver.file in STAY
        assert refused.status_code == 500


def classified(taken: httpx.Response, ack: CallbackAck) -> tuple[AttemptResult, FailureKind | None]:
    """What the notifier makes of this answer."""
    answer = Answer(datetime.now(UTC), status=taken.status_code, body=taken.content)
    seen = classify(answer, ack)
    return seen.result, seen.failure


class Ended(Exception):
    """It ended by itself, before it listened."""


@asynccontextmanager
async def running(
    receiver: Receiver,
    folder: Path,
    *,
    secret: str = SECRET,
    variables: Mapping[str, str] | None = None,
    **changes: str,
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it, once it listens. It knows the centre from a demo.json, with these `changes`;
    by `variables`, as in production, instead."""
    (folder / receiver.file).write_text(receiver.source())
    for each in receiver.beside:
        shutil.copy(SDK / each, folder)
    if variables is None:
        (folder / "demo.json").write_text(json.dumps(_demo(secret) | changes))
    (folder / "go.mod").write_text(GO_MODULE)
    for build in receiver.builds:
        built = await asyncio.create_subprocess_exec(*build, cwd=folder)
        assert await asyncio.wait_for(built.wait(), START_LIMIT_S) == 0
    port = str(ports.free_base())
    given = {
        "PORT": port,
        "WEBHOOK_SECRET": secret,
        "PAYMESH_LOCAL_DIR": str(folder),
        "SHOP_BOOKS": str(folder / "shop.db"),
        "PYTHONUNBUFFERED": "1",
    }
    command = [part.replace("PORT", port) for part in receiver.run]
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env={**os.environ, **given, **(variables or {})},
            stdout=log,
            stderr=log,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as client:
            await listens(int(port), process)
            yield client
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def listens(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(START_LIMIT_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                if process.returncode is not None:
                    raise Ended(process.returncode) from None
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
