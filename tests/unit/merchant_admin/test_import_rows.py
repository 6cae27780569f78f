"""Files of merchants and accounts that are made to cost more than they are worth."""

import csv

import pytest

from merchant_admin.domain.import_rows import MAX_BYTES, UnreadableFile, read_rows

HEAD = b"reference,merchant_name"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (HEAD + b"".join(b",%x" % n for n in range(300_000)) + b"\na,b\n", "200 columns"),
        (HEAD + b",a" * 500_000, "200 columns"),
        (HEAD + b"\n" * 2_000_000, "500 rows"),
        (HEAD + b"\na" * 1_000_000, "500 rows"),
        (HEAD + b"\n" + b"x" * (csv.field_size_limit() + 1), "no CSV"),
    ],
    ids=["names", "one name", "no rows", "short rows", "one cell"],
)
def test_a_file_of_too_many_is_refused_before_it_is_taken_apart(raw: bytes, words: str) -> None:
    assert len(raw) <= MAX_BYTES
    with pytest.raises(UnreadableFile, match=words):
        read_rows(raw)
