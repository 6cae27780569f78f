"""strangers-text-stops-nothing: what no database keeps is replaced where it enters."""

import json

import pytest

from contracts.internal import ListQuery
from contracts.text import clean, clean_json


def test_text_is_cleaned_and_cut() -> None:
    assert clean("a\0b\ud800c", 4) == "a\ufffdb\ufffd"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb'"a\u0000b"', "a\ufffdb"),
        (rb'"\ud83c"', "\ufffd"),
        (rb'"\udc00\ud83c"', "\ufffd\ufffd"),
        (rb'"\ud83c\udf3b"', "\U0001f33b"),
        (rb'"\\u0000"', "\\u0000"),
        (rb'{"k\u0000": ["\u0000", 1, null]}', {"k\ufffd": ["\ufffd", 1, None]}),
        (rb'"plain"', "plain"),
    ],
)
def test_json_says_the_same_without_them(written: bytes, read: object) -> None:
    assert json.loads(clean_json(written)) == read


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match=r"JSON|char"):
        clean_json(b"{\\u0000")


@pytest.mark.parametrize(
    "member", ["status", "channel", "merchant_order_no", "payment_no", "number"]
)
def test_no_database_is_asked_for_what_none_keeps(member: str) -> None:
    with pytest.raises(ValueError, match="NUL"):
        ListQuery(app_id="A1", merchant_ids=["M1"], **{member: "a\0b"})
