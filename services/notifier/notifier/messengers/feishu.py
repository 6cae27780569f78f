"""Feishu (飞书) group robot: a card of markdown, signed, at most 20 kB.

Source: open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
"""

import base64
import hmac
import time
from typing import Any, Final

import aiohttp
from pydantic import SecretStr
from yarl import URL

from notifier.domain.messages import Message, cut_bytes, destination_of
from notifier.messengers.robot import say

TEXT_BYTES: Final = 16_384
"""Of the 20 kB that a whole request may have."""


def signature(secret: str, timestamp_s: int) -> str:
    """HMAC-SHA256 of nothing, by the time and the secret as its key, in base64."""
    key = f"{timestamp_s}\n{secret}".encode()
    return base64.b64encode(hmac.digest(key, b"", "sha256")).decode()


class Feishu:
    """`url` holds the robot's token. Without a secret the robot must know us otherwise, by our
    address or by the word `Paymesh`, which each title begins with."""

    name: Final = "feishu"

    def __init__(
        self, session: aiohttp.ClientSession, url: SecretStr, secret: SecretStr | None
    ) -> None:
        self._session = session
        self._url = URL(url.get_secret_value())
        self.destination = destination_of(url.get_secret_value())
        self._secret = secret

    async def send(self, message: Message) -> None:
        card = {
            "header": {
                "title": {"tag": "plain_text", "content": message.title},
                "template": "red" if message.is_critical else "orange",
            },
            "elements": [{"tag": "markdown", "content": cut_bytes(message.text, TEXT_BYTES)}],
        }
        body = {"msg_type": "interactive", "card": card, **self._proof()}
        answer = await say(self._session, self._url, body)
        answer.require("code", "msg")

    def _proof(self) -> dict[str, Any]:
        if self._secret is None:
            return {}
        timestamp_s = int(time.time())
        sign = signature(self._secret.get_secret_value(), timestamp_s)
        return {"timestamp": str(timestamp_s), "sign": sign}
