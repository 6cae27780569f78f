"""JSON that two readers could understand differently is refused, before anything is done."""

import json
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from chassis.problems import BodyTooLarge, FieldError, InvalidRequest, UnsupportedMediaType
from chassis.web import parse, read_body, read_json_object


def request(*chunks: bytes, content_type: str = "application/json", length: str = "") -> Request:
    """A request whose body arrives in these chunks."""
    messages: list[Message] = [
        {"type": "http.request", "body": chunk, "more_body": place < len(chunks) - 1}
        for place, chunk in enumerate(chunks)
    ]
    waiting = iter(messages)

    async def receive() -> Message:
        return next(waiting, {"type": "http.disconnect"})

    headers = [(b"content-type", content_type.encode())]
    if length:
        headers.append((b"content-length", length.encode()))
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


async def test_the_exact_bytes_come_with_the_object() -> None:
    body = b' { "a" : [1, 2.5, true, null, "\\u4e2d\\ud83d\\ude00"] }\n'

    raw, value = await read_json_object(request(body[:5], body[5:]))

    assert raw == body
    assert value == {"a": [1, 2.5, True, None, "中😀"]}


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'],
)
async def test_json_in_utf8_is_read(content_type: str) -> None:
    assert (await read_json_object(request(b"{}", content_type=content_type)))[1] == {}


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/jsonp", "application/json; charset=gbk", "text/json"],
)
async def test_other_media_types_are_415(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        await read_json_object(request(b"{}", content_type=content_type))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "Expecting value at character 0"),
        (b"{", "at character 1"),
        (b"{} {}", "Extra data at character 3"),
        (b"\xef\xbb\xbf{}", "not valid JSON"),
        (b'{"a":1,"a":1}', "a key stands twice"),
        (b'{"a":{"b":1,"\\u0062":2}}', "a key stands twice"),
        (b'{"a":NaN}', "NaN is not a number"),
        (b'{"a":-Infinity}', "-Infinity is not a number"),
        (b'{"a":1e999}', "too large"),
        (b'{"a":-1e999}', "too large"),
        (b'{"a":' + b"9" * 5_000 + b"}", "too many digits"),
        (b'{"a":"\xff"}', "not Unicode"),
        (b'{"a":"\xed\xa0\x80"}', "not Unicode"),
        (b'{"a":"\\ud800"}', "not Unicode"),
        (b'{"\\udc00":1}', "not Unicode"),
        (b'{"a":["\\u0000"]}', "NUL"),
        (b'{"a\\u0000":1}', "NUL"),
        (b'{"a":"\x00"}', "Invalid control character"),
        (b'{"a":"line\nbreak"}', "Invalid control character"),
        (b"[]", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'{"a":' + b"[" * 32 + b"]" * 32 + b"}", "nested too deeply"),
        (b"[" * 65_000, "nested too deeply"),
        (b'{"a":' * 10_000, "nested too deeply"),
    ],
)
async def test_ambiguous_or_broken_json_is_422(body: bytes, reason: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await read_json_object(request(body))

    assert reason in caught.value.detail


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"a":"\\u0000"}', "/a"),
        (b'{"a":{"b/c":[1,"\\ud800"]}}', "/a/b~1c/1"),
        (b'{"a":{"b\\u0000":1}}', "/a"),
        (b'{"\\udc00":1}', ""),
    ],
)
async def test_a_text_that_nobody_can_hold_is_named(body: bytes, place: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await read_json_object(request(body))

    assert [fault.pointer for fault in caught.value.errors] == [place]


async def test_what_is_deep_but_not_too_deep_is_read() -> None:
    body = b'{"a":' + b"[" * 31 + b"]" * 31 + b',"b":[[],[],[],[],[]]}'

    assert (await read_json_object(request(body)))[1] == json.loads(body)


async def test_a_declared_length_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(BodyTooLarge):
        await read_json_object(request(length="65537"))
    with pytest.raises(BodyTooLarge):
        await read_json_object(request(length="9" * 5_000))


async def test_an_undeclared_length_is_counted_while_it_arrives() -> None:
    chunks = [b" " * 1_000] * 70

    with pytest.raises(BodyTooLarge):
        await read_body(request(*chunks), limit_bytes=65_536)
    assert len(await read_body(request(*chunks), limit_bytes=70_000)) == 70_000


async def test_a_caller_that_hangs_up_is_not_an_error_of_ours() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    cut_off = Request({"type": "http", "method": "POST", "headers": []}, receive)

    with pytest.raises(InvalidRequest) as caught:
        await read_body(cut_off, limit_bytes=10)
    assert isinstance(caught.value.__cause__, ClientDisconnect)


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    amount: int


def _one_line(text: str) -> str:
    if "\n" in text:
        raise ValueError("must be one line")
    return text


class Receipt(BaseModel):
    model_config = ConfigDict(extra="forbid")

    lines: list[Line]
    notes: dict[str, str] = {}
    title: Annotated[str, AfterValidator(_one_line)] = ""
    copies: Annotated[tuple[int, ...], Field(max_length=1)] = ()


def test_each_fault_has_its_json_pointer() -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse(
            Receipt,
            {"lines": [{"amount": 1.5}, {"amount": "secret"}], "notes": {"a/b~c": 1}, "more": 0},
        )

    faults = {error.pointer: error.message for error in caught.value.errors}
    assert set(faults) == {"/lines/0/amount", "/lines/1/amount", "/notes/a~1b~0c", "/more"}
    assert "secret" not in str(caught.value.body("r"))


def test_fault_is_told_in_the_words_of_its_rule() -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse(Receipt, {"lines": [], "title": "a\nb"})
    assert caught.value.errors == (FieldError("/title", "must be one line"),)


@pytest.mark.parametrize(
    ("faulty", "words"),
    [
        ({"copies": [1, 2]}, "Array should have at most 1 item after validation, not 2"),
        ({"lines": "x"}, "Input should be an array"),
        ({"notes": []}, "Input should be an object"),
    ],
)
def test_fault_is_told_in_words_of_json(faulty: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse(Receipt, {"lines": [], **faulty})
    assert [error.message for error in caught.value.errors] == [words]


def test_what_is_valid_becomes_the_model() -> None:
    assert parse(Receipt, {"lines": [{"amount": 3}]}) == Receipt(lines=[Line(amount=3)])
