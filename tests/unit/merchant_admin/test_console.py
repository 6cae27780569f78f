"""That the pages are told in both languages."""

from merchant_admin.api.console.texts import TEXTS


def test_every_text_is_there_in_both_languages() -> None:
    assert all(chinese and english for chinese, english in TEXTS.values())
