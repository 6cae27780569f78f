"""What the runs say, as rows of a table; as text for the terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bench.load import Figures, percentile_ms
from bench.payments.compared import FLOOR, PAYMESH, STOCK
from bench.payments.stack import SERVICES, SHARED

BESIDE: Final = {"gateway": "front", "trade-core": "core", "notifier": "teller"}


@dataclass(slots=True)
class Measured:
    """One side: what its runs cost, and how long creates took at half load, in seconds."""

    programs: tuple[str, ...]
    complete: Figures = field(default_factory=lambda: Figures("complete payments"))
    alone: Figures = field(default_factory=lambda: Figures("creates alone"))
    at_half_load: list[float] = field(default_factory=list)

    def cpu_ms(self, *names: str) -> float:
        """Of a complete payment, in these programs; in all where none is named."""
        return _cpu_ms(self.complete, names or tuple(self.complete.cpu_s))

    @property
    def programs_ms(self) -> float:
        return self.cpu_ms(*self.programs)


@dataclass(frozen=True, slots=True)
class Results:
    """`channel`: seconds of the channel's calls alone, `idle_percent`: of a core, by service."""

    sides: Mapping[str, Measured]
    channel: Sequence[float]
    per_second: float
    idle_percent: Mapping[str, float]

    def own_ms(self, percent: float) -> dict[str, float]:
        """Of a create's time, without the channel's median; of sides that keep this pace."""
        return {
            name: self._own_ms(name, percent)
            for name, side in self.sides.items()
            if side.at_half_load
        }

    def _own_ms(self, name: str, percent: float) -> float:
        waited = percentile_ms(self.sides[name].at_half_load, percent)
        return waited - percentile_ms(list(self.channel), 50)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of the sides that have it; `aim`: what Paymesh's, or its ratio, is to be."""

    what: str
    values: Mapping[str, float]
    aim: str = ""
    digits: int = 2

    def cells(self) -> list[str]:
        ours, floor = self.values.get(PAYMESH), self.values.get(FLOOR)
        ratio = f"{ours / floor:.2f}" if ours is not None and floor else ""
        return [
            self.what,
            self._cell(PAYMESH),
            self._cell(FLOOR),
            ratio,
            self.aim,
            self._cell(STOCK),
        ]

    def _cell(self, side: str) -> str:
        value = self.values.get(side)
        return "" if value is None else f"{value:.{self.digits}f}"


HEADER: Final = ("", "Paymesh", "floor", "ratio", "aim", "stock choices")


def rows(results: Results) -> list[Row]:
    """Cost first: on a busy machine it is the figure to believe."""
    sides = results.sides

    def of(what: str, names: Sequence[str], aim: str = "") -> Row:
        beside = [BESIDE[name] for name in names if name in BESIDE] or list(names)
        values = {
            name: side.cpu_ms(*(names if name == PAYMESH else beside))
            for name, side in sides.items()
            if name == PAYMESH or set(beside) <= set(side.complete.cpu_s)
        }
        return Row(what, values, aim)

    return [
        Row(
            "CPU ms a complete payment, programs",
            {name: side.programs_ms for name, side in sides.items()},
            "≤ 1.40",
        ),
        *(of(f"· {name}{_beside(name)}", [name]) for name in SERVICES),
        of("CPU ms, PostgreSQL", ["postgresql"], "≤ 1.30"),
        of("CPU ms, broker", ["broker"]),
        Row(
            "CPU ms, ours: programs, PostgreSQL, broker",
            {name: side.cpu_ms(*side.programs, *SHARED) for name, side in sides.items()},
        ),
        Row(
            "CPU ms, all in: with sandbox, load, receiver",
            {name: side.cpu_ms() for name, side in sides.items()},
        ),
        Row(
            "complete payments/s",
            {name: s.complete.per_second(s.complete.completed) for name, s in sides.items()},
            "≥ 0.95",
            digits=0,
        ),
        Row(
            "creates/s",
            {name: s.alone.per_second(s.alone.answered) for name, s in sides.items()},
            "≥ 0.85",
            digits=0,
        ),
        *(
            Row(
                f"own ms of a create, p{percent}, {results.per_second:.0f}/s",
                results.own_ms(percent),
                aim,
                digits=1,
            )
            for percent, aim in ((50, "≤ 1.30"), (99, "≤ 1.50"))
        ),
        *(
            Row(f"idle, % of a core, {name}", {PAYMESH: percent}, digits=1)
            for name, percent in results.idle_percent.items()
        ),
        Row("idle, % of a core, all five", {PAYMESH: sum(results.idle_percent.values())}, "≤ 4", 1),
    ]


def text(results: Results) -> str:
    lines = [HEADER, *(row.cells() for row in rows(results))]
    return "\n".join(
        f"{cells[0]:<48}" + "".join(f"{cell:>14}" for cell in cells[1:]) for cells in lines
    )


def _beside(name: str) -> str:
    return f" / {BESIDE[name]}" if name in BESIDE else ""


def _cpu_ms(figures: Figures, names: Sequence[str]) -> float:
    count = max(1, len(figures.completed or figures.answered))
    return 1000 * sum(figures.cpu_s[name] for name in names) / count
