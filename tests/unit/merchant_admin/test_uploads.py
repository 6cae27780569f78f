"""Forms with files, as browsers send them."""

import pytest
from starlette.requests import Request

from chassis.problems import BodyTooLarge, InvalidRequest, UnsupportedMediaType
from merchant_admin.api.console.uploads import LIMIT_BYTES, Upload, read_upload

BROWSER = (
    b"--XX\r\n"
    b'Content-Disposition: form-data; name="name"\r\n\r\n'
    + "物业\r\n第二行".encode()
    + b'\r\n--XX\r\nContent-Disposition: form-data; name="key"; filename="k.pem"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n"
    b"\x00\xff--XX\r\nnot the end\r\n"
    b"\r\n--XX\r\n"
    b'Content-Disposition: form-data; name="none"; filename=""\r\n\r\n'
    b"\r\n--XX--\r\n"
)


async def read(body: bytes, content_type: str = "multipart/form-data; boundary=XX") -> Upload:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body}

    headers = [(b"content-type", content_type.encode())]
    scope = {"type": "http", "method": "POST", "headers": headers}
    return await read_upload(Request(scope, receive))


async def test_texts_and_files_are_read_to_the_byte() -> None:
    parts = await read(BROWSER)
    assert parts.fields == {"name": "物业\r\n第二行"}
    assert parts.files == {"key": b"\x00\xff--XX\r\nnot the end\r\n"}


async def test_a_quoted_boundary_is_the_same() -> None:
    assert await read(BROWSER, 'multipart/form-data; boundary="XX"') == await read(BROWSER)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--XX\r\n",
        BROWSER[:-8],
        b'--XX\r\nContent-Disposition: form-data; name="a"\r\n--XX--',
        b"--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XX--",
        b'--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--XX--',
        b'--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' * 61 + b"--XX--",
    ],
)
async def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        await read(body)


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "multipart/mixed; boundary=XX", "text/plain", ""]
)
async def test_another_media_type_is_refused(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        await read(BROWSER, content_type)


async def test_a_long_one_is_refused() -> None:
    with pytest.raises(BodyTooLarge):
        await read(b"x" * (LIMIT_BYTES + 1))
