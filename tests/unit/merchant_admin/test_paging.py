"""Cursors of lists."""

from datetime import UTC, datetime

import pytest

from chassis.problems import InvalidRequest
from contracts.identifiers import new_id
from merchant_admin.api.paging import (
    Page,
    id_after,
    number_after,
    page_of,
    place_of,
    position_after,
)
from merchant_admin.domain.search import Position


def test_cursors_come_back_as_what_they_were() -> None:
    def cursor_at(place: str) -> str | None:
        page: Page[str] = page_of(["a", "b"], 1, view=str, place=lambda _: place)
        assert page.items == ["a"]
        return page.next_cursor

    merchant_id = new_id("merchant")
    position = Position(datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC), new_id("payment"))
    assert id_after("merchant", cursor_at(merchant_id)) == merchant_id
    assert number_after(cursor_at("42")) == 42
    assert position_after(cursor_at(place_of(position))) == position


def test_the_last_page_has_no_cursor() -> None:
    assert page_of(["a", "b"], 2, view=str, place=str).next_cursor is None


@pytest.mark.parametrize("cursor", ["junk", "", "====", "é", "MjAyNi0x", "LTE", "MSAA"])
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    for read in (number_after, position_after, lambda text: id_after("app", text)):
        with pytest.raises(InvalidRequest):
            read(cursor)
