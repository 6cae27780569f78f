"""Services are rolled in one order, the called before their callers; the pages name that one."""

import re
from pathlib import Path
from typing import Final

import pytest

from paymesh_local.upgrade.__main__ import ORDER

REPOSITORY: Final = Path(__file__).parents[3]
CONFIGURED: Final = REPOSITORY / "deploy" / "k8s" / "base" / "config"
CALLED: Final = re.compile(r"^PAYMESH_[A-Z_]+_URL=http://([a-z-]+):\d+$", re.MULTILINE)
"""Within the cluster; addresses for payers and people are https."""

FIRST: Final = re.compile(r"[Uu]pdate ([a-z-]+) before (?:the )?([a-z-]+)")


@pytest.mark.parametrize("caller", ORDER)
def test_whom_a_service_calls_is_rolled_before_it(caller: str) -> None:
    called = CALLED.findall((CONFIGURED / f"{caller}.env").read_text())
    assert set(called) <= set(ORDER[: ORDER.index(caller)])


@pytest.mark.parametrize(("page", "comma"), [("upgrades.md", ", "), ("upgrades.zh.md", "、")])
def test_the_pages_name_this_order(page: str, comma: str) -> None:
    text = (REPOSITORY / "docs" / "operations" / page).read_text()
    assert comma.join(ORDER) in " ".join(text.split())


def test_what_changed_wants_no_other_order() -> None:
    text = " ".join((REPOSITORY / "CHANGELOG.md").read_text().split()).replace(" the ", " ")
    wanted = FIRST.findall(text)
    assert len(wanted) >= 3
    assert [pair for pair in wanted if ORDER.index(pair[0]) > ORDER.index(pair[1])] == []
