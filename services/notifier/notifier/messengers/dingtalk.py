"""DingTalk (钉钉) group robot: markdown, signed.

Source: open.dingtalk.com/document/robots/customize-robot-security-settings
Source: open.dingtalk.com/document/robots/custom-robot-access
"""

import asyncio
import base64
import hmac
import json
import time
from typing import Final

import aiohttp
from pydantic import SecretStr
from yarl import URL

from notifier.domain.messages import Message, MessageFailed, destination_of, shown

TIMEOUT: Final = aiohttp.ClientTimeout(total=5)
TITLE_CHARS: Final = 64
ANSWER_BYTES: Final = 4096  # The real one has a few dozen; a merchant's route may lead anywhere.


def signature(secret: str, timestamp_ms: int) -> str:
    """HMAC-SHA256 over the time and the secret, by the secret, in base64."""
    text = f"{timestamp_ms}\n{secret}".encode()
    return base64.b64encode(hmac.digest(secret.encode(), text, "sha256")).decode()


class DingTalk:
    """`url` holds the robot's access token. Without a secret the robot must know us otherwise, by
    our address or by the word `Paymesh`, which each title begins with."""

    name: Final = "dingtalk"

    def __init__(
        self, session: aiohttp.ClientSession, url: SecretStr, secret: SecretStr | None
    ) -> None:
        self._session = session
        self._url = URL(url.get_secret_value())
        self.destination = destination_of(url.get_secret_value())
        self._secret = secret

    async def send(self, message: Message) -> None:
        body = {
            "msgtype": "markdown",
            "markdown": {
                "title": message.title[:TITLE_CHARS],
                "text": f"#### {message.title}\n\n{message.text}",
            },
            "at": {"isAtAll": message.is_critical},
        }
        try:
            async with self._session.post(
                self._signed_url(), json=body, timeout=TIMEOUT, allow_redirects=False
            ) as response:
                answer = json.loads(await _beginning_of(response))
        except (aiohttp.ClientError, OSError, ValueError, RecursionError) as error:
            raise MessageFailed(f"no answer ({type(error).__name__})") from error
        _check(response.status, answer)

    def _signed_url(self) -> URL:
        if self._secret is None:
            return self._url
        timestamp_ms = time.time_ns() // 1_000_000
        sign = signature(self._secret.get_secret_value(), timestamp_ms)
        return self._url.update_query(timestamp=str(timestamp_ms), sign=sign)


async def _beginning_of(response: aiohttp.ClientResponse) -> bytes:
    try:
        return await response.content.readexactly(ANSWER_BYTES)
    except asyncio.IncompleteReadError as error:
        return error.partial  # all of it


def _check(status: int, answer: object) -> None:
    """The truth is `errcode` in the body: refusals come with status 200 too."""
    code = answer.get("errcode") if isinstance(answer, dict) else None
    if status != 200 or code != 0:
        words = answer.get("errmsg") if isinstance(answer, dict) else None
        raise MessageFailed(shown(f"status {status}, errcode {code}: {words}"))
