"""How far a reader has to walk: the files of the gateway on the way of one created payment.

Counted is every file under `services/gateway` of which any code runs between the app's request and
its answer, the plugin's too, however little of it; the loops that run beside the request are not.
`docs/a-payment.md` lists those of a WeChat `native` payment.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

import pytest
from tests.integration.gateway.harness import Harness

import gateway
from paymesh_local.client import ApiClient

pytestmark = pytest.mark.asyncio(loop_scope="module")

PACKAGE: Final = str(Path(gateway.__file__).parent) + "/"
PAGE: Final = Path(__file__).parents[3] / "docs/a-payment.md"
BEGIN: Final = "<!-- walk: held by tests/integration/gateway/test_walk.py -->\n"
END: Final = "<!-- /walk -->"
DOOR: Final = "api/signed_calls.py"
"""The first file that a request enters: what its task runs from there on is its way."""

MAX_ENTERED: Final = 18
MAX_MOVES: Final = 80


@dataclass
class Walk:
    """`entered`: the files in the order in which they are first needed. `moves`: how often what is
    called next stands in another file. Both of the request's own task and of those it starts."""

    entered: list[str] = field(default_factory=list)
    moves: int = 0
    _at: str = ""

    def note(self, frame: FrameType, event: str, _: object) -> None:
        file = frame.f_code.co_filename
        if event != "call" or not file.startswith(PACKAGE):
            return
        name = file.removeprefix(PACKAGE)
        if name == DOOR:
            _ON_THE_WAY.set(self)
        if _ON_THE_WAY.get() is not self:
            return
        if name not in self.entered:
            self.entered.append(name)
        if name != self._at:
            self.moves, self._at = self.moves + 1, name


_ON_THE_WAY: Final[ContextVar[Walk | None]] = ContextVar("walk", default=None)


@contextmanager
def walking() -> Iterator[Walk]:
    walk = Walk()
    sys.setprofile(walk.note)
    try:
        yield walk
    finally:
        sys.setprofile(None)


async def walk_of_a_create(harness: Harness, api: ApiClient, channel: str) -> Walk:
    """The shortest of four: what some need besides (keys read, a connection opened anew) is not on
    the way."""
    walks = []
    for _ in range(4):
        with walking() as walk:
            answer = await api.post("/v1/payments", harness.request(channel))
        assert answer.status_code == 201, answer.text
        walks.append(walk)
    return min(walks, key=lambda walk: walk.moves)


@pytest.mark.parametrize("channel", ["wechat", "alipay"])
async def test_a_payment_is_created_on_a_short_way(
    harness: Harness, api: ApiClient, channel: str
) -> None:
    walk = await walk_of_a_create(harness, api, channel)
    assert {"api/payments.py", "flows/pay.py", "calling/executor.py"} <= set(walk.entered)
    assert len(walk.entered) <= MAX_ENTERED, "\n".join(walk.entered)
    assert walk.moves <= MAX_MOVES


async def test_the_page_lists_the_files_on_the_way(harness: Harness, api: ApiClient) -> None:
    walk = await walk_of_a_create(harness, api, "wechat")
    listed = PAGE.read_text().split(BEGIN)[1].split(END)[0]
    way = "".join(f"{at}. `{name}`\n" for at, name in enumerate(walk.entered, 1))
    assert listed == way, f"write there:\n{way}"
