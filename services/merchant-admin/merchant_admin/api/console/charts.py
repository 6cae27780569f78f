"""Columns as SVG: drawn here, so that colours are the page's, in light and dark, and nothing is
inline that the Content-Security-Policy forbids."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, log10
from typing import Final

WIDTH: Final = 720
HEIGHT: Final = 200
TOP: Final = 24
FLOOR: Final = 172
CHAR: Final = 13.5
"""How wide a figure is where the chart is smallest and its text therefore largest (console.css)."""

BETWEEN_LABELS: Final = 16
GRID_LINES: Final = 2


@dataclass(frozen=True, slots=True)
class Bar:
    """`series`: which of the two, 0 or 1. `label`: what the reader hears when pointing at it."""

    x: float
    y: float
    width: float
    height: float
    series: int
    label: str


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """As the template draws it, in a box of WIDTH × HEIGHT: the figures of the lines stand to the
    left of `left`, where the columns begin."""

    bars: list[Bar]
    labels: list[Label]
    lines: list[Line]
    left: float
    width: int = WIDTH
    height: int = HEIGHT
    floor: int = FLOOR


def columns(
    names: Sequence[str],
    *series: Sequence[float | None],
    label: Callable[[float], str],
    most: float | None = None,
) -> Chart:
    """One or two columns for each name; None, and what is below zero,
    draws nothing. `most`: the top of the scale."""
    values = [value for one in series for value in one if value is not None]
    top = most or _round_up(max(values, default=0.0))
    lines = [
        Line(FLOOR - (FLOOR - TOP) * n / GRID_LINES, _short(label(top * n / GRID_LINES)))
        for n in range(1, GRID_LINES + 1)
    ]
    left = _wide(line.text for line in lines)
    step = (WIDTH - left) / max(len(names), 1)
    width = max(step * 0.8 / len(series), 1.0)
    bars = []
    for place, one in enumerate(series):
        for index, value in enumerate(one):
            if value and value > 0:
                height = max(value / top * (FLOOR - TOP), 1.0)
                x = left + index * step + step * 0.1 + place * width
                words = f"{names[index]} · {label(value)}"
                bars.append(Bar(x, FLOOR - height, width, height, place, words))
    every = ceil(_wide(names) / step)
    labels = [
        Label(left + (index + 0.5) * step, name)
        for index, name in enumerate(names)
        if index % every == 0
    ]
    return Chart(bars, labels, lines, left)


def _wide(texts: Iterable[str]) -> float:
    """Where the longest of them has room."""
    return max(map(len, texts), default=0) * CHAR + BETWEEN_LABELS


def _short(figure: str) -> str:
    """A round figure without the decimals that say nothing."""
    return re.sub(r"\.0+(?=\D|$)", "", figure)


def _round_up(value: float) -> float:
    """To the next 1, 2 or 5 of its power of ten, so that the lines stand at round figures."""
    if value <= 0:
        return 1.0
    power: float = 10.0 ** (ceil(log10(value)) - 1)
    return next(power * step for step in (1, 2, 5, 10) if value <= power * step * (1 + 1e-9))
