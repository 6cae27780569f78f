"""Medians by buckets, months, and charts whose lines stand at round figures."""

from datetime import date
from itertools import pairwise

import pytest

from merchant_admin.api.console.charts import CHAR, columns
from merchant_admin.api.console.reports import duration, percent
from merchant_admin.domain.errors import BadPeriod
from merchant_admin.domain.ratios import BUCKET_BOUNDS_S, median_s
from merchant_admin.domain.reports import By, Grain, Report
from merchant_admin.domain.scope import EVERYTHING


@pytest.mark.parametrize(
    ("payments", "median"),
    [
        ({}, None),
        ({0: 1}, 2.5),
        ({2: 4}, 12.5),
        ({0: 1, 2: 4}, 11.875),
        ({len(BUCKET_BOUNDS_S): 3}, 14400),
    ],
)
def test_the_median_is_exact_to_the_bucket(payments: dict[int, int], median: float | None) -> None:
    assert median_s(payments) == median


def report(first: str, last: str, grain: Grain) -> Report:
    days = date.fromisoformat(first), date.fromisoformat(last)
    return Report(EVERYTHING, *days, grain, By.MERCHANT, "CNY")


def test_periods_are_beijings() -> None:
    months = report("2025-12-05", "2026-02-01", Grain.MONTH).periods
    assert [f"{month:%Y-%m-%d %z}" for month in months] == [
        "2025-12-01 +0800", "2026-01-01 +0800", "2026-02-01 +0800",
    ]  # fmt: skip
    assert len(report("2026-02-01", "2026-02-02", Grain.HOUR).periods) == 48
    with pytest.raises(BadPeriod):
        report("2026-02-02", "2026-02-01", Grain.DAY)


def test_a_chart_has_round_lines_and_a_word_for_each_column() -> None:
    chart = columns(["a", "b"], [130, None], [0, 65], label=lambda value: f"{value:g}")
    assert [line.text for line in chart.lines] == ["100", "200"]
    assert [(bar.label, bar.series) for bar in chart.bars] == [("a · 130", 0), ("b · 65", 1)]
    assert [label.text for label in chart.labels] == ["a", "b"]
    empty = columns(["a"], [None], label=str)
    assert empty.bars == []


@pytest.mark.parametrize("names", [["11-23"] * 31, ["11-23 04:00"] * 48, ["2026-11"] * 12])
def test_labels_are_thinned_as_far_as_they_have_room(names: list[str]) -> None:
    chart = columns(names, [1.0] * len(names), label=str)
    places = [label.x for label in chart.labels]
    needed = len(names[0]) * CHAR
    assert len(places) > 1
    assert all(after - before >= needed for before, after in pairwise(places))


def test_figures_of_lines_stand_beside_the_columns_without_idle_decimals() -> None:
    chart = columns(["a"], [180_000.0], label=lambda value: f"¥{value:,.2f}")
    assert [line.text for line in chart.lines] == ["¥100,000", "¥200,000"]
    assert chart.bars[0].x >= chart.left >= len("¥200,000") * CHAR
    assert chart.bars[0].label == "a · ¥180,000.00"


def test_rates_and_times_as_people_read_them() -> None:
    assert [percent(None), percent(0.9834)] == ["—", "98.3%"]
    assert [duration(None), duration(42), duration(725), duration(7380)] == [
        "—", "0:42", "12:05", "2:03:00",
    ]  # fmt: skip
