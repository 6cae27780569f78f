"""`deploy/observability` asks for metrics that the code has, and names runbooks that there are."""

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from paymesh_local import alert_rules

ROOT: Final = Path(__file__).parents[2]
OBSERVABILITY: Final = ROOT / "deploy" / "observability"
DASHBOARDS: Final = sorted((OBSERVABILITY / "dashboards").glob("*.json"))
MADE: Final = re.compile(
    r"= (Counter|Gauge|Histogram)\(\s*\"([a-z_]+)\",\s*(?:\"[^\"]*\"\s*)+(?:,\s*\[([^\]]*)\])?"
)
ENDINGS: Final = {"Counter": ["_total"], "Gauge": [""], "Histogram": ["_bucket", "_sum", "_count"]}
OF_OTHERS: Final = {
    "up": {"job"},
    "process_resident_memory_bytes": set[str](),
    "process_cpu_seconds_total": set[str](),
}
"""Of Prometheus and of its client."""
OF_A_TARGET: Final = {"namespace", "job", "pod", "le"}
STRING: Final = re.compile(r"\"[^\"]*\"")
SELECTED: Final = re.compile(r"\b([a-z_]+)(\{[^}]*\})?")
WORDS: Final = {
    "sum", "by", "rate", "increase", "max", "min", "count", "and", "or", "unless", "abs", "absent",
    "histogram_quantile", "delta", "offset", "label_replace", "last_over_time",
}  # fmt: skip
QUOTED: Final = re.compile(r"`([^`]+)`")
GROUPED: Final = re.compile(r"\bby \(([^)]*)\)")


def metrics() -> dict[str, set[str]]:
    """The labels of each series that a service can show, by its name."""
    found = dict(OF_OTHERS)
    for path in (*ROOT.glob("services/*/*/**/*.py"), *ROOT.glob("libs/*/*/**/*.py")):
        for kind, name, labels in MADE.findall(path.read_text().replace(": Final", "")):
            for ending in ENDINGS[kind]:
                series = name + ending
                found[series] = found.get(series, set()) | set(re.findall(r"[a-z_]+", labels))
    return found


METRICS: Final = metrics()


