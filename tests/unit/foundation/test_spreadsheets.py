"""What people open in a spreadsheet reads as it was written."""

import pytest

from foundation.spreadsheets import unchanged


@pytest.mark.parametrize(
    "text",
    [
        "12-2301", "3-12", "1/2", "2026-11", "1.10", "12:30", "1,234", "007", "12E3", "1e5",
        "20261122000000012345", "1 234", "12 A", "5 pm", "(12)", "50%", "1-2-301", "2026/11/30",
        "\uff11\uff12\uff0d\uff13", "Mar-5", "5 Mar", "DEC12", "3-Sept-2026", "june 5",
    ],
)  # fmt: skip
def test_what_a_spreadsheet_would_change_has_a_tab_behind(text: str) -> None:
    assert unchanged(text) == f"{text}\t"


@pytest.mark.parametrize(
    "text",
    [
        "", "0", "12", "301", "123456789012345", "A-101", "B12-2301", "12-2301室", "3号楼-12", "-",
        "e", "map", "W20261130-1", "Marina 5", "Decker", "5 Maple", "\u0661\u0662-3",
    ],
)  # fmt: skip
def test_what_it_leaves_as_it_is_has_none(text: str) -> None:
    assert unchanged(text) == text
