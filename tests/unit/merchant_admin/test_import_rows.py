"""Files of merchants and accounts that are made to cost more than they are worth."""

import csv

import pytest

from merchant_admin.domain.credential_forms import CredentialForm
from merchant_admin.domain.import_rows import (
    MAX_BYTES,
    UNPRINTABLE,
    UnreadableFile,
    faults_of,
    read_rows,
)

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


def test_a_cell_without_a_name_in_the_head_is_a_fault() -> None:
    table = HEAD + b",channel,\na,x,wechat,1900000109,1900000110\nb,y,,,\n"
    first, second = read_rows(table)
    assert (first.unnamed, second.unnamed) == ((4, 5), ())
    words = [words.en for _, words in faults_of(first, {"a": "x"})]
    assert words == [f"column {column} has no name in the head" for column in (4, 5)]


@pytest.mark.parametrize("name", ["a\u200bb", "a\u202eb", "a\x01b"])
def test_a_name_with_what_cannot_be_seen_is_told_so(name: str) -> None:
    (row,) = read_rows(HEAD + f",account_name\na,{name},{name}\n".encode())
    assert {words.zh for _, words in faults_of(row, {"a": name})} == {UNPRINTABLE.zh}


@pytest.mark.parametrize(
    ("text", "value"),
    [("是", True), ("✓", True), ("YES", True), ("否", False), ("0", False), ("有", None)],
)
def test_a_flag_is_yes_or_no_or_a_fault(text: str, value: bool | None) -> None:
    form = CredentialForm.of(
        {"properties": {"profit_sharing": {"x-kind": "flag"}, "mchid": {"x-kind": "text"}}}
    )
    cells = {"profit_sharing": text, "mchid": "有"}
    assert form.unclear(cells) == ([] if value is not None else ["profit_sharing"])
    assert form.typed(cells)["profit_sharing"] is bool(value)
