"""DingTalk (钉钉) group robot: markdown, signed.

Source: open.dingtalk.com/document/robots/customize-robot-security-settings
Source: open.dingtalk.com/document/robots/custom-robot-access
"""

import base64
import hmac
import time
from typing import Final

import aiohttp
from pydantic import SecretStr
from yarl import URL

from notifier.domain.messages import Message, destination_of
from notifier.messengers.robot import say

TITLE_CHARS: Final = 64


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
        answer = await say(self._session, self._signed_url(), body)
        # The truth is `errcode` in the body: refusals come with status 200 too.
        answer.require("errcode", "errmsg")

    def _signed_url(self) -> URL:
        if self._secret is None:
            return self._url
        timestamp_ms = time.time_ns() // 1_000_000
        sign = signature(self._secret.get_secret_value(), timestamp_ms)
        return self._url.update_query(timestamp=str(timestamp_ms), sign=sign)