def faults(expression: str) -> Iterator[str]:
    groups = {label for each in GROUPED.findall(expression) for label in each.split(", ")}
    bare = re.sub(r"\[[^\]]*\]|\b\d+[smhd]\b", "", GROUPED.sub("", STRING.sub("", expression)))
    labels = set(groups)
    used = set()
    for name, selector in SELECTED.findall(bare):
        if name not in WORDS:
            used.add(name)
            labels |= set(re.findall(r"[a-z_]+", selector))
    yield from (f"{name} is no metric" for name in used if name not in METRICS)
    known = {label for name in used for label in METRICS.get(name, ())} | OF_A_TARGET
    yield from (f"{label} is no label of {used}" for label in labels - known)
    if not used:
        yield "asks for nothing"


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((OBSERVABILITY / "rules.yaml").read_text())
    return [rule for group in document["spec"]["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_a_rule_asks_for_what_there_is_and_names_its_runbook(rule: dict[str, Any]) -> None:
    assert list(faults(rule["expr"])) == []
    runbooks = (ROOT / rule["annotations"]["runbook"]).read_text()
    assert re.search(rf"`{re.escape(rule['annotations']['runbook_key'])}[:`]", runbooks)
    assert rule["labels"]["severity"] in ("critical", "warning")


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_a_rule_judges_each_namespace_by_itself(rule: dict[str, Any]) -> None:
    """Two in one cluster: what is well in one would hide what is not in the other."""
    groups = re.findall(r"\b(?:sum|max|min|count)\b(?: by \((\w+))?", rule["expr"])
    assert set(groups) <= {"namespace"}


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_shows_the_namespace_that_is_chosen(path: Path) -> None:
    variables = json.loads(path.read_text())["templating"]["list"]
    assert "namespace" in [each["name"] for each in variables]
    for expression in shown_on(path):
        shown = re.findall(r"\b(?:paymesh_|process_|up\b)\w*(\{[^}]*\})?", expression)
        assert all('namespace=~"$namespace"' in selector for selector in shown), expression


def test_each_alert_has_a_rule_or_a_reason_why_not() -> None:
    rows = (ROOT / "docs" / "alerts.md").read_text().splitlines()
    cells = [row.split(" | ")[0] for row in rows if row.startswith("| `")]
    keys = [re.sub(r":?\{.*", "", key) for cell in cells for key in QUOTED.findall(cell)]
    ruled = {rule["annotations"]["runbook_key"] for rule in rules()}
    _, reasons = (OBSERVABILITY / "README.md").read_text().split("## Alerts without a rule")
    excused = [
        key
        for row in reasons.splitlines()
        if row.startswith("| `")
        for key in QUOTED.findall(row.split(" | ")[0])
    ]
    without = {key for key in keys if key not in ruled}
    assert [key for key in without if not any(fnmatch(key, one) for one in excused)] == []
    assert [one for one in excused if not any(fnmatch(key, one) for key in without)] == []


def test_each_rule_has_its_cases() -> None:
    cases = yaml.safe_load(alert_rules.CASES.read_text())
    assert list(alert_rules.unmatched(rules(), cases)) == []
    assert list(alert_rules.unmatched(rules()[1:], cases)) == ["PaymeshNotifierAway is no rule"]
    assert len(list(alert_rules.unmatched(rules(), {}))) == len(rules())


def test_a_rule_that_never_speaks_or_always_does_is_found() -> None:
    """By promtool, where it is there; otherwise nothing is asked."""
    if shutil.which("promtool") is None:
        return
    (rule,) = [each for each in rules() if each["alert"] == "PaymeshClockOff"]
    cases = yaml.safe_load(alert_rules.CASES.read_text())
    for expression, wrong in (
        ("vector(0) > 1", "speaks"),
        (rule["expr"] + " or vector(1)", "calm"),
    ):
        spoiled = {**rule, "expr": expression}
        groups = [{"name": "one", "rules": [spoiled]}]
        (shown,) = alert_rules.tried(groups, alert_rules.tests([spoiled], cases))
        assert wrong in shown


def shown_on(path: Path) -> list[str]:
    """What the panels of a dashboard ask for."""
    panels = json.loads(path.read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_asks_for_what_there_is(path: Path) -> None:
    panels = json.loads(path.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 0
    assert [fault for each in shown_on(path) for fault in faults(each)] == []


def unseen(metrics: Iterable[str], asked: Sequence[str]) -> set[str]:
    """Metrics that none of the expressions asks for."""
    words = {word for each in asked for word in re.findall(r"[a-z_]+", each)}
    return {
        name for name in metrics if re.sub(r"_(bucket|sum|count)$", "_bucket", name) not in words
    }


def test_each_metric_is_on_a_dashboard_or_feeds_a_rule() -> None:
    asked = [rule["expr"] for rule in rules()]
    asked += [each for path in DASHBOARDS for each in shown_on(path)]
    assert unseen(METRICS, asked) == set()
    assert unseen(["up", "paymesh_x_total"], asked) == {"paymesh_x_total"}


def test_each_service_is_scraped_at_a_port_that_it_has() -> None:
    text = (OBSERVABILITY / "service-monitors.yaml").read_text()
    for monitor in yaml.safe_load_all(text):
        name = monitor["metadata"]["name"]
        manifest = (ROOT / "deploy" / "k8s" / "base" / f"{name}.yaml").read_text()
        [service] = [each for each in yaml.safe_load_all(manifest) if each["kind"] == "Service"]
        wanted = monitor["spec"]["selector"]["matchLabels"]
        assert wanted.items() <= service["metadata"]["labels"].items()
        ports = {port["name"] for port in service["spec"]["ports"]}
        assert {each["port"] for each in monitor["spec"]["endpoints"]} <= ports


@pytest.mark.parametrize(
    "spoiled",
    [
        "sum(http_request_total)",
        'sum by (colour) (up{job="x"})',
        "paymesh_http_requests",
        'up{colour="x"}',
    ],
)
def test_what_no_service_shows_is_found(spoiled: str) -> None:
    assert list(faults(spoiled))


def test_each_metric_of_ours_says_whose_it_is() -> None:
    ours = METRICS.keys() - OF_OTHERS.keys()
    assert len(ours) > 40
    assert [each for each in sorted(ours) if not each.startswith("paymesh_")] == []
