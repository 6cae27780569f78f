"""`docs/states.md` is drawn from the tables."""

from pathlib import Path

from trade_core.domain import diagram

PAGE = Path(__file__).parents[3] / "docs" / "states.md"


def test_states_page_shows_the_tables_as_they_are() -> None:
    assert PAGE.read_text() == diagram.page(), "make golden"
