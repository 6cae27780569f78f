"""Stripe on the wire: forms with brackets come in, JSON objects and errors go out.

Source: docs.stripe.com/api (Authentication, Errors, Idempotent requests, Metadata)
"""

import base64
import binascii
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import Response

from sandbox.answering import FailureForms
from sandbox.bodies import read_body
from sandbox.deps import Deps
from sandbox.stripe.account import KIND, StripeAccount, new_id

VERSION = "2026-10-28.endive"
INVALID = "invalid_request_error"
MAX_FIELDS = 200

_INDEX = re.compile(r"\[\d*\]")
_METADATA = re.compile(r"(.*\bmetadata\]?)\[([^\[\]]+)\]$")
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)


class Refusal(Exception):
    """Stripe says no. `is_kept`: it was worked on, so that a repeat with its key hears the same."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        kind: str = INVALID,
        param: str | None = None,
        is_kept: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.is_kept = is_kept
        self.content = {
            "code": code,
            "doc_url": f"https://stripe.com/docs/error-codes/{code}" if code else None,
            "message": message,
            "param": param,
            "request_log_url": None,
            "type": kind,
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of an account that is known. `fields` as they came, `a[b][0]` by `a[b][0]`."""

    account: StripeAccount
    verb: str
    path: str
    fields: Mapping[str, str]
    key: str | None

    def check_names(self, allowed: Collection[str]) -> None:
        """Stripe takes no parameter that it does not know; each list's index counts as `[]`."""
        for name in self.fields:
            metadata = _METADATA.match(name)
            plain = _INDEX.sub("[]", metadata[1] if metadata else name)
            if plain not in allowed and plain != "expand[]":
                raise Refusal(
                    400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name
                )

    def text(self, name: str, limit: int, *, is_needed: bool = False) -> str:
        value = self.fields.get(name, "")
        if not value and is_needed:
            raise Refusal(
                400, f"Missing required param: {name}.", code="parameter_missing", param=name
            )
        if len(value) > limit:
            raise Refusal(400, f"Invalid string: {name} is too long", param=name)
        return value

    def whole(self, name: str, *, is_needed: bool = False) -> int | None:
        value = self.text(name, 20, is_needed=is_needed)
        if not value:
            return None
        if not _WHOLE.fullmatch(value):
            raise Refusal(
                400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=name
            )
        return int(value)

    def metadata(self, name: str = "metadata") -> dict[str, str]:
        """≤ 50 keys of ≤ 40 characters, with values of ≤ 500."""
        found = {}
        for field, value in self.fields.items():
            match = _METADATA.match(field)
            if match and match[1] == name:
                if len(match[2]) > 40 or len(value) > 500:
                    raise Refusal(400, f"Metadata is too long: {match[2]}", param=field)
                found[match[2]] = value
        if len(found) > 50:
            raise Refusal(400, "You can have up to 50 metadata keys", param=name)
        return found

    def expands(self, path: str) -> bool:
        return any(
            name.startswith("expand[") and f"{value}.".startswith(f"{path}.")
            for name, value in self.fields.items()
        )


async def read(deps: Deps, request: Request) -> Asked:
    """Whose key it is; then the fields, of the query or of the form."""
    account = _account(deps, request.headers.get("authorization", ""))
    if request.method == "GET":
        pairs = list(request.query_params.multi_items())
    else:
        body = await read_body(request)
        if body and request.headers.get("content-type", "").split(";")[0] != (
            "application/x-www-form-urlencoded"
        ):
            raise Refusal(400, "Send the body as application/x-www-form-urlencoded")
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
        except ValueError as error:
            raise Refusal(400, "Invalid form") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        fields = {f"{name}{at}" if name.endswith("[]") else name: value
                  for at, (name, value) in enumerate(pairs)}  # fmt: skip
    key = request.headers.get("idempotency-key") if request.method == "POST" else None
    if key is not None and len(key) > 255:
        raise Refusal(400, "Idempotency-Key is too long", kind="idempotency_error")
    return Asked(account, request.method, request.url.path, fields, key)


def respond(content: Mapping[str, Any], *, status: int = 200) -> Response:
    headers = {"Request-Id": new_id("req_", 14), "Stripe-Version": VERSION}
    body = orjson.dumps(content, option=orjson.OPT_INDENT_2)
    return Response(body, status, headers, media_type="application/json")


def refuse(refusal: Refusal) -> Response:
    """Members that do not apply are left out, but for some that are null."""
    left_out = ("code", "doc_url", "param")
    content = {k: v for k, v in refusal.content.items() if v is not None or k not in left_out}
    return respond({"error": content}, status=refusal.status)


def missing(kind: str, number: str) -> Refusal:
    return Refusal(404, f"No such {kind}: '{number}'", code="resource_missing", param="id")


def spoiled(response: Response) -> Response:
    """Nothing is signed, so that only what cannot be read is seen to be changed."""
    return Response(bytes(response.body)[:-1], response.status_code, dict(response.headers))


def failures(asked: Asked) -> FailureForms:
    """`unsure`: of what has a key, that the first call is still under way; else just trouble."""
    return FailureForms(
        broken=Response(b'{"error":{"type":"api_error"}}', 500, media_type="application/json"),
        unsure=lambda: (
            Refusal(
                409,
                "There is currently another in-progress request using this Idempotent Key",
                code="idempotency_key_in_use",
                kind="idempotency_error",
            )
            if asked.key
            else Refusal(500, "An unknown error occurred", kind="api_error")
        ),
        limited=lambda: Refusal(429, "Request rate limit exceeded.", code="rate_limit"),
        unsigned=Response(
            orjson.dumps({"error": {"type": INVALID, "code": "resource_missing", "message": "no"}}),
            404,
            media_type="application/json",
        ),
    )


def _account(deps: Deps, header: str) -> StripeAccount:
    kind, _, given = header.partition(" ")
    if kind.lower() == "basic":
        try:
            given = base64.b64decode(given).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            given = ""
    found = [each for each in deps.accounts(KIND).all() if each.secret_key == given]
    if not found:
        shown = f"{given[:8]}****{given[-4:]}" if given else "none"
        raise Refusal(401, f"Invalid API Key provided: {shown}")
    return found[0]
