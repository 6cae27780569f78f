"""How many there are of a list: counted no further than its first page."""

from types import SimpleNamespace
from typing import Any

import pytest

from merchant_admin.api.console.filters import count_of


@pytest.mark.parametrize(
    ("items", "cursor", "after", "shown"),
    [(3, None, None, "3"), (50, "x", None, "≥ 50"), (42, None, "x", ""), (50, "y", "x", "")],
)
def test_a_later_page_says_no_number(
    items: int, cursor: str | None, after: str | None, shown: str
) -> None:
    """The last page of 92 rows said that there were at least 42."""
    page: Any = SimpleNamespace(items=[0] * items, next_cursor=cursor)
    assert count_of(page, after) == shown
