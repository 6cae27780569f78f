"""Has promtool try each rule of deploy/observability: when it speaks, and when it is calm.

Where promtool (of Prometheus) is not there, it says so; that each rule has its cases is looked at
all the same.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from paymesh_local.manifests import OBSERVABILITY

RULES: Final = OBSERVABILITY / "rules.yaml"
CASES: Final = OBSERVABILITY / "cases/rules.yaml"
LABEL: Final = re.compile(r"\{\{ \$labels\.(\w+) \}\}")
SAMPLE_EVERY: Final = "15s"


def main() -> int:
    groups = yaml.safe_load(RULES.read_text())["spec"]["groups"]
    cases = yaml.safe_load(CASES.read_text())
    rules = [rule for group in groups for rule in group["rules"]]
    problems = list(unmatched(rules, cases))
    if shutil.which("promtool") is None:
        print("  · without promtool (Debian's prometheus) the alert rules were not tried")
    elif not problems:
        problems = list(tried(groups, tests(rules, cases)))
        print(f"{len(rules)} alert rules tried by promtool, each speaking and calm")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def unmatched(rules: list[dict[str, Any]], cases: Mapping[str, Any]) -> Iterator[str]:
    names = [rule["alert"] for rule in rules]
    yield from (f"{name} has no cases" for name in names if name not in cases)
    yield from (f"{name} is no rule" for name in cases if name not in names)


def tests(rules: list[dict[str, Any]], cases: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Two of each rule, as promtool takes them."""
    made = []
    for rule in rules:
        case = cases[rule["alert"]]
        alert = _alert(rule, case.get("about", {}))
        made.append(_test(rule, case["at"], case["fires"], [alert]))
        made.append(_test(rule, case["at"], case["calm"], []))
    return made


def tried(groups: list[dict[str, Any]], given: list[dict[str, Any]]) -> Iterator[str]:
    """What promtool finds wrong."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": groups}))
        test = {"rule_files": ["rules.yaml"], "tests": given}
        (folder / "test.yaml").write_text(yaml.safe_dump(test))
        for command in (("check", "rules", "rules.yaml"), ("test", "rules", "test.yaml")):
            done = subprocess.run(
                ["promtool", *command], cwd=folder, capture_output=True, text=True, check=False
            )
            if done.returncode:
                yield f"promtool {command[0]}: {done.stdout}{done.stderr}"


def _test(
    rule: dict[str, Any], at: str, series: Mapping[str, str], expected: list[dict[str, Any]]
) -> dict[str, Any]:
    wanted = {"eval_time": at, "alertname": rule["alert"], "exp_alerts": expected}
    return {
        "name": f"{rule['alert']} {'speaks' if expected else 'is calm'}",
        "interval": SAMPLE_EVERY,
        "input_series": [{"series": key, "values": str(values)} for key, values in series.items()],
        "alert_rule_test": [wanted],
    }


def _alert(rule: dict[str, Any], about: Mapping[str, str]) -> dict[str, Any]:
    return {
        "exp_labels": {**rule["labels"], **about},
        "exp_annotations": {
            name: LABEL.sub(lambda found: about[found.group(1)], text)
            for name, text in rule["annotations"].items()
        },
    }


if __name__ == "__main__":
    sys.exit(main())
