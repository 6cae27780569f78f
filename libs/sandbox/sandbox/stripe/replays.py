"""What an `Idempotency-Key` was answered: the same again, whatever has happened since.

Source: docs.stripe.com/api/idempotent_requests
"""

import hashlib
from collections.abc import Mapping

import orjson
from starlette.responses import Response

from sandbox.stripe.wire import Asked, Refusal

Kept = tuple[str, Response | Refusal]


class Replays:
    """By account and key, for as long as the process lives: Stripe forgets after a day."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Kept] = {}

    def find(self, asked: Asked) -> Response | None:
        """What was answered before; raises what was refused, and where the request differs."""
        if asked.key is None:
            return None
        known = self._kept.get((asked.account.account_id, asked.key))
        if known is None:
            return None
        fingerprint, answered = known
        if fingerprint != _fingerprint(asked.path, asked.fields):
            raise Refusal(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were "
                "first used with.",
                kind="idempotency_error",
            )
        if isinstance(answered, Refusal):
            raise answered
        return Response(
            answered.body,
            answered.status_code,
            {**answered.headers, "Idempotent-Replayed": "true"},
        )

    def keep(self, asked: Asked, answered: Response | Refusal) -> None:
        if asked.key is not None:
            fingerprint = _fingerprint(asked.path, asked.fields)
            self._kept[asked.account.account_id, asked.key] = (fingerprint, answered)


def _fingerprint(path: str, fields: Mapping[str, str]) -> str:
    members = orjson.dumps([path, dict(fields)], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(members).hexdigest()
