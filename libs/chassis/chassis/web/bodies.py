"""Bodies: of requests, bounded while they arrive and JSON without ambiguity; of answers.

Source: RFC 8259; RFC 8785 and RFC 7493 (I-JSON) for what two readers may understand differently.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from chassis.problems import BodyTooLarge, FieldError, InvalidRequest, UnsupportedMediaType, pointer

M = TypeVar("M", bound=BaseModel)

MAX_DEPTH = 32
_LONGEST_LENGTH = 15  # Digits of a Content-Length that could be meant.
_WORDS = {
    "Tuple should": "Array should",
    "List should": "Array should",
    "a valid tuple": "an array",
    "a valid list": "an array",
    "a valid dictionary": "an object",
}
_HIDING = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")  # NUL, or half a character.
_JSON = re.compile(r"application/json\s*(;\s*charset=\"?utf-8\"?\s*)?", re.IGNORECASE)


async def read_body(request: Request, *, limit_bytes: int) -> bytes:
    """The raw body; raises BodyTooLarge as soon as the limit is passed, declared or not."""
    declared = request.headers.get("content-length", "0")
    if len(declared) > _LONGEST_LENGTH or int(declared) > limit_bytes:
        raise BodyTooLarge(limit_bytes)
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit_bytes:
                raise BodyTooLarge(limit_bytes)
            chunks.append(chunk)
    except ClientDisconnect as error:
        raise InvalidRequest("The body ended early.") from error
    return b"".join(chunks)


async def read_json_object(
    request: Request, *, limit_bytes: int = 65_536
) -> tuple[bytes, dict[str, Any]]:
    """The raw body and the JSON object in it.

    Raises UnsupportedMediaType, BodyTooLarge, and InvalidRequest for whatever two JSON readers
    could understand differently: duplicate keys, NaN and infinities, invalid UTF-8, lone
    surrogates, NUL characters, deep nesting. Numbers with a fraction are floats: the models
    refuse them where they matter.
    """
    _require_json(request.headers.get("content-type", ""))
    body = await read_body(request, limit_bytes=limit_bytes)
    return body, _decode(body)


def json_object(content_type: str, body: bytes) -> dict[str, Any]:
    """The same of a body that was read before, to check its signature first."""
    _require_json(content_type)
    return _decode(body)


def parse(model: type[M], value: dict[str, Any]) -> M:
    """Validate; raises InvalidRequest with one JSON pointer per fault, never showing a value."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _invalid(error) from error


def require_no_body(body: bytes) -> None:
    """Of a call that takes none: whoever sends one means what would not be done. An empty object
    says nothing. Raises InvalidRequest with one JSON pointer per member."""
    if body:
        parse(_Nothing, _decode(body))


async def read_message(request: Request, model: type[M], *, limit_bytes: int) -> M:
    """The body that a service of ours wrote, read and validated in one step.

    Raises BodyTooLarge, and InvalidRequest as `parse` does; what is ambiguous to other readers is
    not looked for.
    """
    body = await read_body(request, limit_bytes=limit_bytes)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _invalid(error) from error


def answer(
    view: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer as its model writes it, once."""
    return Response(view.model_dump_json(), status, headers, media_type="application/json")


def _invalid(error: ValidationError) -> InvalidRequest:
    faults = [
        FieldError(pointer(fault["loc"]), in_words_of_json(fault["msg"]))
        for fault in error.errors(include_url=False, include_input=False)
    ]
    return InvalidRequest("The body is not valid.", errors=faults)


def in_words_of_json(message: str) -> str:
    """What pydantic says of a value, for whoever has never heard of Python."""
    words = message.removeprefix("Value error, ")
    for python, json_ in _WORDS.items():
        words = words.replace(python, json_)
    return words


def _require_json(content_type: str) -> None:
    if not _JSON.fullmatch(content_type):
        raise UnsupportedMediaType("The body must be application/json in UTF-8.")


def _decode(body: bytes) -> dict[str, Any]:
    try:
        value = _decoder.decode(body.decode())
        _check_text(body, value)
    except RecursionError as error:
        raise InvalidRequest("The body is nested too deeply.") from error
    except _Unreadable as error:
        raise InvalidRequest(
            f"The body is not valid JSON: {error}.", errors=[FieldError(error.place, str(error))]
        ) from error
    except ValueError as error:
        raise InvalidRequest(f"The body is not valid JSON: {_reason(error)}.") from error
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return value


class _Nothing(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Ambiguous(ValueError):
    """Valid for some JSON readers, something else for others."""


class _Unreadable(ValueError):
    """A text that no database and no other service can hold; `place` is its JSON pointer, or that
    of the object with such a name."""

    def __init__(self, path: tuple[str | int, ...], reason: str) -> None:
        super().__init__(reason)
        self.place = pointer(path)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Ambiguous("a key stands twice in one object")
    return members


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _Ambiguous("a number is too large")
    return number


def _no_constant(text: str) -> NoReturn:
    raise _Ambiguous(f"{text} is not a number")


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_finite, parse_constant=_no_constant
)


def _check_text(body: bytes, value: object) -> None:
    """Refuse what only escapes can hide in a text, and nesting; skipped where neither can be."""
    if _HIDING.search(body) or body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        _walk(value, ())


def _walk(value: object, path: tuple[str | int, ...]) -> None:
    if isinstance(value, str):
        _check_one(value, path)
        return
    if not isinstance(value, dict | list):
        return
    if len(path) >= MAX_DEPTH:
        raise RecursionError
    if isinstance(value, dict):
        for name in value:
            _check_one(name, path)
    for step, item in value.items() if isinstance(value, dict) else enumerate(value):
        _walk(item, (*path, step))


def _check_one(text: str, path: tuple[str | int, ...]) -> None:
    if "\0" in text:
        raise _Unreadable(path, "a text contains the character NUL")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise _Unreadable(path, "its text is not Unicode") from error


def _reason(error: ValueError) -> str:
    match error:
        case UnicodeError():
            return "its text is not Unicode"
        case json.JSONDecodeError():
            return f"{error.msg} at character {error.pos}"
        case _Ambiguous():
            return str(error)
        case _:
            return "a number has too many digits"
