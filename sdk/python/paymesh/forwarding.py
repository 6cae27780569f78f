"""Events as callbacks to a program behind NAT: pulled, signed anew, sent until accepted."""

import time
from collections.abc import Callable
from typing import Final

import httpx

from paymesh import address, callbacks
from paymesh.models.events import Event

LONGEST_WAIT_S: Final = 30.0
ANSWER_WITHIN_S: Final = 15.0


class Forwarder:
    """`on_result` is called with each event and what it was answered, or what kept it from that."""

    def __init__(self, url: str, secret: str, on_result: Callable[[Event, str], None]) -> None:
        """Raises ValueError where nothing can ever be sent to this address."""
        self._url = address.checked(url)
        self._secret = secret
        self._on_result = on_result
        self._http = httpx.Client(timeout=ANSWER_WITHIN_S)

    def forward(self, event: Event) -> None:
        """Return when it was answered with 2xx; until then again and again, as the centre does."""
        wait_s = 0.5
        while not self._is_accepted(event):
            time.sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    def _is_accepted(self, event: Event) -> bool:
        body = event.model_dump_json(exclude={"id"}).encode()
        signed = callbacks.sign(
            self._secret, webhook_id=event.id, timestamp_s=int(time.time()), body=body
        )
        headers = {"Content-Type": "application/json", **signed}
        try:
            answer = self._http.post(self._url, content=body, headers=headers)
        except httpx.RequestError as error:
            self._on_result(event, str(error) or type(error).__name__)
            return False
        self._on_result(event, str(answer.status_code))
        return answer.is_success
