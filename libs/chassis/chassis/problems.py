"""Errors as RFC 9457 problems: raised anywhere, translated to HTTP once, in `chassis.web`.

Problem
├── InvalidRequest 422 · BodyTooLarge 413 · UnsupportedMediaType 415
├── Unauthenticated 401 · Forbidden 403 · NotFound 404
├── Overloaded 503 · Internal 500
└── Forwarded (any): another service's problem, passed on
Source: RFC 9457, RFC 6901
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MEDIA_TYPE = "application/problem+json"
_OWN_MEMBERS = frozenset(
    {"type", "title", "status", "code", "detail", "request_id", "retryable", "errors"}
)


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field; `pointer` is a JSON pointer into the request body.
    `message_zh`: the same in Chinese, where people are told."""

    pointer: str
    message: str
    message_zh: str | None = None

    def member(self) -> dict[str, str]:
        """As it stands in `errors`."""
        members = {"pointer": self.pointer, "message": self.message}
        return members if self.message_zh is None else {**members, "message_zh": self.message_zh}


class Problem(Exception):
    """Root of everything that a caller is told.

    A subclass fixes `code`, `status`, `title` and `retryable` as class attributes. `detail` and
    `errors` are shown to the caller: never put a secret there. `extra` adds members to the body.
    """

    code: str = "internal"
    status: int = 500
    title: str = "Internal error"
    retryable: bool = False

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        retry_after_s: int | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after_s = retry_after_s
        self.extra: Mapping[str, Any] = extra or {}

    def body(self, request_id: str) -> dict[str, Any]:
        """The problem document; a member of `extra` never replaces one of the fixed members."""
        return {
            **self.extra,
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "errors": [error.member() for error in self.errors],
            "request_id": request_id,
            "retryable": self.retryable,
        }


class InvalidRequest(Problem):
    code = "invalid_request"
    status = 422
    title = "Invalid request"


class BodyTooLarge(Problem):
    code = "body_too_large"
    status = 413
    title = "Body too large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"The body may have at most {limit_bytes} bytes.")


class HeadTooLarge(Problem):
    code = "invalid_request"
    status = 431
    title = "Request header fields too large"


class Malformed(Problem):
    """What arrived is no HTTP request."""

    code = "invalid_request"
    status = 400
    title = "Bad request"


class TooSlow(Problem):
    """The request did not arrive in time."""

    code = "invalid_request"
    status = 408
    title = "Request timeout"
    retryable = True


class UnsupportedMediaType(Problem):
    code = "unsupported_media_type"
    status = 415
    title = "Unsupported media type"


class Unauthenticated(Problem):
    code = "unauthenticated"
    status = 401
    title = "Not authenticated"


class Forbidden(Problem):
    code = "forbidden"
    status = 403
    title = "Not for this caller"


class NotFound(Problem):
    code = "not_found"
    status = 404
    title = "Not found"


class Overloaded(Problem):
    code = "overloaded"
    status = 503
    title = "Overloaded"
    retryable = True

    def __init__(self, detail: str, *, retry_after_s: int = 1) -> None:
        super().__init__(detail, retry_after_s=retry_after_s)


class Internal(Problem):
    retryable = True

    def __init__(self, detail: str = "Something went wrong on our side.") -> None:
        super().__init__(detail)


class Forwarded(Problem):
    """Another service's problem, passed on unchanged but for the request id, which is ours."""

    def __init__(
        self, status: int, body: Mapping[str, Any], *, retry_after_s: int | None = None
    ) -> None:
        super().__init__(
            str(body.get("detail", "")),
            errors=tuple(_field_errors(body.get("errors"))),
            retry_after_s=retry_after_s,
            extra={name: value for name, value in body.items() if name not in _OWN_MEMBERS},
        )
        self.status = status
        self.code = str(body.get("code", "internal"))
        self.title = str(body.get("title", ""))
        self.retryable = body.get("retryable") is True


def pointer(path: Iterable[str | int]) -> str:
    """The JSON pointer (RFC 6901) of a path of member names and indexes; empty for the root."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _field_errors(items: object) -> Iterable[FieldError]:
    if not isinstance(items, list):
        return
    for item in items:
        if isinstance(item, dict):
            zh = item.get("message_zh")
            yield FieldError(
                str(item.get("pointer", "")),
                str(item.get("message", "")),
                zh if isinstance(zh, str) else None,
            )
