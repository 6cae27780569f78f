"""WeCom (企业微信) group robot: markdown, at most 4,096 bytes.

Source: developer.work.weixin.qq.com/document/path/91770
"""

from typing import Final

import aiohttp
from pydantic import SecretStr
from yarl import URL

from notifier.domain.messages import Message, cut_bytes, destination_of
from notifier.messengers.robot import say

TEXT_BYTES: Final = 4_096


class WeCom:
    """`url` holds the robot's key; it has no other secret. 20 messages a minute are taken."""

    name: Final = "wecom"

    def __init__(self, session: aiohttp.ClientSession, url: SecretStr) -> None:
        self._session = session
        self._url = URL(url.get_secret_value())
        self.destination = destination_of(url.get_secret_value())

    async def send(self, message: Message) -> None:
        text = cut_bytes(f"#### {message.title}\n\n{message.text}", TEXT_BYTES)
        answer = await say(
            self._session, self._url, {"msgtype": "markdown", "markdown": {"content": text}}
        )
        answer.require("errcode", "errmsg")
