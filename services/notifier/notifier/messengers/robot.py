"""What the robots of chat groups have in common: one POST of JSON, and the truth in its answer."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from yarl import URL

from notifier.domain.messages import MessageFailed, shown

TIMEOUT: Final = aiohttp.ClientTimeout(total=5)
JSON: Final = {"Content-Type": "application/json; charset=utf-8"}
ANSWER_BYTES: Final = 4096  # A real one has a few dozen; a merchant's route may lead anywhere.


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: object

    def require(self, code: str, words: str) -> None:
        """The member `code` of the body must be 0. Raises MessageFailed with what `words` says."""
        members = self.body if isinstance(self.body, dict) else {}
        if self.status != 200 or members.get(code) != 0:
            answered = f"status {self.status}, {code} {members.get(code)}: {members.get(words)}"
            raise MessageFailed(shown(answered))


async def say(session: aiohttp.ClientSession, url: URL, body: dict[str, Any]) -> Answer:
    """Raises MessageFailed where there is no answer, or one without sense."""
    # Limits are of bytes, and a Chinese character that is escaped has twice as many.
    raw = json.dumps(body, ensure_ascii=False).encode(errors="replace")
    try:
        async with session.post(
            url, data=raw, headers=JSON, timeout=TIMEOUT, allow_redirects=False
        ) as response:
            return Answer(response.status, json.loads(await _beginning_of(response)))
    except (aiohttp.ClientError, OSError, ValueError, RecursionError) as error:
        raise MessageFailed(f"no answer ({type(error).__name__})") from error


async def _beginning_of(response: aiohttp.ClientResponse) -> bytes:
    try:
        return await response.content.readexactly(ANSWER_BYTES)
    except asyncio.IncompleteReadError as error:
        return error.partial  # all of it
