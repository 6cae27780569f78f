"""Zips of strangers: whatever is in them, it is files or it is Unverifiable."""

import io
import zipfile

import pytest

from gateway.channels.plugin import Unverifiable
from gateway.channels.zip_files import MAX_MEMBERS, members

IN_DIRECTORY = b"PK\x01\x02"


def packed(*contents: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", method) as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"{number}.csv", content)
    return raw.getvalue()


def spoiled(raw: bytes, place: int, value: int) -> bytes:
    """With another byte in the first entry of the zip's directory."""
    body = bytearray(raw)
    body[body.index(IN_DIRECTORY) + place] = value
    return bytes(body)


def test_the_files_that_are_wanted_come_in_their_order() -> None:
    raw = packed(b"a", b"b", b"c")
    assert members(raw, 3) == [b"a", b"b", b"c"]
    assert members(raw, 3, lambda name: name != "1.csv") == [b"a", b"c"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"PK\x03\x04",
        packed(b"a" * 100)[:-10],
        spoiled(packed(b"a"), 8, 1),  # encrypted
        *(spoiled(packed(b"a" * 99), 10, method) for method in (12, 14, 93, 99)),
        spoiled(packed(b"a" * 99), 16, 7),  # another checksum
        spoiled(packed(b"a" * 99), 20, 3),  # cut off in the middle
        spoiled(packed(b"a" * 99), 42, 200),  # begins elsewhere
        packed(b"a" * 1_000_001),
        packed(*[b""] * (MAX_MEMBERS + 1)),
    ],
)
def test_what_cannot_be_unpacked_is_no_file(raw: bytes) -> None:
    with pytest.raises(Unverifiable):
        members(raw, 1_000_000)
