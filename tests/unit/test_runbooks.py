"""Each alert of `docs/alerts.md` has a runbook in both languages, and no other has one."""

import re
from pathlib import Path
from typing import Final

import pytest

DOCS: Final = Path(__file__).parents[2] / "docs"
KEY: Final = re.compile(r"`([^`]+)`")
STEPS: Final = {
    "runbooks.md": ["Means", "Look", "Do", "Over"],
    "runbooks.zh.md": ["含义", "查看", "处理", "结束"],
}


@pytest.mark.parametrize("name", STEPS)
def test_each_alert_has_one_runbook_that_says_all(name: str) -> None:
    rows = (DOCS / "alerts.md").read_text().splitlines()
    cells = [row.split(" | ")[0] for row in rows if row.startswith("| `")]
    alerts = [key for cell in cells for key in KEY.findall(cell)]
    _, *sections = re.split(r"^### ", (DOCS / "operations" / name).read_text(), flags=re.MULTILINE)
    shown = [key for each in sections for key in KEY.findall(each.splitlines()[0])]
    assert sorted(shown) == sorted(alerts)
    for each in sections:
        assert re.findall(r"^- \*\*(\S+)\*\* \S", each, re.MULTILINE) == STEPS[name], each
