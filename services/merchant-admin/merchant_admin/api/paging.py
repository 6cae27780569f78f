"""Lists go page by page, the newest first, with an opaque cursor."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Final, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from chassis.problems import FieldError, InvalidRequest
from contracts.identifiers import Kind, is_id
from merchant_admin.domain.expiring import EndingCertificate, Place
from merchant_admin.domain.search import Position

FoundT = TypeVar("FoundT")
ItemT = TypeVar("ItemT")

MAX_LIMIT: Final = 100
DEFAULT_LIMIT: Final = 50

After = Annotated[str | None, Query(max_length=256, description="`next_cursor` of the last page")]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


class Page(BaseModel, Generic[ItemT]):
    """`next_cursor` is null on the last page."""

    items: list[ItemT]
    next_cursor: str | None


def page_of(
    found: Sequence[FoundT],
    limit: int,
    *,
    view: Callable[[FoundT], ItemT],
    place: Callable[[FoundT], str],
) -> Page[ItemT]:
    """The page of what was found when one more than `limit` was asked for."""
    items = found[:limit]
    has_more = len(found) > limit
    return Page(
        items=[view(item) for item in items],
        next_cursor=_encoded(place(items[-1])) if has_more else None,
    )


def id_after(kind: Kind, cursor: str | None) -> str | None:
    """The id behind which the page begins. Raises InvalidRequest."""
    if cursor is None:
        return None
    text = _decoded(cursor)
    if not is_id(kind, text):
        raise _bad_cursor()
    return text


def number_after(cursor: str | None) -> int | None:
    """The row number behind which the page begins. Raises InvalidRequest."""
    if cursor is None:
        return None
    text = _decoded(cursor)
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise _bad_cursor()
    return int(text)


def text_after(cursor: str | None) -> str | None:
    """The text behind which the page begins. Raises InvalidRequest."""
    if cursor is None:
        return None
    return _decoded(cursor)


def place_of(position: Position) -> str:
    return f"{position.created_at.isoformat()} {position.number}"


def position_after(cursor: str | None) -> Position | None:
    """The position behind which the page begins. Raises InvalidRequest."""
    if cursor is None:
        return None
    moment, _, number = _decoded(cursor).partition(" ")
    created_at = _moment(moment)
    if not number.isascii() or not number.isalnum():
        raise _bad_cursor()
    return Position(created_at, number)


def place_of_certificate(certificate: EndingCertificate) -> str:
    place = certificate.place
    return f"{place.ends_at.isoformat()} {place.owner} {place.what}"


def certificate_after(cursor: str | None) -> Place | None:
    """The place behind which the page begins. Raises InvalidRequest."""
    if cursor is None:
        return None
    moment, _, rest = _decoded(cursor).partition(" ")
    owner, _, what = rest.partition(" ")
    return Place(_moment(moment), owner, what)


def _encoded(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _bad_cursor() from error
    if moment.tzinfo is None or not 1900 <= moment.year < 9999:
        raise _bad_cursor()
    return moment


def _decoded(cursor: str) -> str:
    """What is not in the alphabet is passed over by base64, so that much would be a cursor."""
    try:
        text = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, UnicodeError) as error:
        raise _bad_cursor() from error
    if "\0" in text or not text or _encoded(text) != cursor:
        raise _bad_cursor()
    return text


def _bad_cursor() -> InvalidRequest:
    return InvalidRequest(
        "The request is not valid.",
        errors=[FieldError("/after", "query: is not a cursor of this list")],
    )
