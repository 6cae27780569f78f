"""What an `Idempotency-Key` was answered: the same again, whatever has happened since.

Source: docs.stripe.com/api/idempotent_requests
"""

import hashlib
from collections.abc import Callable, Mapping

import orjson
from starlette.responses import Response

from sandbox.clock import DAY_S, now
from sandbox.stripe.wire import Asked, Refusal, refuse

Kept = tuple[float, str, Response]


class Replays:
    """By account and key, for a day from the first answer. `clock`: Unix seconds."""

    def __init__(self, clock: Callable[[], float] = now) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, str], Kept] = {}

    def find(self, asked: Asked) -> Response | None:
        """What was answered before, a refusal too; raises where the request differs."""
        if asked.key is None:
            return None
        known = self._kept.get((asked.account.account_id, asked.key))
        if known is None:
            return None
        at, fingerprint, answered = known
        if self._clock() >= at + DAY_S:
            return None
        if fingerprint != _fingerprint(asked.path, asked.fields):
            raise Refusal(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were "
                "first used with.",
                kind="idempotency_error",
            )
        return Response(
            answered.body,
            answered.status_code,
            {**answered.headers, "Idempotent-Replayed": "true"},
        )

    def keep(self, asked: Asked, answered: Response | Refusal) -> None:
        if asked.key is None:
            return
        response = refuse(answered) if isinstance(answered, Refusal) else answered
        fingerprint = _fingerprint(asked.path, asked.fields)
        kept = (self._clock(), fingerprint, response)
        self._kept[asked.account.account_id, asked.key] = kept


def _fingerprint(path: str, fields: Mapping[str, str]) -> str:
    members = orjson.dumps([path, dict(fields)], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(members).hexdigest()
