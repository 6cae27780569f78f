"""Answers, written once by the model that defines them."""

from collections.abc import Mapping

from fastapi import Response
from pydantic import BaseModel

REPLAYED = {"Idempotent-Replayed": "true"}
"""On the answer to a request that was seen before: nothing was done anew."""


def answer(
    view: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(
        view.model_dump_json(), status, headers=dict(headers or {}), media_type="application/json"
    )


def created(view: BaseModel, *, is_repeat: bool) -> Response:
    """201, or 200 with `Idempotent-Replayed: true`."""
    return answer(view, 200, REPLAYED) if is_repeat else answer(view, 201)
