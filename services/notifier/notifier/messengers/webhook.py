"""A webhook of one's own: for whatever else people are reached by."""

from typing import Final

import aiohttp
from pydantic import SecretStr

from notifier.domain.messages import Message, MessageFailed, destination_of

TIMEOUT: Final = aiohttp.ClientTimeout(total=5)


class Webhook:
    """POST `{"title", "text", "critical"}`; any 2xx has taken it."""

    name: Final = "webhook"

    def __init__(self, session: aiohttp.ClientSession, url: SecretStr) -> None:
        self._session = session
        self._url = url.get_secret_value()
        self.destination = destination_of(url.get_secret_value())

    async def send(self, message: Message) -> None:
        body = {"title": message.title, "text": message.text, "critical": message.is_critical}
        try:
            async with self._session.post(
                self._url, json=body, timeout=TIMEOUT, allow_redirects=False
            ) as response:
                status = response.status
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise MessageFailed(f"no answer ({type(error).__name__})") from error
        if not 200 <= status < 300:
            raise MessageFailed(f"status {status}")
