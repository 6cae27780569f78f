"""What people type into forms and search fields."""

import re
from collections.abc import Mapping
from typing import Final, TypeVar

from fastapi import Request

from contracts.identifiers import Kind, is_id, new_id
from foundation import forms
from merchant_admin.domain.seen import Seen, Shown

T = TypeVar("T")

LIMIT_BYTES: Final = 32_768
"""The longest form has an allow-list of 8,000 characters, ids of merchants and an address in it."""

MAX_FIELDS: Final = 20
MAX_TYPED_CHARS: Final = 128

NUMBER: Final = "number"
"""The field with the number of what a form makes."""

VERSION: Final = "version"
"""The field with what was shown beside a form (`decide-what-was-seen`)."""


async def read_form(request: Request) -> dict[str, str]:
    """Raises UnsupportedMediaType, BodyTooLarge, InvalidRequest."""
    return await forms.read_form(request, limit_bytes=LIMIT_BYTES, max_fields=MAX_FIELDS)


def whole_number(text: str) -> int | None:
    """The number in a hidden field; None, which no model takes for one, where there is none."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else None


def number_in(form: Mapping[str, str], kind: Kind) -> str:
    """Under which number the form makes something: that which it got when it was shown, so that
    sent twice it makes one; a fresh one where it has none."""
    number = form.get(NUMBER, "")
    return number if is_id(kind, number) else new_id(kind)


def seen_in(form: Mapping[str, str], shown: Shown[T], *, field: str = VERSION) -> Seen[T]:
    """What the page showed on which the form was filled in; nothing there is, where it does not
    say."""
    return Seen(shown, form.get(field, ""))


def typed(text: str) -> str:
    """What somebody typed into a search field, as it can be looked for."""
    return text.replace("\0", "").strip()[:MAX_TYPED_CHARS]
