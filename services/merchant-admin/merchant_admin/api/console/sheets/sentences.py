"""Facts that a page has below each other, in one cell. Pure."""

from collections.abc import Iterable

from merchant_admin.domain.sheets import Wording


def sentence(facts: Iterable[tuple[str, str]], wording: Wording) -> str:
    """Each with what it is called."""
    colon, between = wording.t("sheet.colon"), wording.t("sheet.semicolon")
    return between.join(f"{name}{colon}{value}" for name, value in facts)
