"""A form is read within its limits, whatever is sent in its place."""

import pytest
from fastapi import Request

from chassis.problems import BodyTooLarge, InvalidRequest, UnsupportedMediaType
from foundation.forms import read_form

FORM = "application/x-www-form-urlencoded"


def sent(body: bytes, content_type: str = FORM) -> Request:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", content_type.encode()), (b"content-length", b"%d" % len(body))]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}
    return Request(scope, receive)


async def read(request: Request) -> dict[str, str]:
    return await read_form(request, limit_bytes=64, max_fields=3)


async def test_fields_are_read_with_the_last_of_a_doubled_one() -> None:
    form = await read(sent(b"a=1&b=%E5%85%83+x&a=", f"{FORM}; charset=utf-8"))
    assert form == {"a": "", "b": "元 x"}


async def test_a_nul_reaches_no_store() -> None:
    assert await read(sent(b"a=x%00y")) == {"a": "xy"}


@pytest.mark.parametrize("body", [b"\xff=1", b"a=1&b=2&c=3&d=4"])
async def test_what_is_no_form_of_ours_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        await read(sent(body))


async def test_a_form_has_a_limit_and_a_type() -> None:
    with pytest.raises(BodyTooLarge):
        await read(sent(b"a=" + b"x" * 63))
    with pytest.raises(UnsupportedMediaType):
        await read(sent(b"{}", "application/json"))
