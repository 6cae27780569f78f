"""Which language a reader gets."""

import pytest

from chassis.web import Translation, language_of

TEXTS = {"state.paid": ("已支付", "Paid")}


@pytest.mark.parametrize(
    ("asked", "kept", "accepted", "language"),
    [
        (None, None, "", "zh"),
        (None, None, "en-US,en;q=0.9,zh-CN;q=0.8", "en"),
        (None, None, "en;q=0.1, zh-CN;q=0.8", "zh"),
        (None, None, "fr, de;q=0.9", "zh"),
        (None, None, "en;q=0", "zh"),
        (None, None, "en;q=junk;;,,", "zh"),
        (None, "en", "zh", "en"),
        ("zh", "en", "en", "zh"),
        ("xx", None, "en", "en"),
    ],
)
def test_the_reader_decides_the_language(
    asked: str | None, kept: str | None, accepted: str, language: str
) -> None:
    assert language_of(asked, kept, accepted) == language


def test_words_are_those_of_the_language() -> None:
    assert Translation(TEXTS, "zh")("state.paid") == "已支付"
    assert Translation(TEXTS, "en")("state.paid") == "Paid"


def test_name_without_a_text_is_its_own_text() -> None:
    assert Translation(TEXTS, "zh")("channel.newbank") == "newbank"
