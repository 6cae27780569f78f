"""`docs/alerts.md` names every alert that there is, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
IN_CODE = re.compile(r"\bAlert\(\s*key=f?\"([a-z_.:-]+)")
IN_TABLE = re.compile(r"`([a-z_.:-]+)(?:\{[^`]*)?`")
FORMATTED = {"payment.": {"payment.duplicate:", "payment.late:"},
             "refund.": {"refund.failed:", "refund.abnormal:"},
             "channel:": {"channel:unlisted-code:", "channel:unsigned-answer:"}}  # fmt: skip
DEAD_LETTER = "result.parked:"  # The key is the error's own.


def test_every_alert_is_in_the_table() -> None:
    in_code: set[str] = set()
    for path in (*ROOT.glob("services/*/*/**/*.py"), *ROOT.glob("libs/*/*/**/*.py")):
        for key in IN_CODE.findall(path.read_text()):
            in_code |= FORMATTED.get(key, {key})
    rows = [
        line
        for line in (ROOT / "docs/alerts.md").read_text().splitlines()
        if line.startswith("| `")
    ]
    in_table = {key for row in rows for key in IN_TABLE.findall(row.split(" | ")[0])}

    assert in_table == in_code | {DEAD_LETTER}
